import { describe, expect, it } from "@effect/vitest"
import { CloseOutcome, DropCause, Excess, Failure } from "@effect-ws/connection/CloseOutcome"
import {
  ConnectionClosed,
  ConnectionDropped,
  InvalidClose,
  PeerClosed,
  PingTimeout,
  PingUnavailable,
  ProtocolFailure
} from "@effect-ws/connection/ConnectionError"

const tooBig = (excess: Excess): string =>
  new ProtocolFailure({ rule: "MessageTooBig", rfc: "6455 §7.4.1", excess }).message

describe("an error says what happened, the value, the limit, and what to do", () => {
  it("of a broken rule", () => {
    expect(new ProtocolFailure({ rule: "UnmaskedFrame", rfc: "6455 §5.1", excess: undefined }).message).toBe(
      "the peer broke a rule: a client must mask all frames (UnmaskedFrame, RFC 6455 §5.1)"
    )
  })

  it("of a message that is too big: the limit, and the length that was declared", () => {
    expect(tooBig(Excess.Declared({ limit: 65536, length: 100_000 }))).toBe(
      "the peer sent a message that is too big: it declares 100000 bytes, and maxMessageSize is 65536 " +
        "(MessageTooBig, RFC 6455 §7.4.1)"
    )
    expect(tooBig(Excess.Inflated({ limit: 65536 }))).toContain("it inflates to more than maxMessageSize, 65536 bytes")
    expect(tooBig(Excess.Fragmented({ limit: 100, length: 116 }))).toContain(
      "counts 116 bytes, and at most 100 are allowed"
    )
  })

  it("of a peer's Close: its reason in quotes, escaped", () => {
    expect(new PeerClosed({ code: 4000, reason: "" }).message).toBe("the peer closed with 4000")
    expect(new PeerClosed({ code: 4000, reason: "a\n\u001b[2J\u202e\"" }).message).toBe(
      "the peer closed with 4000: \"a\\n\\u001b[2J\\u202e\\\"\""
    )
  })

  it("of a broken transport: the cause, cut and escaped, whatever it is", () => {
    const message = (error: unknown) => new ConnectionDropped({ cause: DropCause.Reset({ error }) }).message
    expect(message(new Error("read ECONNRESET"))).toBe("the transport broke: read ECONNRESET")
    expect(message(new Error("x".repeat(1000)))).toHaveLength(
      "the transport broke: ".length + 500 + "… (1000 characters)".length
    )
    expect(message("a\r\nb")).toBe("the transport broke: a\\r\\nb")
    const endless = new AggregateError([])
    endless.errors.push(endless)
    for (const odd of [Object.create(null), Symbol("a"), endless, { toString: () => ({}) }]) {
      expect(message(odd).length).toBeLessThan(100)
    }
  })

  it("of a failure of ours: the limit that passed, or what was thrown, cut and escaped", () => {
    expect(new ConnectionDropped({ cause: Failure.KeepaliveTimeout() }).message).toBe(
      "the peer gave no sign of life within keepaliveTimeout"
    )
    const thrown = (defect: unknown) => new ConnectionDropped({ cause: Failure.Defect({ defect }) }).message
    expect(thrown(new Error("a\n"))).toBe("the connection was closed with 1011, because of a defect on our side: a\\n")
    expect(thrown("x".repeat(1000)).length).toBeLessThan(600)
  })

  it("of a ping that nobody answered", () => {
    expect(new PingTimeout({ after: 20_000 }).message).toMatch(
      /^no pong .* within 20000 ms \(keepaliveTimeout\).* still open: ping again, set a longer limit, or abort/
    )
  })

  it("of a ping that a host does not send", () => {
    expect(new PingUnavailable().message).toMatch(/^no ping was sent: .* Send a message that the peer answers$/)
  })

  it("of what was not sent", () => {
    const facts = { role: "client", closedFirst: "us", local: undefined, remote: undefined, droppedBy: "us" } as const
    expect(new ConnectionClosed({ state: { _tag: "Closing" } }).message).toBe(
      "nothing was sent: the connection is closing"
    )
    expect(new ConnectionClosed({ state: { _tag: "Closed", outcome: CloseOutcome.Clean(facts) } }).message).toBe(
      "nothing was sent: the connection is closed (Clean)"
    )
    expect(new InvalidClose({ code: 1001, reason: "", problem: "RefusedByHost" }).message).toMatch(
      /does not close with 1001: give 1000 or 3000 to 4999$/
    )
    expect(new InvalidClose({ code: 1005, reason: "", problem: "IllegalCode" }).message).toMatch(
      /1005 .* give 1000 to 1003/
    )
    expect(new InvalidClose({ code: 1000, reason: "é".repeat(62), problem: "ReasonTooLong" }).message).toMatch(
      /at most 123 bytes .* takes 124$/
    )
    for (const [code, shown] of [[Symbol("s"), "a symbol"], [Object.create(null), "an object"], ["5", "\"5\""]]) {
      expect(new InvalidClose({ code, reason: "", problem: "IllegalCode" }).message).toContain(`: ${shown} must not`)
    }
    expect(new InvalidClose({ code: 1000, reason: null as never, problem: "ReasonTooLong" }).message).toContain(
      "not a string"
    )
  })
})
