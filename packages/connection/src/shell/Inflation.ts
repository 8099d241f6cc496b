/**
 * Inflates what the machine asks for, a slice at a time. In: the action. Out: the answer, in this turn or in another. When to go on
 * is said by whoever calls: what few bytes inflate to may fill an inbox many times over.
 */
import type { Compression, InflateResult } from "../host/Compression.js"
import type { Action } from "../Protocol.js"

type Inflate = Extract<Action, { readonly _tag: "Inflate" }>

/** Who is told what comes in another turn. */
export interface Inflating {
  onInflated(result: InflateResult): void
  onDefect(defect: unknown): void
}

export class Inflation {
  private asked: Inflate | undefined = undefined

  constructor(private readonly compression: Compression, private readonly inflating: Inflating) {}

  ask(action: Inflate): void {
    this.asked = action
  }

  get isAsked(): boolean {
    return this.asked !== undefined
  }

  /** What was asked for; `undefined` if the answer comes in another turn. */
  next(): InflateResult | undefined {
    const { asked } = this
    if (asked === undefined) return undefined
    this.asked = undefined
    const answer = this.compression.inflate(asked.octets, asked.last, asked.limit)
    if (answer._tag === "Now") return answer.value
    answer.listen((result) => this.inflating.onInflated(result), (defect) => this.inflating.onDefect(defect))
    return undefined
  }

  /** The bytes that were read are the transport's again. */
  detach(): void {
    if (this.asked !== undefined) this.asked = { ...this.asked, octets: this.asked.octets.slice() }
  }

  free(): void {
    this.asked = undefined
    this.compression.free()
  }
}
