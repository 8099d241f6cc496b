/** Of the table of limits in docs/security.md, in its order: what enforces each, and what it is by default. */
import type { Defence } from "./Defence.js"

const defaults = "connection/src/Limits.ts"
const outbox = "connection/src/Outbox.ts"
const shell = "connection/src/internal/connection.ts"
const server = "platform-node/src/internal/server.ts"
const client = "platform-node/src/internal/client.ts"
const layerOptions = "platform-node/src/internal/options.ts"
const layers = "platform-node/src/internal/limits.ts"

const servers = "platform-node/test/NodeWebSocketServer.test.ts"
const clients = "platform-node/test/NodeWebSocketClient.test.ts"
const frames = "platform-node/test/hostile/frames.test.ts"
const hostileServers = "platform-node/test/hostile/servers.test.ts"
const quiet = (name: string): string => `platform-node/test/hostile/${name}.quiet.test.ts`
const pressure = quiet("pressure")
const outboxes = "connection/test/Outbox.test.ts"
const closing = "connection/test/Connection.closing.test.ts"
const life = "connection/test/Connection.life.test.ts"

export const limits: ReadonlyArray<Defence> = [
  {
    against: "head of a request",
    part: "its octets",
    file: server,
    edit: ["maxHeaderSize: octets", "maxHeaderSize: 1024 * 1024"],
    test: [servers, "refuses what is not right"]
  },
  {
    against: "head of a request",
    part: "its target",
    file: server,
    edit: ["url.length > this.head.target", "false"],
    test: [servers, "refuses what is not right"]
  },
  {
    against: "head of a request",
    part: "its lines",
    file: server,
    edit: ["rawHeaders.length > 2 * this.head.headerLines", "false"],
    test: [servers, "refuses what is not right"]
  },
  {
    against: "head of a request",
    part: "by default",
    file: "codec/src/HttpHead.ts",
    edit: ["octets: 16384, headerLines: 100, target: 8192", "octets: 163840, headerLines: 1000, target: 81920"],
    test: [servers, "refuses what is not right"]
  },
  {
    against: "PROXY header",
    part: "its bytes",
    file: "codec/src/ProxyProtocol.ts",
    edit: ["if (length > maxLength)", "if (length > 2 * maxLength)"],
    test: ["codec/test/ProxyProtocol.test.ts", "HeaderTooLong"]
  },
  {
    against: "PROXY header",
    part: "its time",
    file: "platform-node/src/internal/proxies.ts",
    edit: ["this.drop(\"Timeout\")", "void 0"],
    test: ["platform-node/test/NodeWebSocketServer.proxies.test.ts", "a header that does not come in time"],
    shows: "a hang"
  },
  {
    against: "head of an answer",
    part: "its octets",
    file: client,
    edit: ["    head,\n    bodySize,", "    head: { ...head, octets: 2 ** 26 },\n    bodySize,"],
    test: [hostileServers, "the client bounds a header without end"]
  },
  {
    against: "head of an answer",
    part: "its lines",
    file: client,
    edit: ["    head,\n    bodySize,", "    head: { ...head, headerLines: 2 ** 26 },\n    bodySize,"],
    test: [hostileServers, "the client bounds header lines without end"]
  },
  {
    against: "body of a refusal",
    file: layerOptions,
    edit: ["default: 64 * 1024", "default: 2 ** 24"],
    test: [clients, "keeps 64 KiB of the body"]
  },
  {
    against: "opening, deciding",
    part: "a request",
    file: server,
    edit: ["headersTimeout: timeout,\n    requestTimeout: timeout", "headersTimeout: 0,\n    requestTimeout: 0"],
    test: [servers, "408: a handshake that takes too long"],
    shows: "a hang"
  },
  {
    against: "opening, deciding",
    part: "a decision",
    file: "platform/src/internal/serving.ts",
    edit: ["duration: this.openTimeout", "duration: \"1 day\""],
    test: [servers, "503 beyond maxConnections, and when deciding takes too long"],
    shows: "a hang"
  },
  {
    against: "opening, deciding",
    part: "a request that nobody serves yet",
    file: "platform/src/internal/serving.ts",
    edit: ["start(Duration.toMillis(server.openTimeout), this)", "start(2 ** 40, this)"],
    test: ["platform/test/WebSocketServer.test.ts", "but not for longer than openTimeout"]
  },
  {
    against: "opening, deciding",
    part: "an answer",
    file: "platform-node/src/internal/exchange.ts",
    edit: ["deadlines.start(Math.max(0, settings.due - deadlines.now()), this)", "deadlines.start(2 ** 40, this)"],
    test: [clients, "silence: Timeout"],
    shows: "a hang"
  },
  {
    against: "opening, deciding",
    part: "a proxy's answer",
    file: "platform-node/src/internal/tunnel.ts",
    edit: ["deadlines.start(Math.max(0, settings.due - deadlines.now()), this)", "deadlines.start(2 ** 40, this)"],
    test: ["platform-node/test/NodeWebSocketClient.proxy.test.ts", "says nothing"],
    shows: "a hang"
  },
  {
    against: "opening, deciding",
    part: "by default, of a client",
    file: layerOptions,
    edit: ["least: 1, default: \"10 seconds\"", "least: 1, default: \"1 day\""],
    test: [clients, "silence, by default: Timeout"],
    shows: "a hang"
  },
  {
    against: "opening, deciding",
    part: "by default, of a server",
    file: "platform/src/Serving.ts",
    edit: ["least: 1, default: \"10 seconds\"", "least: 1, default: \"1 day\""],
    test: [servers, "deciding takes 10 seconds at most"],
    shows: "a hang"
  },
  {
    against: "early octets before the 101",
    file: "platform-node/src/internal/upgrade.ts",
    edit: ["if (this.earlySize > maxEarly) this.transport.pause()", ""],
    test: [servers, "reads no more than a bounded part of them before the 101"]
  },
  {
    against: "message, after inflating",
    part: "by default",
    file: defaults,
    edit: ["maxMessageSize: 16 * MiB", "maxMessageSize: 64 * MiB"],
    test: [frames, "16 MiB are the limit by default"],
    shows: "a hang"
  },
  {
    against: "charge for a fragment",
    part: "16 octets",
    file: defaults,
    edit: ["fragmentOverhead = 16", "fragmentOverhead = 0"],
    test: [frames, "fragments of 0 are charged"],
    shows: "a hang"
  },
  {
    against: "charge for a fragment",
    part: "1 MiB beyond the limit",
    file: defaults,
    edit: ["fragmentAllowance = MiB", "fragmentAllowance = 64 * MiB"],
    test: [frames, "fragments of 0 are charged"],
    shows: "a hang"
  },
  {
    against: "inbox",
    part: "1 MiB",
    file: defaults,
    edit: ["inboxSize: MiB", "inboxSize: 16 * MiB"],
    test: [pressure, "its inbox of binary of 100 KiB"]
  },
  {
    against: "inbox",
    part: "a text counts 64 octets more",
    file: "connection/src/Message.ts",
    edit: ["overhead = 64", "overhead = 0"],
    test: [pressure, "its inbox of text of 1 "]
  },
  {
    against: "inbox",
    part: "octets count 256 more",
    file: "connection/src/Message.ts",
    edit: ["octetsOverhead = 256", "octetsOverhead = 0"],
    test: [pressure, "its inbox of binary of 1 "]
  },
  {
    against: "inbox",
    part: "reading pauses",
    file: shell,
    edit: ["if (pause) this.transport.pause()", "if (pause) return"],
    test: [life, "pauses reading beyond its budget"]
  },
  {
    against: "outbox",
    part: "1 MiB",
    file: defaults,
    edit: ["outboxSize: MiB", "outboxSize: 16 * MiB"],
    test: [pressure, "messages of 100 stay under the budget"]
  },
  {
    against: "outbox",
    part: "resumes at 256 KiB",
    file: outbox,
    edit: ["!(this.queued + this.backlogSize + this.inFlight <= this.limits.outboxResume)", "false"],
    test: [outboxes, "suspends senders beyond it"]
  },
  {
    against: "outbox",
    part: "trySend says \"full\"",
    file: outbox,
    edit: ["this.full || this.held || this.waiters.length > 0", "false"],
    test: [outboxes, "suspends senders beyond it"]
  },
  {
    against: "outbox",
    part: "what waits for the compressor counts",
    file: outbox,
    edit: ["this.queued + this.backlogSize + this.inFlight < ", "this.queued + this.inFlight < "],
    test: [outboxes, "counts what waits against the budget"]
  },
  {
    against: "pongs that cannot leave",
    file: defaults,
    edit: ["pongSize: 64 * KiB", "pongSize: 64 * MiB"],
    test: [quiet("frames"), "a ping flood of one who never reads"]
  },
  {
    against: "answer to our Close",
    part: "5 s",
    file: defaults,
    edit: ["closeTimeout: 5_000", "closeTimeout: 5_000_000"],
    test: [closing, "CloseTimeout after 5 s, counted from its leaving"],
    shows: "a hang"
  },
  {
    against: "answer to our Close",
    part: "prolonged tenfold at most",
    file: shell,
    edit: [" && this.prolonged < mostProlonged", ""],
    test: ["connection/test/Connection.slowPeer.test.ts", "an octet now and then"]
  },
  {
    against: "end of the stream, a refused socket",
    part: "2 s",
    file: defaults,
    edit: ["dropTimeout: 2_000", "dropTimeout: 2_000_000"],
    test: [closing, "an end that does not come: 2 s"],
    shows: "a hang"
  },
  {
    against: "end of the stream, a refused socket",
    part: "of one that was refused",
    file: "platform-node/src/internal/upgrade.ts",
    edit: ["onDeadline(): void {\n    this.transport.destroy()", "onDeadline(): void {"],
    test: [servers, "a refused client that neither reads on nor leaves is cut"],
    shows: "a hang"
  },
  {
    against: "keepalive",
    part: "of a client",
    file: layers,
    edit: ["keepaliveInterval = 20_000", "keepaliveInterval = 0"],
    test: [clients, "keepalive is on"],
    shows: "a hang"
  },
  {
    against: "keepalive",
    part: "of a server",
    file: layers,
    edit: ["keepaliveInterval = 20_000", "keepaliveInterval = 0"],
    test: [servers, "keepalive is on"],
    shows: "a hang"
  },
  {
    against: "keepalive",
    part: "failure 20 s later",
    file: defaults,
    edit: ["keepaliveTimeout: 20_000", "keepaliveTimeout: 20_000_000"],
    test: [servers, "keepalive is on"],
    shows: "a hang"
  },
  {
    against: "keepalive",
    part: "1011",
    file: "connection/src/internal/keepalive.ts",
    edit: ["return this.watched.onUnresponsive()", "return"],
    test: [life, "pings after 20 s of silence"]
  }
]
