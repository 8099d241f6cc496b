/**
 * The content of a Close frame (RFC 6455 §5.5.1, §7.4): its code and reason, or nothing. In: a payload, or a code and reason. Out: the
 * other, or the rule that forbids it.
 *
 * It does not know who closes or what follows: see `@effect-ws/connection`.
 *
 * @since 0.1.0
 */
import * as Frame from "./Frame.js"
import type { Primitives } from "./Primitives.js"
import type { RuleName } from "./Violation.js"

/**
 * `Empty` is a Close without a body, which other APIs report as 1005.
 *
 * @since 0.1.0
 * @category models
 */
export type CloseStatus = Empty | Status

/**
 * @since 0.1.0
 * @category models
 */
export interface Empty {
  readonly _tag: "Empty"
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Status {
  readonly _tag: "Status"
  readonly code: number
  readonly reason: string
}

/**
 * The body of a received Close: legal, or the rule that it breaks, with the part that could be read.
 *
 * @since 0.1.0
 * @category models
 */
export type Parsed =
  | { readonly _tag: "Legal"; readonly status: CloseStatus }
  | { readonly _tag: "Illegal"; readonly rule: RuleName; readonly status: CloseStatus }

/**
 * Why a code and reason must not be sent.
 *
 * @since 0.1.0
 * @category models
 */
export type Unsendable = "IllegalCode" | "ReasonTooLong"

/**
 * @since 0.1.0
 * @category constructors
 */
export const empty: CloseStatus = { _tag: "Empty" }

/**
 * Makes a status from a code and reason that are known to be legal; see {@link check}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (code: number, reason = ""): Status => ({ _tag: "Status", code, reason })

/**
 * The most bytes of a reason in UTF-8: a control frame's 125 minus 2 for the code (RFC 6455 §5.5).
 *
 * @since 0.1.0
 * @category constants
 */
export const maxReasonSize = Frame.maxControlPayload - 2

/**
 * Whether a code may be sent in a Close frame: 1000 to 1003, 1007 to 1014, 3000 to 4999 (RFC 6455 §7.4 and the IANA registry).
 *
 * @since 0.1.0
 * @category codes
 */
export const isLegalCode = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) || (code >= 3000 && code <= 4999)

/**
 * Returns what forbids sending this code and reason, if anything.
 *
 * @since 0.1.0
 * @category codes
 */
export const check = (
  primitives: Pick<Primitives, "utf8Length">,
  code: number,
  reason: string
): Unsendable | undefined => {
  if (!Number.isInteger(code) || !isLegalCode(code)) return "IllegalCode"
  // Untyped callers may pass anything: a host may find a length in it, and never text.
  return typeof reason !== "string" || primitives.utf8Length(reason) > maxReasonSize ? "ReasonTooLong" : undefined
}

/**
 * A code and reason that can be sent, and what had to be changed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fitted {
  readonly status: Status
  /** What had to be changed; empty if nothing was. */
  readonly problems: ReadonlyArray<Unsendable>
  /** The end of the reason, which was cut off. */
  readonly rest: string
}

/**
 * Makes a status that can be sent from a code and reason that may be illegal: an illegal code (RFC 6455 §7.4) is replaced, and a reason
 * is cut between code points to 123 bytes (§5.5). If you can refuse instead, use {@link check}.
 *
 * @example
 * import * as CloseStatus from "@effect-ws/codec/CloseStatus"
 * import * as Primitives from "@effect-ws/codec/Primitives"
 *
 * CloseStatus.fit(Primitives.plain, 1006, "no answer").status // 1011, "no answer"
 *
 * @since 0.1.0
 * @category codes
 */
export const fit = (
  primitives: Pick<Primitives, "utf8Length">,
  code: number,
  reason: string,
  instead = 1011
): Fitted => {
  const isLegal = Number.isInteger(code) && isLegalCode(code)
  const text = typeof reason === "string" ? reason : String(reason ?? "") // untyped callers may pass anything
  const end = endWithin(primitives, text, maxReasonSize)
  const rest = text.slice(end)
  return {
    status: make(isLegal ? code : instead, text.slice(0, end)),
    problems: [...isLegal ? [] : ["IllegalCode" as const], ...rest === "" ? [] : ["ReasonTooLong" as const]],
    rest
  }
}

/** Where the last code point ends that fits into so many bytes. */
const endWithin = (primitives: Pick<Primitives, "utf8Length">, text: string, size: number): number => {
  let octets = 0
  let end = 0
  for (const character of text) {
    octets += primitives.utf8Length(character)
    if (octets > size) break
    end += character.length
  }
  return end
}

/**
 * Reads the payload of a received Close frame.
 *
 * @example
 * import * as CloseStatus from "@effect-ws/codec/CloseStatus"
 * import * as Primitives from "@effect-ws/codec/Primitives"
 *
 * CloseStatus.parse(Primitives.plain, Uint8Array.of(0x03, 0xe8))
 * // { _tag: "Legal", status: { _tag: "Status", code: 1000, reason: "" } }
 *
 * @since 0.1.0
 * @category payload
 */
export const parse = (primitives: Primitives, payload: Uint8Array): Parsed => {
  const [high, low] = payload
  if (high === undefined) return { _tag: "Legal", status: empty }
  if (low === undefined) return { _tag: "Illegal", rule: "CloseTooShort", status: empty }
  const code = (high << 8) | low
  if (!primitives.isUtf8(payload, 2, payload.length)) {
    return { _tag: "Illegal", rule: isLegalCode(code) ? "CloseReasonInvalid" : "CloseCodeInvalid", status: make(code) }
  }
  const status = make(code, primitives.decodeUtf8(payload, 2, payload.length))
  return isLegalCode(code) ? { _tag: "Legal", status } : { _tag: "Illegal", rule: "CloseCodeInvalid", status }
}

/**
 * Writes the payload of a Close frame, from a status that passes {@link check}.
 *
 * @since 0.1.0
 * @category payload
 */
export const encode = (primitives: Primitives, status: CloseStatus): Uint8Array => {
  if (status._tag === "Empty") return new Uint8Array(0)
  const payload = new Uint8Array(2 + primitives.utf8Length(status.reason))
  payload[0] = status.code >>> 8
  payload[1] = status.code
  primitives.encodeUtf8(status.reason, payload, 2)
  return payload
}
