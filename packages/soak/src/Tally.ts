/**
 * What is counted while it goes on, and told at the end. In: what happens. Out: numbers, and the first few words on what must not
 * be.
 */
import type { CloseStatus } from "@effect-ws/codec/CloseStatus"
import * as CloseDescription from "@effect-ws/connection/CloseDescription"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import * as Schema from "effect/Schema"

const Counts = Schema.Record({ key: Schema.String, value: Schema.Number })

/** What one kind of peer has done. */
export const Kind = Schema.Struct({
  connections: Schema.Number,
  messages: Schema.Number,
  /** Of payload, in both directions. */
  octets: Schema.Number
})

export const Tallied = Schema.Struct({
  kinds: Schema.Record({ key: Schema.String, value: Kind }),
  /** How connections ended. */
  outcomes: Counts,
  /** Connections that are open. */
  open: Schema.Number,
  /** Messages that came back otherwise than they were sent, or not in order. */
  altered: Schema.Number,
  /** Messages that did not come back, of connections that nobody had cause to end. */
  lost: Schema.Number,
  /** Messages that were on their way when the server restarted. */
  cut: Schema.Number,
  /** What should not have happened: how often, and the first of them. */
  unexpected: Schema.Number,
  surprises: Schema.Array(Schema.String),
  /** Exceptions and rejections that nobody caught, and defects. */
  uncaught: Schema.Number
})
export type Tallied = typeof Tallied.Type

const remembered = 20

export class Tally {
  private readonly kinds = new Map<string, { connections: number; messages: number; octets: number }>()
  private readonly outcomes = new Map<string, number>()
  private readonly surprises: Array<string> = []
  private unexpected = 0
  open = 0
  altered = 0
  lost = 0
  cut = 0
  uncaught = 0

  connection(kind: string): void {
    this.kind(kind).connections++
  }

  /** There and back. */
  message(kind: string, octets: number): void {
    const counts = this.kind(kind)
    counts.messages++
    counts.octets += 2 * octets
  }

  outcome(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
  }

  surprise(what: string): void {
    this.unexpected++
    if (this.surprises.length < remembered) this.surprises.push(what)
  }

  /** Nobody caught it. */
  escaped(error: unknown): void {
    this.uncaught++
    this.surprise(`uncaught: ${error instanceof Error ? error.stack ?? error.message : String(error)}`)
  }

  get tallied(): Tallied {
    const { altered, cut, lost, open, surprises, uncaught, unexpected } = this
    return {
      kinds: Object.fromEntries(this.kinds),
      outcomes: Object.fromEntries(this.outcomes),
      open,
      altered,
      lost,
      cut,
      unexpected,
      surprises,
      uncaught
    }
  }

  private kind(name: string): { connections: number; messages: number; octets: number } {
    let counts = this.kinds.get(name)
    if (counts === undefined) this.kinds.set(name, counts = { connections: 0, messages: 0, octets: 0 })
    return counts
  }
}

/** `Clean 1000/1000, closed by us`: the Close sent before the stroke, the one received behind it. */
export const describe = (outcome: CloseOutcome): string => {
  const { _tag, closedFirst, local, remote } = outcome
  const { cause } = CloseDescription.describe(outcome)
  return `${_tag}${cause === undefined ? "" : ` by ${cause}`} ${code(local)}/${code(remote)}` +
    (closedFirst === "none" ? "" : `, closed by ${closedFirst}`)
}

const code = (status: CloseStatus | undefined): string =>
  status === undefined ? "–" : status._tag === "Status" ? String(status.code) : "empty"
