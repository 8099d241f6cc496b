import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import { CloseOutcome, DropCause, Failure } from "@effect-ws/connection/CloseOutcome"
import { HandshakeError, HandshakeReason } from "@effect-ws/platform/HandshakeError"
import { codeOf, wordsOf } from "../src/internal/Ended.js"

const closed = (by: "us" | "peer", local: CloseStatus.CloseStatus, remote: CloseStatus.CloseStatus) =>
  CloseOutcome.Clean({ role: "client", closedFirst: by, local, remote, droppedBy: "peer" })

const lost = {
  role: "client",
  closedFirst: "none",
  local: undefined,
  remote: undefined,
  droppedBy: "peer"
} as const

describe("the exit code", () => {
  it("of a Close is 0 as agreed, and 1 with another code of whoever closed first", () => {
    for (const status of [CloseStatus.make(1000), CloseStatus.make(1001), CloseStatus.empty]) {
      expect(codeOf(closed("peer", status, status))).toBe(0)
    }
    expect(codeOf(closed("peer", CloseStatus.make(1011), CloseStatus.make(1011)))).toBe(1)
    expect(codeOf(closed("us", CloseStatus.make(1000), CloseStatus.make(4000)))).toBe(0)
    expect(codeOf(closed("us", CloseStatus.make(4000), CloseStatus.make(1000)))).toBe(1)
  })

  it("tells the other ends apart", () => {
    expect(codeOf(new HandshakeError({ url: "ws://a", reason: HandshakeReason.Undisclosed({ cause: "x" }) }))).toBe(3)
    const invalid = HandshakeReason.InvalidRequest({ rule: "UrlMalformed", rfc: "RFC 6455 §3", part: "" })
    expect(codeOf(new HandshakeError({ url: "a", reason: invalid }))).toBe(2)
    expect(codeOf(CloseOutcome.Dropped({ ...lost, cause: DropCause.Eof() }))).toBe(4)
    expect(codeOf(CloseOutcome.CloseTimeout(lost))).toBe(4)
    expect(codeOf(CloseOutcome.Failed({ ...lost, failure: Failure.KeepaliveTimeout() }))).toBe(5)
    expect(codeOf("given up")).toBe(0)
  })
})

describe("the words", () => {
  it("have both Closes, and quote what the peer wrote", () => {
    const words = wordsOf(closed("peer", CloseStatus.make(1000), CloseStatus.make(4000, "\u001b[2Jbye")))
    expect(words).toMatch(/sent 1000, received 4000 "\\u001b\[2Jbye"/)
  })
})
