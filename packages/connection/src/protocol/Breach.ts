/**
 * The failure for a rule that the peer broke. In: the rule's name and, for a rule about size, by how much. A plain value.
 */
import type { RuleName } from "@effect-ws/codec/Violation"
import { rules } from "@effect-ws/codec/Violation"
import type { Excess, Failure } from "../CloseOutcome.js"

export type Breach = Extract<Failure, { readonly _tag: "Violation" }>

export const of = (rule: RuleName): Breach => ({ _tag: "Violation", rule, rfc: rules[rule].rfc, excess: undefined })

export const tooBig = (excess: Excess): Breach => ({ ...of("MessageTooBig"), excess })

export const invalidUtf8: Breach = of("InvalidUtf8")
