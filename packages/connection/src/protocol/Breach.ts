/**
 * A rule that the peer broke, as the failure that it is. In: the rule's name, and by how much, if it is one of size. A plain value.
 */
import type { RuleName } from "@effect-ws/codec/Violation"
import { rules } from "@effect-ws/codec/Violation"
import type { Excess, Failure } from "../CloseOutcome.js"

export type Breach = Extract<Failure, { readonly _tag: "Violation" }>

export const of = (rule: RuleName): Breach => ({ _tag: "Violation", rule, rfc: rules[rule].rfc, excess: undefined })

export const tooBig = (excess: Excess): Breach => ({ ...of("MessageTooBig"), excess })

export const invalidUtf8: Breach = of("InvalidUtf8")
