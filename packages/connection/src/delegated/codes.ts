/**
 * Which Close a host sends for us. Pages may close with 1000 and 3000 to 4999 only, or without a code
 * (https://websockets.spec.whatwg.org/#dom-websocket-close).
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type { InvalidClose } from "../ConnectionError.js"

type Utf8Length = Parameters<typeof CloseStatus.check>[0]

const isSendable = (code: number): boolean => code === 1000 || code >= 3000

export const problemOf = (utf8: Utf8Length, code: number, reason: string): InvalidClose["problem"] | undefined =>
  CloseStatus.check(utf8, code, reason) ?? (isSendable(code) ? undefined : "RefusedByHost")

/** What of it can be sent, by those who cannot refuse it. */
export const fit = (utf8: Utf8Length, { code, reason }: CloseStatus.Status): CloseStatus.Fitted => {
  const fitted = CloseStatus.fit(utf8, code, reason)
  return { ...fitted, status: privately(fitted.status) }
}

/**
 * A code of the RFC as the one with the same end that a page may send: 1009 becomes 4009. Applications may use that as they like
 * (RFC 6455 §7.4.2), and whoever reads a log can tell what it was.
 */
export const privately = ({ code, reason }: CloseStatus.Status): CloseStatus.Status =>
  CloseStatus.make(isSendable(code) ? code : code + 3000, reason)
