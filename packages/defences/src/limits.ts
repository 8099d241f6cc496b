/** Of the table of limits in docs/reference/security.md, in its order: what enforces each, and what it is by default. */
import type { Defence } from "./Defence.js"
import { ofTopics } from "./topics.js"

const servers = "platform-node/test/NodeWebSocketServer.test.ts"
const clients = "platform-node/test/NodeWebSocketClient.test.ts"
const frames = "platform-node/test/hostile/frames.test.ts"
const hostileServers = "platform-node/test/hostile/servers.test.ts"
const quiet = (name: string): string => `platform-node/test/hostile/${name}.quiet.test.ts`
const pressure = quiet("pressure")
const outboxes = "connection/test/Outbox.test.ts"
const closing = "connection/test/Connection.closing.test.ts"
const pages = "platform-browser/test/BrowserWebSocketClient.test.ts"
const life = "connection/test/Connection.life.test.ts"

export const limits: ReadonlyArray<Defence> = [
  {
    against: "head of a request",
    part: "its octets",
    edit: { replace: "maxHeaderSize: $octets", by: "maxHeaderSize: 1024 * 1024" },
    test: [servers, "refuses what is not right"]
  },
  {
    against: "head of a request",
    part: "its target",
    edit: { never: "ServerHandshake.malformed('TargetTooLong')" },
    test: [servers, "refuses what is not right"]
  },
  {
    against: "head of a request",
    part: "its lines",
    edit: { never: "ServerHandshake.malformed('TooManyHeaders')" },
    test: [servers, "refuses what is not right"]
  },
  {
    against: "head of a request",
    part: "by default",
    edit: {
      replace: "{ octets: 16384, headerLines: 100, target: 8192 }",
      by: "{ octets: 163840, headerLines: 1000, target: 81920 }"
    },
    test: [servers, "refuses what is not right"]
  },
  {
    against: "PROXY header",
    part: "its bytes",
    edit: { replace: "$length > maxLength", by: "$length > 2 * maxLength" },
    test: ["codec/test/ProxyProtocol.test.ts", "HeaderTooLong"]
  },
  {
    against: "PROXY header",
    part: "its time",
    edit: { replace: "this.refuse('Timeout')", by: "void 0" },
    test: ["platform-node/test/NodeWebSocketServer.proxies.test.ts", "a header that does not come in time"],
    shows: "a hang"
  },
  {
    against: "head of an answer",
    part: "its octets",
    edit: {
      replace: "head: $head, bodySize: $bodySize",
      by: "head: { ...$head, octets: 2 ** 26 }, bodySize: $bodySize"
    },
    test: [hostileServers, "the client bounds a header without end"]
  },
  {
    against: "head of an answer",
    part: "its lines",
    edit: {
      replace: "head: $head, bodySize: $bodySize",
      by: "head: { ...$head, headerLines: 2 ** 26 }, bodySize: $bodySize"
    },
    test: [hostileServers, "the client bounds header lines without end"]
  },
  {
    against: "body of a refusal",
    edit: { replace: "default: 64 * 1024", by: "default: 2 ** 24", in: "refusalBodySize" },
    test: [clients, "keeps 64 KiB of the body"]
  },
  {
    against: "opening, deciding",
    part: "a request",
    edit: {
      replace: "headersTimeout: $timeout, requestTimeout: $timeout",
      by: "headersTimeout: 0, requestTimeout: 0"
    },
    test: [servers, "408: a handshake that takes too long"],
    shows: "a hang"
  },
  {
    against: "opening, deciding",
    part: "a decision",
    edit: { replace: "duration: $timeout", by: "duration: '1 day'", in: "decisions.decide" },
    test: [servers, "503 beyond maxConnections, and when deciding takes too long"],
    shows: "a hang"
  },
  {
    against: "opening, deciding",
    part: "a request that nobody serves yet",
    edit: { replace: "Duration.toMillis($server.openTimeout)", by: "2 ** 40" },
    test: ["platform/test/WebSocketServer.test.ts", "but not for longer than openTimeout"]
  },
  {
    against: "opening, deciding",
    part: "an answer",
    edit: { replace: "Math.max(0, $asking.due - $deadlines.now())", by: "2 ** 40", in: "HttpRequest" },
    test: [clients, "silence: Timeout"],
    shows: "a hang"
  },
  {
    against: "opening, deciding",
    part: "a proxy's answer",
    edit: { replace: "Math.max(0, $asking.due - $deadlines.now())", by: "2 ** 40", in: "HttpRequest" },
    test: ["platform-node/test/NodeWebSocketClient.proxy.test.ts", "says nothing"],
    shows: "a hang"
  },
  {
    against: "opening, deciding",
    part: "by default, of a client",
    edit: { replace: "default: '10 seconds'", by: "default: '1 day'", in: "clientOptions.openTimeout" },
    test: [clients, "silence, by default: Timeout"],
    shows: "a hang"
  },
  {
    against: "opening, deciding",
    part: "by default, of a server",
    edit: { replace: "default: '10 seconds'", by: "default: '1 day'", in: "serving.openTimeout" },
    test: [servers, "deciding takes 10 seconds at most"],
    shows: "a hang"
  },
  {
    against: "early bytes before the 101",
    edit: { drop: "if (this.earlySize > maxEarly) this.transport.pause()" },
    test: [servers, "reads no more than a bounded part of them before the 101"]
  },
  {
    against: "message, after inflating",
    part: "by default",
    edit: { replace: "maxMessageSize: 16 * MiB", by: "maxMessageSize: 64 * MiB" },
    test: [frames, "16 MiB are the limit by default"],
    shows: "a hang"
  },
  {
    against: "charge for a fragment",
    part: "16 octets",
    edit: { replace: "fragmentOverhead = 16", by: "fragmentOverhead = 0" },
    test: [frames, "fragments of 0 are charged"],
    shows: "a hang"
  },
  {
    against: "charge for a fragment",
    part: "1 MiB beyond the limit",
    edit: { replace: "fragmentAllowance = 1024 * 1024", by: "fragmentAllowance = 2 ** 26" },
    test: [frames, "fragments of 0 are charged"],
    shows: "a hang"
  },
  {
    against: "inbox",
    part: "1 MiB",
    edit: { replace: "inboxSize: MiB", by: "inboxSize: 16 * MiB" },
    test: [pressure, "its inbox of binary of 100 KiB"]
  },
  {
    against: "inbox",
    part: "a text counts 64 octets more",
    edit: { replace: "overhead = 64", by: "overhead = 0" },
    test: [pressure, "its inbox of text of 1 "]
  },
  {
    against: "inbox",
    part: "octets count 256 more",
    edit: { replace: "octetsOverhead = 256", by: "octetsOverhead = 0" },
    test: [pressure, "its inbox of binary of 1 "]
  },
  {
    against: "inbox",
    part: "reading pauses",
    edit: { replace: "this.transport.pause()", by: "return", in: "adjustReading" },
    test: [life, "pauses reading beyond its budget"]
  },
  {
    against: "a page's inbox",
    part: "what is not read",
    edit: { replace: "!this.hasRoom", by: "false", in: "DelegatedShell.take" },
    test: [pages, "what is not read is kept up to inboxSize"],
    shows: "a hang"
  },
  {
    against: "a page's inbox",
    part: "a message that is too big",
    edit: { replace: "this.isLimited ? this.excessOf($message) : undefined", by: "undefined" },
    test: [pages, "a message over maxMessageSize fails the connection with 4009"],
    shows: "a hang"
  },
  {
    against: "outbox",
    part: "1 MiB",
    edit: { replace: "outboxSize: MiB", by: "outboxSize: 16 * MiB" },
    test: [pressure, "messages of 100 stay under the budget"]
  },
  {
    against: "outbox",
    part: "resumes at 256 KiB",
    edit: {
      replace: "!(this.gated.outstanding <= this.limits.outboxResume)",
      by: "false"
    },
    test: [outboxes, "suspends senders beyond it"]
  },
  {
    against: "outbox",
    part: "trySend says \"full\"",
    edit: { never: "'full'", in: "Admission.verdict" },
    test: [outboxes, "suspends senders beyond it"]
  },
  {
    against: "outbox",
    part: "what waits for the compressor counts",
    edit: { replace: "$framed + this.deflates.size", by: "$framed" },
    test: [outboxes, "counts what waits against the budget"]
  },
  {
    against: "pongs that cannot leave",
    edit: { replace: "pongSize: 64 * KiB", by: "pongSize: 64 * MiB" },
    test: [quiet("frames"), "a ping flood of one who never reads"]
  },
  {
    against: "answer to our Close",
    part: "5 s",
    edit: { replace: "closeTimeout: 5_000", by: "closeTimeout: 5_000_000" },
    test: [closing, "CloseTimeout after 5 s, counted from its leaving"],
    shows: "a hang"
  },
  {
    against: "answer to our Close",
    part: "prolonged tenfold at most",
    edit: { drop: "$state.prolonged < mostProlonged" },
    test: ["connection/test/Connection.slowPeer.test.ts", "an octet now and then"]
  },
  {
    against: "end of the stream, a refused socket",
    part: "2 s",
    edit: { replace: "dropTimeout: 2_000", by: "dropTimeout: 2_000_000" },
    test: [closing, "an end that does not come: 2 s"],
    shows: "a hang"
  },
  {
    against: "end of the stream, a refused socket",
    part: "of one that was refused",
    edit: { drop: "this.transport.destroy()", in: "Draining.onDeadline" },
    test: [servers, "a refused client that neither reads on nor leaves is cut"],
    shows: "a hang"
  },
  {
    against: "keepalive",
    part: "of a client",
    edit: { replace: "keepaliveInterval: 20_000", by: "keepaliveInterval: 0" },
    test: [clients, "keepalive is on"],
    shows: "a hang"
  },
  {
    against: "keepalive",
    part: "of a server",
    edit: { replace: "keepaliveInterval: 20_000", by: "keepaliveInterval: 0" },
    test: [servers, "keepalive is on"],
    shows: "a hang"
  },
  {
    against: "keepalive",
    part: "failure 20 s later",
    edit: { replace: "keepaliveTimeout: 20_000", by: "keepaliveTimeout: 20_000_000" },
    test: [servers, "keepalive is on"],
    shows: "a hang"
  },
  {
    against: "keepalive",
    part: "1011",
    edit: { replace: "return this.watched.onUnresponsive()", by: "return" },
    test: [life, "pings after 20 s of silence"]
  },
  {
    against: "a session of HTTP/2",
    part: "its streams, by default",
    edit: {
      replace: "{ least: 1, most: 100_000, unit: 'streams', default: 1000 }",
      by: "{ least: 1, most: 100_000, unit: 'streams', default: 5000 }"
    },
    test: ["platform-node/test/hostile/http2.test.ts", "a thousand and one half-open CONNECTs"],
    shows: "a hang"
  },
  ...ofTopics
]
