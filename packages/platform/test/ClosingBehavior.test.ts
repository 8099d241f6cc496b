import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import { CloseOutcome, type Facts, violation } from "@effect-ws/connection/CloseOutcome"
import * as ClosingBehavior from "@effect-ws/platform/ClosingBehavior"
import { HandshakeError, HandshakeReason } from "@effect-ws/platform/HandshakeError"
import * as Duration from "effect/Duration"

const keys = [
  "isServer",
  "closedByMe",
  "failedByMe",
  "droppedByMe",
  "wasClean",
  "wasNotCleanReason",
  "wasServerConnectionDropTimeout",
  "wasOpenHandshakeTimeout",
  "wasCloseHandshakeTimeout",
  "localCloseCode",
  "localCloseReason",
  "remoteCloseCode",
  "remoteCloseReason"
].sort()

const facts: Facts = {
  role: "server",
  closedFirst: "us",
  local: CloseStatus.make(1001, "bye"),
  remote: CloseStatus.make(1001),
  droppedBy: "us"
}

const nothing: Facts = { role: "client", closedFirst: "none", local: undefined, remote: undefined, droppedBy: "peer" }

/** Of each outcome, one; and the keys that are neither false nor null. */
const table: Record<CloseOutcome["_tag"], readonly [CloseOutcome, Partial<ClosingBehavior.ClosingBehavior>]> = {
  Clean: [CloseOutcome.Clean(facts), {
    isServer: true,
    closedByMe: true,
    droppedByMe: true,
    wasClean: true,
    localCloseCode: 1001,
    localCloseReason: "bye",
    remoteCloseCode: 1001
  }],
  Failed: [
    CloseOutcome.Failed({
      ...nothing,
      closedFirst: "us",
      local: CloseStatus.make(1007, "no"),
      remote: CloseStatus.empty,
      failure: violation("InvalidUtf8")
    }),
    {
      closedByMe: true,
      failedByMe: true,
      wasNotCleanReason: expect.stringContaining("InvalidUtf8"),
      localCloseCode: 1007,
      localCloseReason: "no"
    }
  ],
  CloseTimeout: [CloseOutcome.CloseTimeout({ ...facts, remote: undefined }), {
    isServer: true,
    closedByMe: true,
    droppedByMe: true,
    wasNotCleanReason: "the peer did not answer our Close in time",
    wasCloseHandshakeTimeout: true,
    localCloseCode: 1001,
    localCloseReason: "bye"
  }],
  DropTimeout: [CloseOutcome.DropTimeout({ ...facts, role: "client", closedFirst: "peer" }), {
    droppedByMe: true,
    wasNotCleanReason: "the server did not end the stream in time",
    wasServerConnectionDropTimeout: true,
    localCloseCode: 1001,
    localCloseReason: "bye",
    remoteCloseCode: 1001
  }],
  Dropped: [CloseOutcome.Dropped({ ...nothing, cause: { _tag: "Reset", error: "ECONNRESET" } }), {
    wasNotCleanReason: "the transport broke: ECONNRESET"
  }],
  Aborted: [CloseOutcome.Aborted({ ...nothing, droppedBy: "us", why: { _tag: "ScopeClosed" } }), {
    droppedByMe: true,
    wasNotCleanReason: "we cut the transport: ScopeClosed"
  }]
}

/** Which reasons leave the transport to us to drop. */
const reasons: Record<HandshakeReason["_tag"], readonly [HandshakeReason, droppedByMe: boolean]> = {
  InvalidRequest: [HandshakeReason.InvalidRequest({ rule: "UrlMalformed", rfc: "6455 §3", part: "x" }), false],
  InvalidOption: [
    HandshakeReason.InvalidOption({ option: "linger", value: "NaN", expected: "0 to 9", advice: "Give a number." }),
    false
  ],
  Unreachable: [HandshakeReason.Unreachable({ cause: new Error("ECONNREFUSED") }), false],
  TlsFailed: [HandshakeReason.TlsFailed({ cause: new Error("self-signed") }), false],
  ProxyFailed: [HandshakeReason.ProxyFailed({ status: 407, headers: [] }), true],
  Timeout: [HandshakeReason.Timeout({ after: Duration.seconds(10), during: "answer" }), true],
  Dropped: [HandshakeReason.Dropped({ cause: { _tag: "Eof" } }), false],
  Refused: [HandshakeReason.Refused({ status: 401, headers: [], body: new Uint8Array() }), true],
  Violation: [HandshakeReason.Violation({ rule: "WrongAccept", rfc: "6455 §4.1", detail: "" }), true],
  NoHttp2: [HandshakeReason.NoHttp2({ why: "NotNegotiated" }), true],
  Undisclosed: [HandshakeReason.Undisclosed({ cause: undefined }), false]
}

const told = (behavior: ClosingBehavior.ClosingBehavior) =>
  Object.fromEntries(Object.entries(behavior).filter(([, value]) => value !== false && value !== null))

describe("ClosingBehavior", () => {
  for (const [tag, [outcome, expected]] of Object.entries(table)) {
    it(tag, () => {
      const behavior = ClosingBehavior.fromOutcome(outcome)
      expect(Object.keys(behavior).sort()).toEqual(keys)
      expect(told(behavior)).toEqual(expected)
    })
  }

  for (const [tag, [reason, droppedByMe]] of Object.entries(reasons)) {
    it(`never opened: ${tag}`, () => {
      const behavior = ClosingBehavior.fromHandshakeError(new HandshakeError({ url: "ws://a/", reason }))
      expect(Object.keys(behavior).sort()).toEqual(keys)
      expect(told(behavior)).toEqual({
        wasNotCleanReason: expect.stringMatching(/^ws:\/\/a\/: /),
        ...(droppedByMe ? { droppedByMe } : {}),
        ...(tag === "Timeout" ? { wasOpenHandshakeTimeout: true } : {})
      })
    })
  }
})
