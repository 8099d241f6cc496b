import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as CloseDescription from "@effect-ws/connection/CloseDescription"
import {
  AbortReason,
  CloseOutcome,
  DropCause,
  type Facts,
  Failure,
  violation
} from "@effect-ws/connection/CloseOutcome"
import { endOf } from "../src/protocol/endings.js"

const nothing: Facts = { role: "client", closedFirst: "none", local: undefined, remote: undefined, droppedBy: "peer" }

const closed: Facts = {
  role: "server",
  closedFirst: "us",
  local: CloseStatus.make(1001, "bye"),
  remote: CloseStatus.make(1001),
  droppedBy: "us"
}

const unshowable = {
  toString: () => {
    throw new Error("no")
  }
}

/** Of each way to end, one, with all that is said of it but the Closes. */
const table: Record<
  CloseDescription.How["_tag"],
  readonly [CloseOutcome, Omit<CloseDescription.CloseDescription, "how" | "received" | "sent">]
> = {
  Clean: [CloseOutcome.Clean(closed), {
    words: "both sides closed, and the stream ended",
    errorType: undefined,
    cause: undefined,
    isClean: true,
    isNormal: true
  }],
  DropTimeout: [CloseOutcome.DropTimeout(closed), {
    words: "the server did not end the stream in time",
    errorType: "DropTimeout",
    cause: undefined,
    isClean: true,
    isNormal: true
  }],
  CloseTimeout: [CloseOutcome.CloseTimeout({ ...closed, remote: undefined }), {
    words: "the peer did not answer our Close in time",
    errorType: "CloseTimeout",
    cause: undefined,
    isClean: false,
    isNormal: true
  }],
  Violation: [CloseOutcome.Failed({ ...nothing, failure: violation("InvalidUtf8") }), {
    words: "we failed the connection: InvalidUtf8 (RFC 6455 §8.1)",
    errorType: "InvalidUtf8",
    cause: "InvalidUtf8",
    isClean: false,
    isNormal: false
  }],
  KeepaliveTimeout: [CloseOutcome.Failed({ ...nothing, failure: Failure.KeepaliveTimeout() }), {
    words: "we failed the connection: the peer gave no sign of life within keepaliveTimeout",
    errorType: "KeepaliveTimeout",
    cause: "KeepaliveTimeout",
    isClean: false,
    isNormal: false
  }],
  InboxFull: [CloseOutcome.Failed({ ...nothing, failure: Failure.InboxFull({ limit: 10, size: 12 }) }), {
    words: "we failed the connection: what it sent was not read in time (12 bytes unread, inboxSize is 10)",
    errorType: "InboxFull",
    cause: "InboxFull",
    isClean: false,
    isNormal: false
  }],
  Defect: [CloseOutcome.Failed({ ...nothing, failure: Failure.Defect({ defect: "oh" }) }), {
    words: "we failed the connection: a defect on our side",
    errorType: "Defect",
    cause: "Defect",
    isClean: false,
    isNormal: false
  }],
  Eof: [CloseOutcome.Dropped({ ...nothing, cause: DropCause.Eof() }), {
    words: "the peer ended the stream without a Close",
    errorType: "Dropped",
    cause: "Eof",
    isClean: false,
    isNormal: false
  }],
  Reset: [CloseOutcome.Dropped({ ...nothing, cause: DropCause.Reset({ error: new Error("cut\n") }) }), {
    words: "the transport broke: cut\\n",
    errorType: "Dropped",
    cause: "Error: cut\\n",
    isClean: false,
    isNormal: false
  }],
  ScopeClosed: [CloseOutcome.Aborted({ ...nothing, why: AbortReason.ScopeClosed() }), {
    words: "we cut the transport: ScopeClosed",
    errorType: "ScopeClosed",
    cause: "ScopeClosed",
    isClean: false,
    isNormal: true
  }],
  GraceOver: [CloseOutcome.Aborted({ ...nothing, why: AbortReason.GraceOver() }), {
    words: "we cut the transport: GraceOver",
    errorType: "GraceOver",
    cause: "GraceOver",
    isClean: false,
    isNormal: true
  }],
  Suspended: [CloseOutcome.Aborted({ ...nothing, why: AbortReason.Suspended() }), {
    words: "we cut the transport: Suspended",
    errorType: "Suspended",
    cause: "Suspended",
    isClean: false,
    isNormal: true
  }],
  Application: [CloseOutcome.Aborted({ ...nothing, why: AbortReason.Application({ reason: "too slow" }) }), {
    words: "we cut the transport: too slow",
    errorType: "Application",
    cause: "Application",
    isClean: false,
    isNormal: true
  }]
}

describe("CloseDescription", () => {
  for (const [kind, [outcome, expected]] of Object.entries(table)) {
    it(kind, () => {
      const { how, received, sent, ...described } = CloseDescription.describe(outcome)
      expect(how._tag).toBe(kind)
      expect(described).toEqual(expected)
      expect([sent, received]).toEqual([outcome.local, outcome.remote])
    })
  }

  it("an error that cannot be shown", () => {
    const cause = DropCause.Reset({ error: unshowable })
    expect(CloseDescription.describe(CloseOutcome.Dropped({ ...nothing, cause }))).toMatchObject({
      words: "the transport broke: a value that cannot be shown",
      cause: "a value that cannot be shown"
    })
  })

  it("a Close without a code is none with one", () => {
    const outcome = CloseOutcome.Clean({ ...closed, local: CloseStatus.empty, remote: CloseStatus.empty })
    expect(CloseDescription.describe(outcome)).toMatchObject({ sent: undefined, received: undefined })
  })

  it("a normal end is what reading takes for one", () => {
    const closes = [undefined, CloseStatus.empty, ...[1000, 1001, 1011, 4000].map((code) => CloseStatus.make(code))]
    for (const [{ ...outcome }] of Object.values(table)) {
      for (const closedFirst of ["us", "peer", "none"] as const) {
        for (const remote of closes) {
          const varied = { ...outcome, closedFirst, remote }
          const isNormal = endOf({ _tag: "Closed", outcome: varied })?._tag === "Normal"
          expect(CloseDescription.describe(varied).isNormal, JSON.stringify(varied)).toBe(isNormal)
        }
      }
    }
  })

  it("6455 §7.1.5: 1005 for a Close without a code, 1006 for none", () => {
    expect(CloseDescription.reported(undefined)).toEqual({ code: 1006, reason: "" })
    expect(CloseDescription.reported(CloseStatus.empty)).toEqual({ code: 1005, reason: "" })
    expect(CloseDescription.reported(CloseStatus.make(4000, "why"))).toEqual({ code: 4000, reason: "why" })
  })
})
