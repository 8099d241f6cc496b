/** Of the table of attacks in docs/security.md, in its order. */
import type { Defence } from "./Defence.js"

const assembler = "connection/src/Assembler.ts"
const batch = "connection/src/internal/batch.ts"
const defaults = "connection/src/Limits.ts"
const legality = "codec/src/Legality.ts"
const outbox = "connection/src/Outbox.ts"
const protocol = "connection/src/Protocol.ts"
const shell = "connection/src/internal/connection.ts"
const client = "platform-node/src/internal/client.ts"
const dial = "platform-node/src/internal/dial.ts"
const origin = "codec/src/Origin.ts"
const proxies = "platform-node/test/NodeWebSocketServer.proxies.test.ts"
const forwarded = "codec/src/Forwarded.ts"
const server = "platform-node/src/internal/server.ts"
const serverHandshake = "codec/src/ServerHandshake.ts"
const serving = "platform/src/internal/serving.ts"
const upgrade = "platform-node/src/internal/upgrade.ts"
const url = "platform-node/src/internal/url.ts"

const hostile = (name: string): string => `platform-node/test/hostile/${name}.test.ts`
const quiet = (name: string): string => hostile(`${name}.quiet`)
const deflate = hostile("deflate")
const faults = hostile("faults")
const frames = hostile("frames")
const heads = hostile("heads")
const pressure = quiet("pressure")
const servers = hostile("servers")
const bombs = "platform-node/test/Compression.bombs.quiet.test.ts"
const redirects = "platform-node/test/NodeWebSocketClient.redirects.test.ts"
const userFunctions = "platform-node/test/userFunctions.test.ts"
const upgrades = "platform-node/test/NodeWebSocketServer.test.ts"

/** Rows of what we do not do at all. */
export const withoutEdit: ReadonlyArray<string> = ["timing of comparisons"]

