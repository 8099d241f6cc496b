/**
 * Where a `WebSocket` may differ: the WHATWG text to the letter, or what Effect's modules are better served by. All else is the same
 * for both.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import { describe, reported } from "@effect-ws/connection/CloseDescription"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type { CloseInit } from "./events.js"
import type { BinaryType } from "./options.js"

export interface Dialect {
  /** What `binaryType` can be. */
  readonly binaryTypes: ReadonlyArray<BinaryType>
  readonly isLegalCode: (code: number) => boolean
  /** What `close()` sends. */
  readonly withoutCode: CloseStatus.CloseStatus
  readonly endOf: (outcome: CloseOutcome) => LastEvents
}

/** What a socket tells in the end. */
export interface LastEvents {
  /** `error` comes before `close`. */
  readonly failed: boolean
  readonly close: CloseInit
}

/** 6455 §7.1.5 and §7.1.6, as 1006 where no Close came or the connection was failed. */
export const whatwg: Dialect = {
  binaryTypes: ["blob", "arraybuffer"],
  isLegalCode: (code) => code === 1000 || (code >= 3000 && code <= 4999),
  withoutCode: CloseStatus.empty,
  endOf: (outcome) => {
    const { _tag, closedFirst, remote } = outcome
    // 6455 §7.1.7: a transport that is lost before anybody closed is a failure, too.
    const failed = _tag === "Failed" || (_tag === "Dropped" && closedFirst === "none")
    return { failed, close: closeOf(outcome, failed ? undefined : remote) }
  }
}

/** `error` means "not opened" alone, and a failure has the code that it left with. */
export const telling: Dialect = {
  binaryTypes: ["uint8array", "arraybuffer", "blob"],
  isLegalCode: CloseStatus.isLegalCode,
  withoutCode: CloseStatus.make(1000),
  endOf: (outcome) => {
    const { _tag, local, remote } = outcome
    return { failed: false, close: closeOf(outcome, remote ?? (_tag === "Failed" ? local : undefined)) }
  }
}

const closeOf = (outcome: CloseOutcome, status: CloseStatus.CloseStatus | undefined): CloseInit => ({
  ...reported(status),
  wasClean: describe(outcome).isClean
})
