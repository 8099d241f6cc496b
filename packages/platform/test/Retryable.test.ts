import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type { Facts } from "@effect-ws/connection/CloseOutcome"
import { CloseOutcome, DropCause, Failure, violation as failure } from "@effect-ws/connection/CloseOutcome"
import { HandshakeError, HandshakeReason, invalidRequest, violation } from "@effect-ws/platform/HandshakeError"
import { isRetryable, retryAfter, withRetryAfter } from "@effect-ws/platform/Retryable"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"

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
    [true, "silence", CloseOutcome.Failed({ ...facts({ closedFirst: "us" }), failure: Failure.KeepaliveTimeout() })],
    [
      true,
      "more than is read",
      CloseOutcome.Failed({ ...facts({ closedFirst: "us" }), failure: Failure.InboxFull({ limit: 1, size: 2 }) })
    ]
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
    [false, "its scope closed", CloseOutcome.Aborted({ ...facts(), why: { _tag: "ScopeClosed" } })],
    [false, "its grace was over", CloseOutcome.Aborted({ ...facts(), why: { _tag: "GraceOver" } })],
    [true, "the page was suspended", CloseOutcome.Aborted({ ...facts(), why: { _tag: "Suspended" } })],
    [
      true,
      "the application gave it up",
      CloseOutcome.Aborted({ ...facts(), why: { _tag: "Application", reason: "stale" } })
    ]
  ]
}

/** A reason without a case does not compile. */
const reasons: Record<HandshakeReason["_tag"], ReadonlyArray<readonly [boolean, HandshakeReason]>> = {
  InvalidRequest: [[false, invalidRequest("UrlMalformed", "")]],
  InvalidOption: [
    [
      false,
      HandshakeReason.InvalidOption({ option: "linger", value: "NaN", expected: "0 to 9", advice: "Give a number." })
    ]
  ],
  Unreachable: [[true, HandshakeReason.Unreachable({ cause: "no route" })]],
  TlsFailed: [
    [false, HandshakeReason.TlsFailed({ cause: Object.assign(new Error("expired"), { code: "CERT_HAS_EXPIRED" }) })],
    [false, HandshakeReason.TlsFailed({ cause: null })],
    [true, HandshakeReason.TlsFailed({ cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }) })]
  ],
  ProxyFailed: [
    [false, HandshakeReason.ProxyFailed({ status: 407, headers: [] })],
    [true, HandshakeReason.ProxyFailed({ status: 502, headers: [] })],
    [true, HandshakeReason.ProxyFailed({ status: 522, headers: [] })]
  ],
  Timeout: [[true, HandshakeReason.Timeout({ after: Duration.seconds(1), during: "answer" })]],
  Dropped: [[true, HandshakeReason.Dropped({ cause: eof })]],
  // 9110 §15: a status that is not known is as the x00 of its class, and one beyond the classes as 500.
  Refused: [
    ...[200, 204, 299, 300, 301, 304, 399, 400, 401, 403, 404, 409, 426, 431, 451, 460, 499],
    ...[408, 425, 429, 500, 502, 503, 504, 507, 511, 520, 521, 525, 529, 530, 599, 600, 999],
    ...[501, 505, 506, 508, 510]
  ].map((status) => [
    [408, 425, 429].includes(status) || (status >= 500 && ![501, 505, 506, 508, 510].includes(status)),
    HandshakeReason.Refused({ status, headers: [], body: new Uint8Array(0) })
  ]),
  Violation: [[false, violation({ _tag: "Violated", rule: "WrongAccept", detail: "" })]],
  NoHttp2: [[false, HandshakeReason.NoHttp2({ why: "NotEnabled" })]],
  Undisclosed: [[true, HandshakeReason.Undisclosed({ cause: undefined })]]
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

describe("9110 §10.2.3 Retry-After", () => {
  const refusedWith = (...values: ReadonlyArray<string>) =>
    new HandshakeError({
      url: "ws://a.example/",
      reason: HandshakeReason.Refused({
        status: 503,
        headers: values.map((value) => ["Retry-After", value] as const),
        body: new Uint8Array(0)
      })
    })
  const millis = (end: unknown, atMost?: Duration.DurationInput) =>
    Effect.map(retryAfter(end, atMost), (asked) => Duration.toMillis(asked))

  it.effect("is what the server asks for, by the clock, and at most what we wait", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 10, 27, 12))
      expect(yield* millis(refusedWith("5"))).toBe(5000)
      expect(yield* millis(refusedWith("Fri, 27 Nov 2026 12:00:07 GMT"))).toBe(7000)
      expect(yield* millis(refusedWith("Fri, 27 Nov 2026 11:00:07 GMT"))).toBe(0)
      expect(yield* millis(refusedWith("3600"))).toBe(30_000)
      expect(yield* millis(refusedWith("3600"), "2 hours")).toBe(3_600_000)
      expect(yield* millis(refusedWith("9".repeat(400)), Duration.infinity)).toBe(2 ** 31 - 1)
      expect(yield* millis(refusedWith("3600"), 0)).toBe(0)
    }))

  it.effect("is nothing where there is none, or none that can be read", () =>
    Effect.gen(function*() {
      const proxied = HandshakeReason.ProxyFailed({ status: 503, headers: [["retry-after", "4"]] })
      expect(yield* millis(new HandshakeError({ url: "", reason: proxied }))).toBe(4000)
      for (
        const end of [refusedWith(), refusedWith("soon"), refusedWith("-1"), CloseOutcome.Clean(byPeer()), "x", null]
      ) {
        expect(yield* millis(end)).toBe(0)
      }
    }))

  it.effect("prolongs a schedule, and never shortens it", () =>
    Effect.gen(function*() {
      const answers = [refusedWith("10"), refusedWith("1"), refusedWith(), refusedWith("3600")]
      const at: Array<number> = []
      const attempt = Effect.suspend(() => {
        const answer = answers.shift()
        return Effect.zipRight(
          Effect.map(Clock.currentTimeMillis, (now) => at.push(now)),
          answer === undefined ? Effect.void : Effect.fail(answer)
        )
      })
      const schedule = withRetryAfter(Schedule.spaced("2 seconds"), "1 minute")
      const fiber = yield* Effect.fork(Effect.retry(attempt, { schedule, while: isRetryable }))
      yield* TestClock.adjust("5 minutes")
      yield* Fiber.join(fiber)
      expect(at).toEqual([0, 10_000, 12_000, 14_000, 74_000])
    }))
})