export const attacks: ReadonlyArray<Defence> = [
  {
    against: "thousands of header lines",
    part: "they are counted",
    file: server,
    edit: ["rawHeaders.length > 2 * this.head.headerLines", "false"],
    test: [heads, "ws CVE-2024-37890"]
  },
  {
    against: "thousands of header lines",
    part: "those that Node drops too",
    file: server,
    edit: ["server.maxHeadersCount = headerLines + 1", "server.maxHeadersCount = headerLines"],
    test: [heads, "ws CVE-2024-37890"]
  },
  {
    against: "names of prototypes",
    file: "platform/src/internal/request.ts",
    edit: ["Object.create(null)", "{}"],
    test: [heads, "prototype names (ws 2017)"]
  },
  {
    against: "parsers in more than linear time",
    file: serverHandshake,
    edit: [
      "new Set(subprotocols).size === subprotocols.length",
      "subprotocols.every((name, index) => subprotocols.indexOf(name) === index)"
    ],
    test: [quiet("heads"), "many subprotocols: parsing is linear"]
  },
  {
    against: "parsers in more than linear time",
    part: "of an answer",
    file: "codec/src/ExtensionHeader.ts",
    edit: [
      "while (text.charCodeAt(at) === semicolon) {",
      "while (text.charCodeAt(at) === semicolon) {\n    text.lastIndexOf(\"\\0\")"
    ],
    test: [quiet("servers"), "an extension that repeats: parsing what a server answers is linear"],
    shows: "a hang"
  },
  {
    against: "memory in a ping or Close made of a number",
    part: "messages",
    file: "connection/src/internal/sendable.ts",
    edit: ["throw new TypeError(\"a message is a string or a Uint8Array\")", ""],
    test: [servers, "ws CVE-2016-10518"]
  },
  {
    against: "memory in a ping or Close made of a number",
    part: "Close codes",
    file: "codec/src/CloseStatus.ts",
    edit: ["!Number.isInteger(code) || ", ""],
    test: [servers, "ws CVE-2016-10518"]
  },
  {
    against: "memory in a ping or Close made of a number",
    part: "Close reasons",
    file: "codec/src/CloseStatus.ts",
    edit: ["typeof reason !== \"string\" || ", ""],
    test: [servers, "ws CVE-2016-10518"]
  },
  {
    against: "tiny fragments",
    part: "16 octets are charged for each",
    file: defaults,
    edit: ["fragmentOverhead = 16", "fragmentOverhead = 0"],
    test: [frames, "fragments of 1 are charged 16 octets more each"],
    shows: "a hang"
  },
  {
    against: "tiny fragments",
    part: "small ones are copied",
    file: assembler,
    edit: ["return given\n", "return true\n"],
    test: [quiet("frames"), "100 KB of fragments of one octet pin no megabytes"]
  },
  {
    against: "fragments, or reads of one octet, in quadratic time",
    part: "small fragments are appended in place",
    file: assembler,
    edit: ["tailTo <= tail.octets.length && tail.used === tailSize", "false"],
    test: ["connection/test/Protocol.properties.test.ts", "for 50,000 fragments of one octet"]
  },
  {
    against: "fragments, or reads of one octet, in quadratic time",
    part: "what came is not looked at again",
    file: assembler,
    edit: [
      "const size = assembly.size + length\n  return given",
      "const size = assembly.size + length\n  for (let chunk = assembly.chunks; chunk !== undefined; chunk = chunk.before) chunk.octets.indexOf(1)\n  return given"
    ],
    test: [quiet("frames"), "a read of one octet costs the same"]
  },
  {
    against: "fragments, or reads of one octet, in quadratic time",
    part: "of a head",
    file: "codec/src/HttpHead.ts",
    edit: ["store.used !== carry.size || store.octets.length < size", "true"],
    test: ["codec/test/HttpHead.test.ts", "in memory that doubles"]
  },
  {
    against: "an endless status line or header",
    part: "octets",
    file: client,
    edit: ["    head,\n    bodySize,", "    head: { ...head, octets: 2 ** 26 },\n    bodySize,"],
    test: [servers, "the client bounds a status line without end"]
  },
  {
    against: "an endless status line or header",
    part: "lines",
    file: client,
    edit: ["    head,\n    bodySize,", "    head: { ...head, headerLines: 2 ** 26 },\n    bodySize,"],
    test: [servers, "the client bounds header lines without end"]
  },
  {
    against: "bombs",
    part: "inflated octets are counted",
    file: batch,
    edit: ["streamed ? Infinity : this.settings.maxMessageSize - (this.assembly?.size ?? 0)", "Infinity"],
    test: [quiet("deflate"), "the limit counts inflated octets while inflating"]
  },
  {
    against: "bombs",
    part: "over all fragments",
    file: batch,
    edit: [" - (this.assembly?.size ?? 0)", ""],
    test: [quiet("deflate"), "the limit counts inflated octets while inflating"]
  },
  {
    against: "bombs",
    part: "while inflating, on the thread pool",
    file: "platform-node/src/internal/zlib.ts",
    edit: ["      if (size <= limit) return\n", "      return\n"],
    test: ["platform-node/test/NodeDeflate.test.ts", "never inflates past the limit"]
  },
  {
    against: "bombs",
    part: "in slices, where there is no limit",
    file: batch,
    edit: ["Math.min(bound, largestSlice)", "2 ** 30"],
    test: ["platform-node/test/Compression.streams.quiet.test.ts", "a bomb of 1 GiB costs what the inbox may hold"]
  },
  {
    against: "bombs",
    part: "nobody inflates for a full inbox",
    file: shell,
    edit: ["if (this.isOver && this.state._tag === \"Open\") {\n      this.parked", "if (false) {\n      this.parked"],
    test: [bombs, "which nobody reads, are inflated no further"]
  },
  {
    against: "bombs",
    part: "a stream every two octets",
    file: "platform-node/src/internal/inflater.ts",
    edit: ["this.restarts > mostRestarts", "false"],
    test: [deflate, "streams that end"]
  },
  {
    against: "interim responses without end",
    part: "they are counted",
    file: "codec/src/FinalResponse.ts",
    edit: ["if (++interim > maxInterim)", "if (++interim < 0)"],
    test: ["codec/test/FinalResponse.test.ts", "are 16 at most"]
  },
  {
    against: "interim responses without end",
    part: "and their octets",
    file: "codec/src/FinalResponse.ts",
    edit: ["octets: head.limits.octets - size", "octets: head.limits.octets"],
    test: ["codec/test/FinalResponse.test.ts", "keep within the limit of one head"]
  },
  {
    against: "a server that asks to wait for a year",
    part: "the wait is bounded",
    file: "platform/src/Retryable.ts",
    edit: ["Math.min(asked, Duration.toMillis(atMost), longest)", "asked"],
    test: ["platform/test/Reconnecting.test.ts", "waits as long as the server asks"]
  },
  {
    against: "words of a peer in an error",
    part: "is cut",
    file: "codec/src/Excerpt.ts",
    edit: ["const shown = text.slice(0, most)", "const shown = text"],
    test: ["connection/test/HandshakeError.test.ts", "says what TlsFailed is"]
  },
  {
    against: "words of a peer in an error",
    part: "and escaped",
    file: "codec/src/Excerpt.ts",
    edit: ["JSON.stringify(text.slice(0, most)).replace(unsafe, escape)", "JSON.stringify(text.slice(0, most))"],
    test: ["connection/test/HandshakeError.test.ts", "says what InvalidRequest is"]
  },
  {
    against: "window bits 7, 16, 1000, empty",
    part: "the server's",
    file: "codec/src/PermessageDeflate.ts",
    edit: [
      "bits === undefined ? problem(\"WindowBitsInvalid\", words) : { ...parsed, server",
      "false ? parsed : { ...parsed, server"
    ],
    test: [servers, "undici CVE-2026-2229: window bits 16: "]
  },
  {
    against: "window bits 7, 16, 1000, empty",
    part: "the client's",
    file: "codec/src/PermessageDeflate.ts",
    edit: [
      "bits === undefined ? problem(\"WindowBitsInvalid\", words) : { ...parsed, client",
      "false ? parsed : { ...parsed, client"
    ],
    test: [servers, "undici CVE-2026-2229: window bits 16, of the client: "]
  },
  {
    against: "lengths of 2^31, 2^53, the top bit",
    part: "the top bit",
    file: legality,
    edit: ["header.length >= topBit", "false"],
    test: [frames, "a length of the top bit fails at the header"]
  },
  {
    against: "lengths of 2^31, 2^53, the top bit",
    part: "judged at the header",
    file: batch,
    edit: ["header.length <= limit || this.failTooBig(Excess.Declared({ limit, length: header.length }))", "true"],
    test: [frames, "a length of 2^31 fails at the header"],
    shows: "a hang"
  },
  {
    against: "lengths of 2^31, 2^53, the top bit",
    part: "sums of them",
    file: assembler,
    edit: [
      "  if (!(charge <= most)) return Excess.Fragmented({ limit: most, length: charge })\n" +
      "  if (assembly.compressed) return { ...assembly, charge }\n" +
      "  const size = assembly.size + length\n" +
      "  return size <= maxMessageSize\n" +
      "    ? { ...assembly, charge, expected: last ? size : 0 }\n" +
      "    : Excess.Declared({ limit: maxMessageSize, length: size })\n",
      "  return { ...assembly, charge }\n"
    ],
    test: [frames, "fragments whose lengths add up to more than 2^53"],
    shows: "a hang"
  },
  {
    against: "a bad opcode with a payload",
    file: batch,
    edit: ["    if (rule !== undefined) this.fail(rule)", ""],
    test: [frames, "Jetty CVE-2026-19204"],
    shows: "a hang"
  },
  {
    against: "no limit, or none for continuations",
    part: "on by default",
    file: defaults,
    edit: ["maxMessageSize: 16 * MiB", "maxMessageSize: Infinity"],
    test: [frames, "16 MiB are the limit by default"],
    shows: "a hang"
  },
  {
    against: "no limit, or none for continuations",
    part: "counts all fragments",
    file: assembler,
    edit: ["size <= maxMessageSize\n", "length <= maxMessageSize\n"],
    test: [frames, "16 MiB are the limit by default"],
    shows: "a hang"
  },
  {
    against: "no limit, or none for continuations",
    part: "a client that does not pull",
    file: shell,
    edit: ["this.inbox.size <= this.host.limits.inboxSize", "this.inbox.size <= 64 * this.host.limits.inboxSize"],
    test: [quiet("servers"), "a client that does not pull"]
  },
  {
    against: "allocation from a declared length",
    file: assembler,
    edit: [
      "return { ...assembly, charge }",
      "return { ...assembly, charge, tail: { octets: new Uint8Array(length), used: 0 } }"
    ],
    test: [quiet("frames"), "100 declared lengths of 16 MiB allocate nothing"]
  },
  {
    against: "RSV1 without negotiation",
    part: "from a client",
    file: legality,
    edit: ["context.compression && header.rsv === Frame.rsv1", "header.rsv === Frame.rsv1"],
    test: [frames, "aiohttp CVE-2026-59881"],
    shows: "a hang"
  },
  {
    against: "RSV1 without negotiation",
    part: "from a server",
    file: legality,
    edit: ["context.compression && header.rsv === Frame.rsv1", "header.rsv === Frame.rsv1"],
    test: [servers, "RSV1 without negotiation fails at the header"],
    shows: "a hang"
  },
  {
    against: "an upgrade with a body",
    part: "Transfer-Encoding",
    file: serverHandshake,
    edit: ["codings.length > 0", "false"],
    test: [heads, "an upgrade with a body is refused with 400"]
  },
  {
    against: "an upgrade with a body",
    part: "Content-Length",
    file: serverHandshake,
    edit: ["lengths.every((length) => /^0+$/.test(length))", "true"],
    test: [heads, "an upgrade with a body is refused with 400"]
  },
  {
    against: "an upgrade with a body",
    part: "behind lines that Node drops, attached",
    file: "platform-node/src/internal/attachments.ts",
    edit: ["most > 0 && rawHeaders.length >= 2 * most", "false"],
    test: [heads, "attached, a body cannot hide"]
  },
  {
    against: "a proxy that believes in a refused upgrade",
    part: "a refusal says close",
    file: serverHandshake,
    edit: ["\"close, Upgrade\" : \"close\"", "\"keep-alive, Upgrade\" : \"keep-alive\""],
    test: [heads, "an upgrade with a body is refused with 400"]
  },
  {
    against: "a proxy that believes in a refused upgrade",
    part: "a refusal ends",
    file: upgrade,
    edit: ["    transport.halfClose()\n", ""],
    test: [heads, "an upgrade with a body is refused with 400"],
    shows: "a hang"
  },
  {
    against: "a proxy that believes in a refused upgrade",
    part: "a refusal reads to nowhere",
    file: upgrade,
    edit: ["    transport.attach(draining)\n", ""],
    test: [heads, "a refused client that has much to send"]
  },
  {
    against: "a proxy that believes in a refused upgrade",
    part: "a refusal is cut",
    file: upgrade,
    edit: ["onDeadline(): void {\n    this.transport.destroy()", "onDeadline(): void {"],
    test: [heads, "a refused upgrade always closes the socket"],
    shows: "a hang"
  },
  {
    against: "a proxy that believes in a refused upgrade",
    part: "our client takes any status from 200 for final",
    file: "codec/src/ClientHandshake.ts",
    edit: ["status !== 101", "status > 299"],
    test: [servers, "a client treats 200 as final"]
  },
  {
    against: "an upgrade pipelined behind a last answer",
    file: server,
    edit: ["if (this.answered.has(socket)) return this.refused.drain(socket)", ""],
    test: [heads, "what is pipelined behind a request"]
  },
  {
    against: "CR, LF, NUL in what is written",
    part: "of a client",
    file: "codec/src/internal/token.ts",
    edit: ["if (isControl(code) || code > 0xff) return false", ""],
    test: [servers, "undici CVE-2026-1527"]
  },
  {
    against: "CR, LF, NUL in what is written",
    part: "of a server",
    file: "codec/src/internal/token.ts",
    edit: ["if (isControl(code) || code > 0xff) return false", ""],
    test: [heads, "undici CVE-2026-1527"]
  },
  {
    against: "CR, LF, NUL in what is written",
    part: "in a URL",
    file: url,
    edit: ["hasControl(text) ? undefined : parseUrl(text)", "parseUrl(text)"],
    test: [servers, "undici CVE-2026-1527"]
  },
  {
    against: "predictable masks",
    part: "of the system's generator",
    file: "platform-node/src/internal/randomMask.ts",
    edit: ["randomFillSync(pool)", "pool.forEach((_, index) => (pool[index] = index * 2654435761))"],
    test: [servers, "a fresh unpredictable mask for each frame"]
  },
  {
    against: "predictable masks",
    part: "fresh for each frame",
    file: outbox,
    edit: ["this.key = this.framing.mask?.()", "this.key ??= this.framing.mask?.()"],
    test: [servers, "a fresh unpredictable mask for each frame"]
  },
  {
    against: "reading that stands still",
    part: "empty frames are frames",
    file: "codec/src/Decoder.ts",
    edit: ["available === 0 && missing > 0", "available === 0 || missing === 0"],
    test: [servers, "reading always makes progress"],
    shows: "a hang"
  },
  {
    against: "reading that stands still",
    part: "reading does not wait for writing",
    file: shell,
    edit: ["const pause = this.inflating ||", "const pause = this.outbox.pending > 2 ** 20 || this.inflating ||"],
    test: [servers, "reading always makes progress"],
    shows: "a hang"
  },
  {
    against: "a reset amid an upgrade",
    part: "the socket has a listener",
    file: "platform-node/src/internal/socketTransport.ts",
    edit: ["    stream.on(\"error\", onError)\n", ""],
    test: [heads, "leaves no fiber: ws"],
    shows: "a stray error"
  },
  {
    against: "a reset amid an upgrade",
    part: "whoever decides is interrupted",
    file: serving,
    edit: ["upgrade.watch(() => fiber.unsafeInterruptAsFork(FiberId.none))", ""],
    test: [upgrades, "stops deciding when the client"],
    shows: "a hang"
  },
  {
    against: "a reset amid an upgrade",
    part: "of a server",
    file: "platform-node/src/internal/exchange.ts",
    edit: ["    socket.on(\"error\", this.onError)\n", ""],
    test: [servers, "a reset at any octet of the answer"],
    shows: "a stray error"
  },
  {
    against: "a request at which a function of yours fails",
    part: "in an event of Node",
    file: "platform-node/src/internal/attachments.ts",
    edit: ["return { _tag: \"Failed\", attachment, defect }", "throw defect"],
    test: [userFunctions, "of attach decodes what cannot be decoded"],
    shows: "a stray error"
  },
  {
    against: "a request at which a function of yours fails",
    part: "at a fiber's end",
    file: serving,
    edit: ["this.fault(upgrade, \"Answering a WebSocket upgrade failed\", Cause.die(defect))", "throw defect"],
    test: [userFunctions, "of serve has a getter that throws"],
    shows: "a hang"
  },
  {
    against: "a request at which a function of yours fails",
    part: "a Promise",
    file: "connection/src/internal/asEffect.ts",
    edit: ["  given.then(undefined, () => {})\n", ""],
    test: [userFunctions, "of serve: returns a Promise"],
    shows: "a stray error"
  },
  {
    against: "a log that a peer writes",
    part: "it is cut",
    file: "platform/src/internal/report.ts",
    edit: [
      "logError(\"A WebSocket handler failed\", bounded(cause))",
      "logError(\"A WebSocket handler failed\", cause)"
    ],
    test: [userFunctions, "an Error that quotes: what the log quotes is cut"]
  },
  {
    against: "a log that a peer writes",
    part: "it is escaped",
    file: "codec/src/Excerpt.ts",
    edit: ["const shown = text.slice(0, most).replace(unsafe, escape)", "const shown = text.slice(0, most)"],
    test: [upgrades, "an origin is cut and escaped in the log"]
  },
  {
    against: "a log that a peer writes",
    part: "an unreadable message is no failure of ours",
    file: "platform/src/internal/report.ts",
    edit: ["return isTheirs && first instanceof UnreadableMessage ? first : undefined", "return undefined"],
    test: [userFunctions, "a value of another type, closeOnUnreadable 1008"]
  },
  {
    against: "metrics without end, by close codes",
    file: "platform/src/internal/instruments.ts",
    edit: ["code < 3000 || registered.includes(code)", "code > 0"],
    test: ["platform/test/Telemetry.test.ts", "open connections, ends, latencies, failures"]
  },
  {
    against: "a page of another origin",
    part: "whole origins are compared",
    file: origin,
    edit: ["parseOrigin(origin)?.text === authority.text", "origin.includes(authority.text)"],
    test: [heads, "Vite CVE-2025-24010"]
  },
  {
    against: "a page of another origin",
    part: "one origin",
    file: origin,
    edit: ["if (more.length > 0)", "if (false)"],
    test: [heads, "Vite CVE-2025-24010"]
  },
  {
    against: "a page of another origin",
    part: "with the host, not with what the client says of it",
    file: forwarded,
    edit: ["if (trusted.length === 0) return untold", "trusted = [\"x-forwarded-host\"]"],
    test: [heads, "Vite CVE-2025-24010"]
  },
  {
    against: "an address that a client makes up",
    part: "headers are read of listed peers only",
    file: "platform-node/src/internal/server.ts",
    edit: ["this.isProxy(Proxies.addressOf(socket)) ? this.proxied : this.config", "this.proxied"],
    test: [proxies, "headers of a peer that is not listed count for nothing"]
  },
  {
    against: "an address that a client makes up",
    part: "headers are read that were named",
    file: forwarded,
    edit: ["trusted.includes(name) ? at(", "trusted.length > 0 ? at("],
    test: ["codec/test/Forwarded.test.ts", "nothing is read that is not named"]
  },
  {
    against: "an address that a client makes up",
    part: "of a list, what the proxy added",
    file: forwarded,
    edit: ["list[Math.max(0, list.length - hops)]", "list[Math.min(0, hops)]"],
    test: ["codec/test/Forwarded.test.ts", "what a client writes before the proxy's element changes nothing"]
  },
  {
    against: "an address that a client makes up",
    part: "PROXY headers are read of listed peers only",
    file: "platform-node/src/internal/proxies.ts",
    edit: ["if (!isAmong(socket.remoteAddress))", "if (false)"],
    test: [proxies, "a header of a peer that is not listed is not read"]
  },
  {
    against: "a compressor that saw what was sent without it",
    file: outbox,
    edit: [
      "if (!deflate || this.compression === undefined) return this.frame(first, content)",
      "if (!deflate) this.compression?.deflate(this.encode(String(content)), true)\n" +
      "    if (!deflate || this.compression === undefined) return this.frame(first, content)"
    ],
    test: [deflate, "a message sent uncompressed never advances the compressor"]
  },
  {
    against: "control frames that leak",
    file: outbox,
    edit: [
      "this.pongs += Frame.maxHeaderSize + payload.length",
      "this.pongs += Frame.maxHeaderSize + payload.length\n    this.kept.push(payload.slice())\n" +
      "  }\n  private kept: Array<Uint8Array> = []\n  private answer(payload: Uint8Array): void {"
    ],
    test: [quiet("frames"), "200,000 control frames leave nothing behind"]
  },
  {
    against: "send and close at once, sockets that nobody ends",
    part: "nothing is sent behind a Close",
    file: shell,
    edit: ["    this.outbox.shut(state._tag === \"Closed\" ? state : { _tag: \"Closing\" })\n", ""],
    test: ["connection/test/Connection.closing.test.ts", "whatever is sent later fails"]
  },
  {
    against: "send and close at once, sockets that nobody ends",
    part: "a timer for the answer to our Close",
    file: shell,
    edit: ["return limits.closeTimeout", "return 2 ** 40"],
    test: [frames, "a peer that never ends the stream"],
    shows: "a hang"
  },
  {
    against: "send and close at once, sockets that nobody ends",
    part: "a timer for the end",
    file: shell,
    edit: ["return limits.dropTimeout", "return 2 ** 40"],
    test: [frames, "a peer that never ends the stream"],
    shows: "a hang"
  },
  {
    against: "send and close at once, sockets that nobody ends",
    part: "a timer in Closing, though our Close cannot leave",
    file: protocol,
    edit: ["{ _tag: \"SendClose\", status },\n    startCloseReply\n", "{ _tag: \"SendClose\", status }\n"],
    test: ["connection/test/Protocol.properties.test.ts", "bounds every wait"]
  },
  {
    against: "send and close at once, sockets that nobody ends",
    part: "a timer in the other closing states",
    file: protocol,
    edit: ["[{ _tag: \"HalfClose\" }, startDrop]", "[{ _tag: \"HalfClose\" }]"],
    test: ["connection/test/Protocol.properties.test.ts", "bounds every wait"]
  },
  {
    against: "a handshake's body without end",
    file: upgrade,
    edit: [
      "  onOctets(): void {}\n",
      "  private kept: Array<Uint8Array> = []\n  onOctets(octets: Uint8Array): void {\n    this.kept.push(octets)\n  }\n"
    ],
    test: [quiet("heads"), "a handshake's body is never buffered without bound"]
  },
  {
    against: "a certificate for another name",
    part: "names are verified",
    file: dial,
    edit: ["ALPNProtocols: [\"http/1.1\"]", "ALPNProtocols: [\"http/1.1\"],\n  checkServerIdentity: () => undefined"],
    test: [servers, "hostname verification is on"]
  },
  {
    against: "a certificate for another name",
    part: "authorities are",
    file: dial,
    edit: ["ALPNProtocols: [\"http/1.1\"]", "ALPNProtocols: [\"http/1.1\"],\n  rejectUnauthorized: false"],
    test: [servers, "hostname verification is on"]
  },
  {
    against: "credentials that follow a redirect",
    part: "which is followed when asked for only",
    file: "platform-node/src/internal/options.ts",
    edit: ["unit: \"redirects\", default: 0", "unit: \"redirects\", default: 5"],
    test: [servers, "credentials do not cross origins"]
  },
  {
    against: "credentials that follow a redirect",
    part: "to another origin without those of the URL",
    file: client,
    edit: ["same && target.authorization !== undefined", "target.authorization !== undefined"],
    test: [redirects, "take nothing of them to another origin"]
  },
  {
    against: "credentials that follow a redirect",
    part: "to another origin without headers",
    file: client,
    edit: ["same ? asked.connectOptions.headers : undefined", "asked.connectOptions.headers"],
    test: [redirects, "take nothing of them to another origin"]
  },
  {
    against: "credentials that follow a redirect",
    part: "without those of the location",
    file: url,
    edit: ["url.username = url.password = url.hash = \"\"", "url.hash = \"\""],
    test: [redirects, "take nothing of them to another origin"]
  },
  {
    against: "credentials that follow a redirect",
    part: "never from wss to ws",
    file: url,
    edit: ["from.secure && ", "false && "],
    test: [redirects, "from wss to ws"]
  },
  {
    against: "credentials that follow a redirect",
    part: "errors show none",
    file: url,
    edit: [
      "://${url.host}${url.pathname}${url.search === \"\"",
      "://${url.username}:${url.password}@${url.host}${url.pathname}${url.search === \"\""
    ],
    test: [servers, "credentials do not cross origins"]
  },
  {
    against: "a flood of pings",
    part: "every one is answered",
    file: outbox,
    edit: ["this.blocked && !(this.pongs <= this.limits.pongSize)", "this.pongs > 0"],
    test: [frames, "every ping of a flood is answered"],
    shows: "a hang"
  },
  {
    against: "a flood of pings",
    part: "when answers cannot leave, the latest",
    file: outbox,
    edit: ["this.blocked && !(this.pongs <= this.limits.pongSize)", "false"],
    test: [quiet("frames"), "a ping flood of one who never reads"]
  },
  {
    against: "slow loris",
    part: "one clock for all heads",
    file: server,
    edit: ["headersTimeout: timeout,\n    requestTimeout: timeout", "headersTimeout: 0,\n    requestTimeout: 0"],
    test: [pressure, "a handshake sent an octet at a time ends at its timeout"],
    shows: "a hang"
  },
  {
    against: "slow loris",
    part: "deciding is bounded",
    file: serving,
    edit: ["duration: this.openTimeout", "duration: \"1 day\""],
    test: [pressure, "deciding that never ends is bounded as well"],
    shows: "a hang"
  },
  {
    against: "slow loris",
    part: "by maxConnections",
    file: serving,
    edit: ["!(this.size < this.options.maxConnections)", "false"],
    test: [upgrades, "503 beyond maxConnections"]
  },
  {
    against: "a peer that never reads",
    part: "its outbox is bounded",
    file: outbox,
    edit: ["< this.limits.outboxSize", "< 16 * this.limits.outboxSize"],
    test: [pressure, "messages of 262144 stay under the budget"]
  },
  {
    against: "a peer that never reads",
    part: "what it would answer is not read",
    file: shell,
    edit: ["this.inbox.size <= this.host.limits.inboxSize", "this.inbox.size <= 64 * this.host.limits.inboxSize"],
    test: [pressure, "it is not read any more either"]
  },
  {
    against: "a peer that never reads",
    part: "in a broadcast",
    file: outbox,
    edit: ["< this.limits.outboxSize", "< 16 * this.limits.outboxSize"],
    test: [pressure, "a broadcast to 1,000 of which 10 are stuck"]
  },
  {
    against: "a handler that never reads",
    file: shell,
    edit: ["this.inbox.size <= this.host.limits.inboxSize", "this.inbox.size <= 64 * this.host.limits.inboxSize"],
    test: [pressure, "its inbox of binary of 1 KiB"]
  },
  {
    against: "a defence that ends honest peers",
    file: "connection/src/internal/keepalive.ts",
    edit: ["progress || !this.watched.isHearing", "!this.watched.isHearing"],
    test: [quiet("slow"), "one large message is alive: ws"]
  },
  {
    against: "a defence that ends honest peers",
    part: "by what left of the write under way",
    file: "platform-node/src/internal/socketTransport.ts",
    edit: ["return left === undefined ? writableLength : ", "return true ? writableLength : "],
    test: [quiet("slow"), "one large message is alive: ws"]
  },
  {
    against: "any fault at any octet",
    part: "a break while we close",
    file: protocol,
    edit: [
      "case \"Closing\":\n      return step(closed(dropped(settings, state, cause)), none)",
      "case \"Closing\":\n      return step(closed(CloseOutcome.Clean(facts(settings, state, \"peer\"))), none)"
    ],
    test: ["connection/test/Connection.faults.test.ts", "one outcome, the right one"]
  },
  {
    against: "any fault at any octet",
    part: "the end amid an answer",
    file: "platform-node/src/internal/exchange.ts",
    edit: ["    socket.on(\"end\", this.onEnd)\n    socket.on(\"close\", this.onEnd)\n", ""],
    test: [faults, "a server that ends its side at any octet"]
  },
  {
    against: "any fault at any octet",
    part: "the end amid messages",
    file: "platform-node/src/internal/socketTransport.ts",
    edit: ["    stream.on(\"end\", onEnd)\n", ""],
    test: [faults, "a client that ends its side at any octet"],
    shows: "a hang"
  }
]
