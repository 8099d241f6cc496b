import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type { Facts } from "@effect-ws/connection/CloseOutcome"
import { CloseOutcome, DropCause, Failure, violation as failure } from "@effect-ws/connection/CloseOutcome"
import { HandshakeError, HandshakeReason, invalidRequest, violation } from "@effect-ws/connection/HandshakeError"
import { isRetryable } from "@effect-ws/platform/Retryable"
import * as Duration from "effect/Duration"

const facts = (fields: Partial<Facts> = {}): Facts => ({
  role: "client",
  closedFirst: "none",
  local: undefined,
  remote: undefined,
  droppedBy: "peer",
  ...fields
})
const byPeer = (code?: number) =>
  facts({ closedFirst: "peer", remote: code === undefined ? CloseStatus.empty : CloseStatus.make(code) })
const byUs = facts({ closedFirst: "us", local: CloseStatus.make(1000), remote: CloseStatus.make(1012) })
const eof = DropCause.Eof()

type Cases = ReadonlyArray<readonly [expected: boolean, what: string, value: CloseOutcome]>

/** An outcome without a case does not compile. */
const outcomes: Record<CloseOutcome["_tag"], Cases> = {
  Clean: [
    [false, "closed by us", CloseOutcome.Clean(byUs)],
    [true, "without a code", CloseOutcome.Clean(byPeer())],
    ...[1001, 1011, 1012, 1013, 1014, 3008].map((code) =>
      [true, `peer's ${code}`, CloseOutcome.Clean(byPeer(code))] as const
    ),
    ...[1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003, 4000].map((code) =>
      [false, `peer's ${code}`, CloseOutcome.Clean(byPeer(code))] as const
    )
  ],
  Failed: [
    [false, "a broken rule", CloseOutcome.Failed({ ...facts(), failure: failure("ReservedBits") })],
    [true, "silence", CloseOutcome.Failed({ ...facts({ closedFirst: "us" }), failure: Failure.KeepaliveTimeout() })]
  ],
  CloseTimeout: [[false, "closed by us", CloseOutcome.CloseTimeout(byUs)]],
  DropTimeout: [
    [false, "closed by us", CloseOutcome.DropTimeout(byUs)],
    [true, "peer's 1012", CloseOutcome.DropTimeout(byPeer(1012))]
  ],
  Dropped: [
    [true, "lost", CloseOutcome.Dropped({ ...facts(), cause: eof })],
    [false, "while we closed", CloseOutcome.Dropped({ ...byUs, cause: eof })],
    [false, "behind the peer's 1008", CloseOutcome.Dropped({ ...byPeer(1008), cause: eof })]
  ],
  Aborted: [
    [false, "its scope closed", CloseOutcome.Aborted({ ...facts(), why: "ScopeClosed" })],
    [false, "its grace was over", CloseOutcome.Aborted({ ...facts(), why: "GraceOver" })],
    [true, "the peer took too long", CloseOutcome.Aborted({ ...facts(), why: "SendDeadline" })]
  ]
}

/** A reason without a case does not compile. */
const reasons: Record<HandshakeReason["_tag"], ReadonlyArray<readonly [boolean, HandshakeReason]>> = {
  InvalidRequest: [[false, invalidRequest("UrlMalformed", "")]],
  Unreachable: [[true, HandshakeReason.Unreachable({ cause: "no route" })]],
  TlsFailed: [
    [false, HandshakeReason.TlsFailed({ cause: Object.assign(new Error("expired"), { code: "CERT_HAS_EXPIRED" }) })],
    [false, HandshakeReason.TlsFailed({ cause: null })],
    [true, HandshakeReason.TlsFailed({ cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }) })]
  ],
  ProxyFailed: [
    [false, HandshakeReason.ProxyFailed({ status: 407, headers: [] })],
    [true, HandshakeReason.ProxyFailed({ status: 502, headers: [] })]
  ],
  Timeout: [[true, HandshakeReason.Timeout({ after: Duration.seconds(1), during: "answer" })]],
  Dropped: [[true, HandshakeReason.Dropped({ cause: eof })]],
  Refused: [301, 400, 401, 403, 404, 408, 425, 426, 429, 500, 501, 502, 503, 504].map((status) => [
    [408, 425, 429, 500, 502, 503, 504].includes(status),
    HandshakeReason.Refused({ status, headers: [], body: new Uint8Array(0) })
  ]),
  Violation: [[false, violation({ _tag: "Violated", rule: "WrongAccept", detail: "" })]]
}

describe("outcomes", () => {
  for (const [tag, cases] of Object.entries(outcomes)) {
    for (const [expected, what, outcome] of cases) {
      it(`${tag}, ${what}: ${expected ? "again" : "no"}`, () => expect(isRetryable(outcome)).toBe(expected))
    }
  }
})

describe("handshakes", () => {
  for (const [tag, cases] of Object.entries(reasons)) {
    for (const [expected, reason] of cases) {
      const error = new HandshakeError({ url: "ws://a.example/", reason })
      it(`${tag}, ${error.message}: ${expected ? "again" : "no"}`, () => expect(isRetryable(error)).toBe(expected))
    }
  }
})
