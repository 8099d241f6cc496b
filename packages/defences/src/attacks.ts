/** Of the table of attacks in docs/reference/security.md, in its order. */
import type { Defence } from "./Defence.js"

const proxies = "platform-node/test/NodeWebSocketServer.proxies.test.ts"

const hostile = (name: string): string => `platform-node/test/hostile/${name}.test.ts`
const quiet = (name: string): string => hostile(`${name}.quiet`)
const deflate = hostile("deflate")
const faults = hostile("faults")
const frames = hostile("frames")
const heads = hostile("heads")
const http2 = hostile("http2")
const pressure = quiet("pressure")
const servers = hostile("servers")
const bombs = "platform-node/test/Compression.bombs.quiet.test.ts"
const redirects = "platform-node/test/NodeWebSocketClient.redirects.test.ts"
const userFunctions = "platform-node/test/userFunctions.test.ts"
const inspector = "platform/test/Inspector.test.ts"
const wireLog = "platform/test/WireLog.test.ts"
const upgrades = "platform-node/test/NodeWebSocketServer.test.ts"

/** Rows of what we do not do at all. */
export const withoutEdit: ReadonlyArray<string> = [
  "timing of comparisons",
  // `node:http2` sees to it
  "floods of CONTINUATION over HTTP/2",
  // what holds a stream is what holds a socket: see "a peer that never reads"
  "tiny windows of HTTP/2"
]

