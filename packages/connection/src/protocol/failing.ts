/** What is said to a peer when we fail the connection (RFC 6455 §7.1.7). */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Violation from "@effect-ws/codec/Violation"
import type { Failure } from "../CloseOutcome.js"

export const closeOf = (failure: Failure): CloseStatus.Status => {
  switch (failure._tag) {
    case "Violation":
      return CloseStatus.make(Violation.rules[failure.rule].closeCode, saysOf(failure))
    case "KeepaliveTimeout":
      return CloseStatus.make(1011, "no sign of life")
    case "InboxFull":
      return CloseStatus.make(1008, "more was sent than is read")
    case "Defect":
      return CloseStatus.make(1011, "internal error")
  }
}

/** For the peer, in at most 123 bytes. */
const saysOf = ({ excess, rule }: Extract<Failure, { readonly _tag: "Violation" }>): string => {
  const { says } = Violation.rules[rule]
  return excess === undefined ? says : `${says}, ${excess.limit} bytes`
}