export const attacks: ReadonlyArray<Defence> = [
  {
    against: "thousands of header lines",
    part: "they are counted",
    edit: { never: "ServerHandshake.malformed('TooManyHeaders')" },
    test: [heads, "ws CVE-2024-37890"]
  },
  {
    against: "thousands of header lines",
    part: "those that Node drops too",
    edit: {
      replace: "$server.maxHeadersCount = $headerLines + 1",
      by: "$server.maxHeadersCount = $headerLines"
    },
    test: [heads, "ws CVE-2024-37890"]
  },
  {
    against: "names of prototypes",
    edit: { replace: "Object.create(null)", by: "{}", in: "UpgradeRequestView" },
    test: [heads, "prototype names (ws 2017)"]
  },
  {
    against: "parsers in more than linear time",
    edit: {
      replace: "new Set($subprotocols).size === $subprotocols.length",
      by: "$subprotocols.every((name, index) => $subprotocols.indexOf(name) === index)"
    },
    test: [quiet("heads"), "many subprotocols: parsing is linear"],
    shows: "a hang"
  },
  {
    against: "parsers in more than linear time",
    part: "of an answer",
    edit: {
      replace: "const $next = parseParameter($text, spaceEnd($text, $at + 1))",
      by: "$text.lastIndexOf('\\0'); const $next = parseParameter($text, spaceEnd($text, $at + 1))"
    },
    test: [quiet("servers"), "an extension that repeats: parsing what a server answers is linear"],
    shows: "a hang"
  },
  {
    against: "memory in a ping or Close made of a number",
    part: "messages",
    edit: { drop: "throw new TypeError('a message must be a string, a Uint8Array or TextBytes')" },
    test: [servers, "ws CVE-2016-10518"]
  },
  {
    against: "memory in a ping or Close made of a number",
    part: "Close codes",
    edit: { drop: "!Number.isInteger($code)", in: "check" },
    test: [servers, "ws CVE-2016-10518"]
  },
  {
    against: "memory in a ping or Close made of a number",
    part: "Close reasons",
    edit: { drop: "typeof $reason !== 'string'", in: "check" },
    test: [servers, "ws CVE-2016-10518"]
  },
  {
    against: "tiny fragments",
    part: "16 octets are charged for each",
    edit: { replace: "fragmentOverhead = 16", by: "fragmentOverhead = 0" },
    test: [frames, "fragments of 1 are charged 16 octets more each"],
    shows: "a hang"
  },
  {
    against: "tiny fragments",
    part: "small ones are copied",
    edit: { never: "grow($primitives, $assembly, $octets, $from, $to)" },
    test: [quiet("frames"), "100 KB of fragments of one octet pin no megabytes"]
  },
  {
    against: "fragments, or reads of one byte, in quadratic time",
    part: "small fragments are appended in place",
    edit: { never: "$tail.used = $tailTo", in: "grow" },
    test: ["connection/test/Protocol.properties.test.ts", "for 50,000 fragments of one octet"]
  },
  {
    against: "fragments, or reads of one byte, in quadratic time",
    part: "what came is not looked at again",
    edit: {
      replace: "const $size = $assembly.size + $length; return $given ? $chained : $appended",
      by:
        "const $size = $assembly.size + $length; $assembly.tail.octets.indexOf(1); return $given ? $chained : $appended",
      in: "append"
    },
    test: [quiet("frames"), "a read of one octet costs the same"]
  },
  {
    against: "fragments, or reads of one byte, in quadratic time",
    part: "of a head",
    edit: { replace: "$store.used !== $carry.size || $store.octets.length < $size", by: "true" },
    test: ["codec/test/HttpHead.test.ts", "in memory that doubles"]
  },
  {
    against: "an endless status line or header",
    part: "octets",
    edit: {
      replace: "head: $head, bodySize: $bodySize",
      by: "head: { ...$head, octets: 2 ** 26 }, bodySize: $bodySize"
    },
    test: [servers, "the client bounds a status line without end"]
  },
  {
    against: "an endless status line or header",
    part: "lines",
    edit: {
      replace: "head: $head, bodySize: $bodySize",
      by: "head: { ...$head, headerLines: 2 ** 26 }, bodySize: $bodySize"
    },
    test: [servers, "the client bounds header lines without end"]
  },
  {
    against: "bombs",
    part: "inflated octets are counted",
    edit: {
      replace: "$streamed ? Infinity : this.settings.maxMessageSize - (this.assembly?.size ?? 0)",
      by: "Infinity"
    },
    test: [quiet("deflate"), "the limit counts inflated octets while inflating"]
  },
  {
    against: "bombs",
    part: "over all fragments",
    edit: {
      replace: "this.settings.maxMessageSize - (this.assembly?.size ?? 0)",
      by: "this.settings.maxMessageSize"
    },
    test: [quiet("deflate"), "the limit counts inflated octets while inflating"]
  },
  {
    against: "bombs",
    part: "while inflating, on the thread pool",
    edit: { replace: "if ($size <= $limit) return", by: "return", in: "writeLater" },
    test: ["platform-node/test/NodeDeflate.test.ts", "never inflates past the limit"]
  },
  {
    against: "bombs",
    part: "in slices, where there is no limit",
    edit: { replace: "Math.min($bound, largestSlice)", by: "2 ** 30" },
    test: ["platform-node/test/Compression.streams.quiet.test.ts", "a bomb of 1 GiB costs what the inbox may hold"]
  },
  {
    against: "bombs",
    part: "nobody inflates for a full inbox",
    edit: { drop: "Protocol.mayGoOn(this.state, this.hasRoom)", in: "Shell.next" },
    test: [bombs, "which nobody reads, are inflated no further"]
  },
  {
    against: "bombs",
    part: "a stream every two octets",
    edit: { replace: "this.restarts > mostRestarts", by: "false" },
    test: [deflate, "streams that end"]
  },
  {
    against: "interim responses without end",
    part: "they are counted",
    edit: { replace: "++$interim > maxInterim", by: "++$interim < 0" },
    test: ["codec/test/FinalResponse.test.ts", "are 16 at most"]
  },
  {
    against: "interim responses without end",
    part: "and their octets",
    edit: { replace: "$head.limits.octets - $size", by: "$head.limits.octets" },
    test: ["codec/test/FinalResponse.test.ts", "keep within the limit of one head"]
  },
  {
    against: "a server that asks to wait for a year",
    part: "the wait is bounded",
    edit: { replace: "Math.min($asked, Duration.toMillis($atMost), longest)", by: "$asked" },
    test: ["platform/test/Reconnecting.test.ts", "waits as long as the server asks"]
  },
  {
    against: "words of a peer in an error",
    part: "is cut",
    edit: { replace: "$text.slice(0, $most)", by: "$text", in: "Excerpt.show" },
    test: ["platform/test/HandshakeError.test.ts", "says what TlsFailed is"]
  },
  {
    against: "words of a peer in an error",
    part: "and escaped",
    edit: {
      replace: "JSON.stringify($text.slice(0, $most)).replace(unsafe, escape)",
      by: "JSON.stringify($text.slice(0, $most))"
    },
    test: ["platform/test/HandshakeError.test.ts", "says what InvalidRequest is"]
  },
  {
    against: "window bits 7, 16, 1000, empty",
    part: "the server's",
    edit: {
      replace: "$bits === undefined ? $problem : { ...$parsed, serverMaxWindowBits: $bits }",
      by: "{ ...$parsed, serverMaxWindowBits: $bits }"
    },
    test: [servers, "undici CVE-2026-2229: window bits 16: "]
  },
  {
    against: "window bits 7, 16, 1000, empty",
    part: "the client's",
    edit: {
      replace: "$bits === undefined ? $problem : { ...$parsed, clientMaxWindowBits: $bits }",
      by: "{ ...$parsed, clientMaxWindowBits: $bits }"
    },
    test: [servers, "undici CVE-2026-2229: window bits 16, of the client: "]
  },
  {
    against: "lengths of 2^31, 2^53, the top bit",
    part: "the top bit",
    edit: { never: "'LengthTopBit'", in: "judge" },
    test: [frames, "a length of the top bit fails at the header"]
  },
  {
    against: "lengths of 2^31, 2^53, the top bit",
    part: "judged at the header",
    edit: { never: "this.fail(Breach.tooBig({ _tag: 'Declared', limit: $limit, length: $header.length }))" },
    test: [frames, "a length of 2^31 fails at the header"],
    shows: "a hang"
  },
  {
    against: "lengths of 2^31, 2^53, the top bit",
    part: "sums of them",
    edit: {
      replace:
        "const $charge = $assembly.charge + $length + fragmentOverhead; const $most = $limit; if ($exceeds) return $excess",
      by:
        "const $charge = $assembly.charge + $length + fragmentOverhead; const $most = $limit; return { ...$assembly, charge: $charge }"
    },
    test: [frames, "fragments whose lengths add up to more than 2^53"],
    shows: "a hang"
  },
  {
    against: "a bad opcode with a payload",
    edit: { drop: "if ($rule !== undefined) this.fail(Breach.of($rule))" },
    test: [frames, "Jetty CVE-2026-19204"],
    shows: "a hang"
  },
  {
    against: "no limit, or none for continuations",
    part: "on by default",
    edit: { replace: "maxMessageSize: 16 * MiB", by: "maxMessageSize: 256 * MiB" },
    test: [frames, "16 MiB are the limit by default"],
    shows: "a hang"
  },
  {
    against: "no limit, or none for continuations",
    part: "counts all fragments",
    edit: {
      replace: "const $size = $assembly.size + $length; return $size <= $most ? $admitted : $excess",
      by: "const $size = $assembly.size + $length; return $length <= $most ? $admitted : $excess"
    },
    test: [frames, "16 MiB are the limit by default"],
    shows: "a hang"
  },
  {
    against: "no limit, or none for continuations",
    part: "a client that does not pull",
    edit: { replace: "this.host.limits.inboxSize", by: "64 * this.host.limits.inboxSize", in: "Shell.hasRoom" },
    test: [quiet("servers"), "a client that does not pull"]
  },
  {
    against: "allocation from a declared length",
    edit: { replace: "trust = 16", by: "trust = Infinity" },
    test: [quiet("frames"), "100 declared lengths of 16 MiB allocate nothing"]
  },
  {
    against: "RSV1 without negotiation",
    part: "from a client",
    edit: { drop: "$context.compression", in: "ownsRsv1" },
    test: [frames, "aiohttp CVE-2026-59881"],
    shows: "a hang"
  },
  {
    against: "RSV1 without negotiation",
    part: "from a server",
    edit: { drop: "$context.compression", in: "ownsRsv1" },
    test: [servers, "RSV1 without negotiation fails at the header"],
    shows: "a hang"
  },
  {
    against: "an upgrade with a body",
    part: "Transfer-Encoding",
    edit: { never: "rejection('BodyNotAllowed', `Transfer-Encoding: ${$codings.join(', ')}`)" },
    test: [heads, "an upgrade with a body is refused with 400"]
  },
  {
    against: "an upgrade with a body",
    part: "Content-Length",
    edit: { never: "rejection('BodyNotAllowed', `Content-Length: ${$lengths.join(', ')}`)" },
    test: [heads, "an upgrade with a body is refused with 400"]
  },
  {
    against: "an upgrade with a body",
    part: "behind lines that Node drops, attached",
    edit: { replace: "$most > 0 && $rawHeaders.length >= 2 * $most", by: "false" },
    test: [heads, "attached, a body cannot hide"]
  },
  {
    against: "a proxy that believes in a refused upgrade",
    part: "a refusal says close",
    edit: {
      replace: "$upgrades ? 'close, Upgrade' : 'close'",
      by: "$upgrades ? 'keep-alive, Upgrade' : 'keep-alive'",
      in: "refuse"
    },
    test: [heads, "an upgrade with a body is refused with 400"]
  },
  {
    against: "a proxy that believes in a refused upgrade",
    part: "a refusal ends",
    edit: { drop: "$transport.halfClose()", in: "RefusedSockets" },
    test: [heads, "an upgrade with a body is refused with 400"],
    shows: "a hang"
  },
  {
    against: "a proxy that believes in a refused upgrade",
    part: "a refusal reads to nowhere",
    edit: { drop: "$transport.attach($draining)", in: "end" },
    test: [heads, "a refused client that has much to send"]
  },
  {
    against: "a proxy that believes in a refused upgrade",
    part: "a refusal is cut",
    edit: { drop: "this.transport.destroy()", in: "Draining.onDeadline" },
    test: [heads, "a refused upgrade always closes the socket"],
    shows: "a hang"
  },
  {
    against: "a proxy that believes in a refused upgrade",
    part: "our client takes any status from 200 for final",
    edit: { replace: "$status !== 101", by: "$status > 299" },
    test: [servers, "a client treats 200 as final"]
  },
  {
    against: "an upgrade pipelined behind a last answer",
    edit: { drop: "if (this.answered.has($socket)) return this.refused.drain($socket)" },
    test: [heads, "what is pipelined behind a request"]
  },
  {
    against: "CR, LF, NUL in what is written",
    part: "of a client",
    edit: { drop: "if (isControl($code) || $code > 0xff) return false" },
    test: [servers, "undici CVE-2026-1527"]
  },
  {
    against: "CR, LF, NUL in what is written",
    part: "of a server",
    edit: { drop: "if (isControl($code) || $code > 0xff) return false" },
    test: [heads, "undici CVE-2026-1527"]
  },
  {
    against: "CR, LF, NUL in what is written",
    part: "in a URL",
    edit: { replace: "hasControl($text) ? undefined : parseUrl($text)", by: "parseUrl($text, Url)" },
    test: [servers, "undici CVE-2026-1527"]
  },
  {
    against: "predictable masks",
    part: "of the system's generator",
    edit: {
      replace: "randomFillSync(pool)",
      by: "pool.forEach((_, index) => (pool[index] = index * 2654435761))"
    },
    test: [servers, "a fresh unpredictable mask for each frame"]
  },
  {
    against: "predictable masks",
    part: "fresh for each frame",
    edit: {
      replace: "const $key = $mask?.()",
      by: "const $key = this.framing.slab.key ??= $mask?.()",
      in: "FrameWriter.complete"
    },
    test: [servers, "a fresh unpredictable mask for each frame"]
  },
  {
    against: "reading that stands still",
    part: "empty frames are frames",
    edit: { replace: "$available === 0 && $missing > 0", by: "$available === 0 || $missing === 0", in: "Decoder" },
    test: [servers, "reading always makes progress"],
    shows: "a hang"
  },
  {
    against: "reading that stands still",
    part: "reading does not wait for writing",
    edit: {
      replace: "!Protocol.mayRead(this.state, this.hasRoom)",
      by: "this.outbox.pending > 2 ** 20 || !Protocol.mayRead(this.state, this.hasRoom)",
      in: "adjustReading"
    },
    test: [servers, "reading always makes progress"],
    shows: "a hang"
  },
  {
    against: "a reset amid an upgrade",
    part: "the socket has a listener",
    edit: { drop: "$stream.on('error', onError)" },
    test: [heads, "leaves no fiber: ws"],
    shows: "a stray error"
  },
  {
    against: "a reset amid an upgrade",
    part: "whoever decides is interrupted",
    edit: { drop: "$upgrade.watch(() => $fiber.unsafeInterruptAsFork(FiberId.none))" },
    test: [upgrades, "stops deciding when the client"],
    shows: "a hang"
  },
  {
    against: "a reset amid an upgrade",
    part: "of a server",
    edit: { drop: "$socket.on('error', this.onError)", in: "HttpRequest" },
    test: [servers, "a reset at any octet of the answer"],
    shows: "a stray error"
  },
  {
    against: "a request at which a function of yours fails",
    part: "in an event of Node",
    edit: {
      replace: "return { _tag: 'Failed', attachment: $attachment, defect: $answer.defect }",
      by: "throw $answer.defect"
    },
    test: [userFunctions, "of attach decodes what cannot be decoded"],
    shows: "a hang"
  },
  {
    against: "a request at which a function of yours fails",
    part: "at a fiber's end",
    edit: {
      replace: "fault($server, $upgrade, 'Answering a WebSocket upgrade failed', Cause.die($defect))",
      by: "throw $defect",
      in: "guard"
    },
    test: [userFunctions, "of serve has a getter that throws"],
    shows: "a hang"
  },
  {
    against: "a request at which a function of yours fails",
    part: "a Promise",
    edit: { drop: "$given.then(undefined, () => {})", in: "asEffect" },
    test: [userFunctions, "of serve: returns a Promise"],
    shows: "a stray error"
  },
  {
    against: "a log that a peer writes",
    part: "it is cut",
    edit: {
      replace: "Effect.logError('A WebSocket handler failed', bounded($cause))",
      by: "Effect.logError('A WebSocket handler failed', $cause)"
    },
    test: [userFunctions, "an Error that quotes: what the log quotes is cut"]
  },
  {
    against: "a log that a peer writes",
    part: "it is escaped",
    edit: { replace: "$text.slice(0, $most).replace(unsafe, escape)", by: "$text.slice(0, $most)" },
    test: [upgrades, "an origin is cut and escaped in the log"]
  },
  {
    against: "a log that a peer writes",
    part: "an unreadable message is no failure of ours",
    edit: {
      replace: "$isTheirs && $first instanceof UnreadableMessage ? $first : undefined",
      by: "undefined"
    },
    test: [userFunctions, "a value of another type, closeOnUnreadable 1008"]
  },
  {
    against: "metrics without end, by close codes",
    edit: { replace: "$code < 3000 || registered.includes($code)", by: "$code > 0" },
    test: ["platform/test/Telemetry.test.ts", "open connections, ends, latencies, failures"]
  },
  {
    against: "a page of another origin",
    part: "whole origins are compared",
    edit: {
      replace: "parseOrigin($origin)?.text === $authority.text",
      by: "$origin.includes($authority.text)"
    },
    test: [heads, "Vite CVE-2025-24010"]
  },
  {
    against: "a page of another origin",
    part: "one origin",
    edit: { never: "{ _tag: 'OriginRefused', origin: [$origin, ...$more].join(', '), host: $host }" },
    test: [heads, "Vite CVE-2025-24010"]
  },
  {
    against: "a page of another origin",
    part: "with the host, not with what the client says of it",
    edit: { replace: "if ($trusted.length === 0) return untold", by: "$trusted = ['x-forwarded-host']" },
    test: [heads, "Vite CVE-2025-24010"]
  },
  {
    against: "an address that a client makes up",
    part: "headers are read of listed peers only",
    edit: {
      replace: "isProxy !== undefined && isProxy(proxies.addressOf($socket)) ? proxied : config",
      by: "proxied"
    },
    test: [proxies, "headers of a peer that is not listed count for nothing"]
  },
  {
    against: "an address that a client makes up",
    part: "headers are read that were named",
    edit: {
      replace: "$trusted.includes($name) ? at(HttpHeaders.elements($headers, $name), $hops) : undefined",
      by: "$trusted.length > 0 ? at(HttpHeaders.elements($headers, $name), $hops) : undefined"
    },
    test: ["codec/test/Forwarded.test.ts", "nothing is read that is not named"]
  },
  {
    against: "an address that a client makes up",
    part: "of a list, what the proxy added",
    edit: { replace: "Math.max(0, $list.length - $hops)", by: "Math.min(0, $hops)", in: "Forwarded" },
    test: ["codec/test/Forwarded.test.ts", "what a client writes before the proxy's element changes nothing"]
  },
  {
    against: "an address that a client makes up",
    part: "PROXY headers are read of listed peers only",
    edit: { never: "$onDropped('PeerNotListed', $socket.remoteAddress)" },
    test: [proxies, "a header of a peer that is not listed is not read"]
  },
  {
    against: "a compressor that saw what was sent without it",
    part: "what is not worth it does not meet it",
    edit: {
      replace: "this.output.frame($first, $content)",
      by:
        "this.compression.deflate(encodeLent(this.framing, String($content)), true), this.output.frame($first, $content)",
      in: "DeflateQueue.pass"
    },
    test: [deflate, "a message sent uncompressed never advances the compressor"]
  },
  {
    against: "a compressor that saw what was sent without it",
    part: "one that missed what was deflated for many begins anew",
    edit: { drop: "this.compression.restart?.()" },
    test: [
      "connection/test/Deflation.test.ts",
      "has the connection forget what it would take over, and only where it is sent deflated"
    ]
  },
  {
    against: "a broadcast whose receivers end while it is deflated",
    edit: { drop: "this.deflates?.stop()" },
    test: [
      "connection/test/Connection.compression.test.ts",
      "reaches the others, though the one that asked first is given up"
    ]
  },
  {
    against: "control frames that leak",
    edit: {
      replace: "this.pongs += Frame.maxHeaderSize + $payload.length",
      by: "this.pongs += Frame.maxHeaderSize + $payload.length; (this['kept'] ??= []).push($payload.slice())"
    },
    test: [quiet("frames"), "200,000 control frames leave nothing behind"]
  },
  {
    against: "send and close at once, sockets that nobody ends",
    part: "nothing is sent behind a Close",
    edit: {
      drop: "this.outbox.shut($state._tag === 'Closed' ? $state : { _tag: 'Closing' })",
      in: "Shell.stopSending"
    },
    test: ["connection/test/Connection.closing.test.ts", "whatever is sent later fails"]
  },
  {
    against: "send and close at once, sockets that nobody ends",
    part: "a timer for the answer to our Close",
    edit: { replace: "$limits.closeTimeout", by: "2 ** 40", in: "durationOf" },
    test: [frames, "a peer that never ends the stream"],
    shows: "a hang"
  },
  {
    against: "send and close at once, sockets that nobody ends",
    part: "a timer for the end",
    edit: { replace: "$limits.dropTimeout", by: "2 ** 40", in: "durationOf" },
    test: [frames, "a peer that never ends the stream"],
    shows: "a hang"
  },
  {
    against: "send and close at once, sockets that nobody ends",
    part: "a timer in Closing, though our Close cannot leave",
    edit: { drop: "startCloseReply", in: "UserClose" },
    test: ["connection/test/Protocol.properties.test.ts", "bounds every wait"]
  },
  {
    against: "send and close at once, sockets that nobody ends",
    part: "a timer in the other closing states",
    edit: { drop: "startDrop", in: "leave" },
    test: ["connection/test/Protocol.properties.test.ts", "bounds every wait"]
  },
  {
    against: "a handshake's body without end",
    edit: {
      replace: "onOctets(): void {}",
      by: "private kept: Array<Uint8Array> = []; onOctets(octets: Uint8Array): void { this.kept.push(octets) }",
      in: "Draining"
    },
    test: [quiet("heads"), "a handshake's body is never buffered without bound"]
  },
  {
    against: "a certificate for another name",
    part: "names are verified",
    edit: {
      replace: "ALPNProtocols: [...$protocols]",
      by: "ALPNProtocols: [...$protocols], checkServerIdentity: () => undefined"
    },
    test: [servers, "hostname verification is on"]
  },
  {
    against: "a certificate for another name",
    part: "authorities are",
    edit: {
      replace: "ALPNProtocols: [...$protocols]",
      by: "ALPNProtocols: [...$protocols], rejectUnauthorized: false"
    },
    test: [servers, "hostname verification is on"]
  },
  {
    against: "credentials that follow a redirect",
    part: "which is followed when asked for only",
    edit: { replace: "default: 0", by: "default: 5", in: "redirects" },
    test: [servers, "credentials do not cross origins"]
  },
  {
    against: "credentials that follow a redirect",
    part: "to another origin without those of the URL",
    edit: {
      replace: "$same && $target.authorization !== undefined",
      by: "$target.authorization !== undefined"
    },
    test: [redirects, "take nothing of them to another origin"]
  },
  {
    against: "credentials that follow a redirect",
    part: "to another origin without headers",
    edit: {
      replace: "$same ? $asked.connectOptions.headers : undefined",
      by: "$asked.connectOptions.headers"
    },
    test: [redirects, "take nothing of them to another origin"]
  },
  {
    against: "credentials that follow a redirect",
    part: "without those of the location",
    edit: { replace: "$url.username = $url.password = $url.hash = ''", by: "$url.hash = ''" },
    test: [redirects, "take nothing of them to another origin"]
  },
  {
    against: "credentials that follow a redirect",
    part: "never from wss to ws",
    edit: { never: "$url.protocol === 'ws:' || $url.protocol === 'http:'" },
    test: [redirects, "from wss to ws"]
  },
  {
    against: "credentials that follow a redirect",
    part: "errors show none",
    edit: {
      replace: "`${$secure ? 'wss' : 'ws'}://${$url.host}${$url.pathname}${$url.search === '' ? '' : '?…'}`",
      by:
        "`${$secure ? 'wss' : 'ws'}://${$url.username}:${$url.password}@${$url.host}${$url.pathname}${$url.search === '' ? '' : '?…'}`"
    },
    test: [servers, "credentials do not cross origins"]
  },
  {
    against: "a flood of pings",
    part: "every one is answered",
    edit: { replace: "this.blocked && !(this.pongs <= this.shared.limits.pongSize)", by: "this.pongs > 0" },
    test: [frames, "every ping of a flood is answered"],
    shows: "a hang"
  },
  {
    against: "a flood of pings",
    part: "when answers cannot leave, the latest",
    edit: { never: "this.latestPong = $payload.slice()" },
    test: [quiet("frames"), "a ping flood of one who never reads"]
  },
  {
    against: "slow loris",
    part: "one clock for all heads",
    edit: {
      replace: "headersTimeout: $timeout, requestTimeout: $timeout",
      by: "headersTimeout: 0, requestTimeout: 0"
    },
    test: [pressure, "a handshake sent an octet at a time ends at its timeout"],
    shows: "a hang"
  },
  {
    against: "slow loris",
    part: "deciding is bounded",
    edit: { replace: "duration: $timeout", by: "duration: '1 day'", in: "decisions.decide" },
    test: [pressure, "deciding that never ends is bounded as well"],
    shows: "a hang"
  },
  {
    against: "slow loris",
    part: "by maxConnections",
    edit: { replace: "!(this.size < this.settings.maxConnections)", by: "false" },
    test: [upgrades, "503 beyond maxConnections"]
  },
  {
    against: "a peer that never reads",
    part: "its outbox is bounded",
    edit: { replace: "this.limits.outboxSize", by: "16 * this.limits.outboxSize" },
    test: [pressure, "messages of 262144 stay under the budget"]
  },
  {
    against: "a peer that never reads",
    part: "what it would answer is not read",
    edit: { replace: "this.host.limits.inboxSize", by: "64 * this.host.limits.inboxSize", in: "Shell.hasRoom" },
    test: [pressure, "it is not read any more either"]
  },
  {
    against: "a peer that never reads",
    part: "in a broadcast",
    edit: { replace: "this.limits.outboxSize", by: "16 * this.limits.outboxSize" },
    test: [pressure, "a broadcast to 1,000 of which 10 are stuck"]
  },
  {
    against: "a handler that never reads",
    edit: { replace: "this.host.limits.inboxSize", by: "64 * this.host.limits.inboxSize", in: "Shell.hasRoom" },
    test: [pressure, "its inbox of binary of 1 KiB"]
  },
  {
    against: "a defense that ends honest peers",
    edit: { replace: "$progress || !$isHearing", by: "!$isHearing", in: "noticeOf" },
    test: [quiet("slow"), "one large message is alive: ws"]
  },
  {
    against: "a defense that ends honest peers",
    part: "by what left of the write under way",
    edit: { never: "$writableLength - Math.max(0, ($state?.writelen ?? 0) - $left)" },
    test: [quiet("slow"), "one large message is alive: ws"]
  },
  {
    against: "a look into the inspector from elsewhere",
    part: "by another name",
    edit: { drop: "isLocalName($header('host') ?? '')" },
    test: [inspector, "a page whose name resolves to this machine"]
  },
  {
    against: "a look into the inspector from elsewhere",
    part: "from another machine",
    edit: { drop: "isLoopback($peer)", in: "isOfThisMachine" },
    test: [inspector, "another machine"]
  },
  {
    against: "a look into the inspector from elsewhere",
    part: "by way of a proxy",
    edit: { drop: "namesOfProxies.every(($name) => $header($name) === undefined)" },
    test: [inspector, "who comes by way of a proxy"]
  },
  {
    against: "a look into the inspector from elsewhere",
    part: "without the token",
    edit: { replace: "$one !== undefined && isSame($one, $token)", by: "true" },
    test: [inspector, "nobody looks who does not show it"]
  },
  {
    against: "secrets in a record of a connection",
    part: "in headers",
    edit: { replace: "$headers.has($key) || harmless.has($key)", by: "true" },
    test: [wireLog, "has the handshake without its secrets"]
  },
  {
    against: "secrets in a record of a connection",
    part: "in a query",
    edit: { replace: "[$method, target($asked), ...$version]", by: "[$method, $asked, ...$version]" },
    test: [wireLog, "has the handshake without its secrets"]
  },
  {
    against: "markup in what a report shows",
    edit: { replace: "escape($part)", by: "$part" },
    test: [wireLog, "shows what a peer wrote as text"]
  },
  {
    against: "records without bound",
    part: "of all connections",
    edit: { replace: "this.used > this.limit && this.trim()", by: "false" },
    test: ["platform/test/wireLog/Ledger.test.ts", "never has more than its limit"]
  },
  {
    against: "records without bound",
    part: "of one connection",
    edit: { replace: "this.size > this.settings.logSize", by: "false" },
    test: [wireLog, "the middle of a log goes first"]
  },
  {
    against: "any fault at any byte",
    part: "a break while we close",
    edit: {
      replace: "dropped($settings, $state, $cause)",
      by: "closed(Outcome.clean(facts($settings, $state, 'peer')))",
      in: "Closing"
    },
    test: ["connection/test/Connection.faults.test.ts", "one outcome, the right one"]
  },
  {
    against: "any fault at any byte",
    part: "the end amid an answer",
    edit: { drop: "$socket.on('end', this.onEnd); $socket.on('close', this.onEnd)", in: "HttpRequest" },
    test: [faults, "a server that ends its side at any octet"]
  },
  {
    against: "rapid reset over HTTP/2",
    part: "once it was handed over",
    edit: { drop: "if (!$headersSent && $rstCode !== noError) this.bother(costOfReset)" },
    test: [http2, "rapid reset, each when its handler was started"],
    shows: "a hang"
  },
  {
    against: "rapid reset over HTTP/2",
    part: "in the read that opened it",
    edit: { replace: "if ($stream.destroyed) return this.bother(costOfReset)", by: "if ($stream.destroyed) return" },
    test: [http2, "rapid reset (CVE-2023-44487)"],
    shows: "a hang"
  },
  {
    against: "floods of PING and SETTINGS over HTTP/2",
    part: "pings",
    edit: { drop: "$session.on('ping', () => this.bother(1))" },
    test: [http2, "a flood of pings"],
    shows: "a hang"
  },
  {
    against: "floods of PING and SETTINGS over HTTP/2",
    part: "settings",
    edit: { drop: "$session.on('remoteSettings', () => this.bother(1))" },
    test: [http2, "a flood of settings"],
    shows: "a hang"
  },
  {
    against: "a thousand half-open CONNECTs",
    edit: { drop: "maxConcurrentStreams: $maxStreams" },
    test: [http2, "a thousand and one half-open CONNECTs"],
    shows: "a hang"
  },
  {
    against: "a head of HTTP/2 that never ends",
    edit: { drop: "this.waitFor($all.settings.idleTimeout)" },
    test: [http2, "a head that never ends"],
    shows: "a hang"
  },
  {
    against: "header bombs of HTTP/2",
    edit: { never: "'HeadTooLarge'", in: "excessOf" },
    test: ["platform-node/test/NodeWebSocketServer.http2.test.ts", "end their stream with a complete answer"]
  },
  {
    against: "any fault at any byte",
    part: "the end amid messages",
    edit: { drop: "$stream.on('end', onEnd)" },
    test: [faults, "a client that ends its side at any octet"],
    shows: "a hang"
  }
]
