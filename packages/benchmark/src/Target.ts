/**
 * What is to be reached, as data, and whether it is. Server CPU per message (or open, or delivery) is compared to `ws` in the same
 * run, or to another way of ours; the heap of an idle connection to that of `ws`.
 *
 * @since 0.1.0
 */
import * as Contestant from "./Contestant.js"
import * as FanOut from "./FanOut.js"
import type { Entry, Run } from "./Measurement.js"
import * as Statistics from "./Statistics.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Target =
  /** Under loads of this shape, at most `most` times the CPU of `ws`, as the median; and never more than `everyRound`. */
  | {
    readonly _tag: "Cpu"
    readonly shape: string
    readonly contestant: Contestant.Contestant
    readonly most: number
    readonly everyRound: number | undefined
  }
  /** In every fan-out, at most `most` times the CPU of another way. */
  | { readonly _tag: "Idiom"; readonly contestant: FanOut.Way; readonly beside: FanOut.Way; readonly most: number }
  /** A delivery compressed without context takeover, at most `most` times the CPU of one that is not compressed. */
  | { readonly _tag: "Compressed"; readonly contestant: FanOut.Way; readonly most: number }
  /** At most `times` the heap of `ws`, and `plus` octets more. */
  | { readonly _tag: "Heap"; readonly contestant: Contestant.Contestant; readonly times: number; readonly plus: number }
  /** At most the memory of `ws` once both contexts are full, whatever window was agreed on. */
  | { readonly _tag: "Contexts"; readonly contestant: Contestant.Contestant }

/**
 * What was measured for a target.
 *
 * @since 0.1.0
 * @category models
 */
export interface Verdict {
  /** `100x1x20B-text`, `idle`, or `contexts of 15 bits`. */
  readonly load: string
  readonly contestant: Target["contestant"]
  /** `CPU to ws`, `CPU to ws, worst round`. */
  readonly what: string
  readonly unit: "ratio" | "octets"
  readonly most: number
  readonly measured: number
}

/**
 * What of a run targets are about.
 *
 * @since 0.1.0
 * @category models
 */
export type Measured = Pick<Run, "contexts" | "entries" | "weights">

const cpu = (
  shape: string,
  contestants: ReadonlyArray<readonly [Contestant.Contestant, most: number, everyRound?: number]>
): ReadonlyArray<Target> =>
  contestants.map(([contestant, most, everyRound]) => ({ _tag: "Cpu", shape, contestant, most, everyRound }))

/** With takeover and without, one message in flight and sixteen. */
const compressed = (size: string, most: number): ReadonlyArray<Target> =>
  ["100x1", "100x16"].flatMap((connections) =>
    (["takeover", "no-takeover"] as const).flatMap((compression) =>
      cpu(`${connections}x${size}-${compression}`, [["run-effect", most], ["pull", most], ["sink", most]])
    )
  )

/**
 * @since 0.1.0
 * @category targets
 */
export const all: ReadonlyArray<Target> = [
  ...cpu("100x1x20B", [["run", 0.7], ["pull", 0.85], ["sink", 1], ["chunks", 1.2]]),
  ...cpu("100x16x20B", [["run", 0.09], ["sink", 0.14, 0.14], ["chunks", 0.2]]),
  ...cpu("10x64x1KiB", [["run", 0.35], ["pull", 0.35], ["sink", 0.35], ["run-pooled", 0.2]]),
  ...cpu("10x1x64KiB", [["run", 0.9, 1.1], ["sink", 0.9, 1.1]]),
  ...cpu("4x4x1MiB", [["run", 0.9], ["pull", 0.9], ["sink", 0.9]]),
  // With TLS, most of it is the handshake of TLS, which is the same for all.
  ...cpu("opens-tcp", [["run", 1], ["serve-messages", 0.8]]),
  ...compressed("128B", 0.25),
  ...compressed("1KiB", 0.25),
  ...compressed("64KiB", 0.9),
  { _tag: "Idiom", contestant: "for-each", beside: "try-send", most: 2 },
  { _tag: "Idiom", contestant: "try-then-send", beside: "try-send", most: 2 },
  { _tag: "Idiom", contestant: "for-each-unbounded", beside: "try-send", most: 2 },
  { _tag: "Idiom", contestant: "pub-sub", beside: "try-send", most: 2 },
  { _tag: "Idiom", contestant: "topics", beside: "try-send", most: 1.1 },
  { _tag: "Idiom", contestant: "topics-10", beside: "try-send", most: 1.1 },
  { _tag: "Compressed", contestant: "try-send", most: 1.2 },
  { _tag: "Compressed", contestant: "topics", most: 1.2 },
  { _tag: "Heap", contestant: "serve-messages", times: 1.5, plus: 0 },
  { _tag: "Heap", contestant: "run", times: 1, plus: 8 * 1024 },
  { _tag: "Heap", contestant: "sink", times: 1, plus: 24 * 1024 },
  { _tag: "Contexts", contestant: "run-effect" }
]

/**
 * Server CPU as a ratio to `ws`: round by round, since what else the machine does hits neighbors alike.
 *
 * @since 0.1.0
 * @category ratios
 */
export const ratios = (entry: Entry, entries: ReadonlyArray<Entry>): ReadonlyArray<number> =>
  ratiosTo(peerOf(entry, entries), entry)

const ratiosTo = (other: Entry | undefined, entry: Entry): ReadonlyArray<number> =>
  entry.rounds.flatMap(({ cpu }, i) => {
    const round = other?.rounds[i]
    return round === undefined ? [] : [cpu / round.cpu]
  })

/**
 * What `ws` did under the same load in the same conditions.
 *
 * @since 0.1.0
 * @category ratios
 */
export const peerOf = ({ load, semiSpace }: Entry, entries: ReadonlyArray<Entry>): Entry | undefined =>
  entries.find((other) => other.contestant === Contestant.peer && other.load === load && other.semiSpace === semiSpace)

/**
 * Every target of which something was measured.
 *
 * @since 0.1.0
 * @category targets
 */
export const judge = ({ contexts, entries, weights }: Measured): ReadonlyArray<Verdict> =>
  all.flatMap((target): ReadonlyArray<Verdict> => {
    switch (target._tag) {
      case "Cpu":
        return entries.flatMap((entry) => {
          const of = entry.contestant === target.contestant && `${entry.load}-`.startsWith(`${target.shape}-`)
          const measured = of && entry.semiSpace === null ? ratios(entry, entries) : []
          if (measured.length === 0) return []
          const median = ratio(entry.load, target, "CPU to ws", target.most, Statistics.median(measured))
          if (target.everyRound === undefined) return [median]
          const worst = Statistics.quantile(measured, 1)
          return [median, ratio(entry.load, target, "CPU to ws, worst round", target.everyRound, worst)]
        })
      case "Idiom":
        return fanOuts(target.contestant, entries).flatMap((entry) => {
          const other = fanOuts(target.beside, entries).find(({ load }) => load === entry.load)
          const measured = ratiosTo(other, entry)
          return measured.length === 0
            ? []
            : [ratio(entry.load, target, `CPU to ${target.beside}`, target.most, Statistics.median(measured))]
        })
      case "Compressed": {
        const measured = fanOuts(target.contestant, entries)
        return measured.filter(({ load }) => load.endsWith(withoutTakeover)).flatMap((entry) => {
          const plain = measured.find(({ load }) => load === entry.load.replace(withoutTakeover, notCompressed))
          // Loads are measured one behind the other: their rounds are no neighbors.
          return plain === undefined
            ? []
            : [ratio(entry.load, target, "CPU to not compressed", target.most, middle(entry) / middle(plain))]
        })
      }
      case "Heap": {
        const peer = weights.find(({ contestant }) => contestant === Contestant.peer)
        const ours = weights.find(({ contestant }) => contestant === target.contestant)
        return peer === undefined || ours === undefined
          ? []
          : [octets("idle", target, "heap", peer.heap * target.times + target.plus, ours.heap)]
      }
      case "Contexts":
        return contexts.filter(({ contestant }) => contestant === target.contestant).flatMap(({ rss, windowBits }) => {
          const peer = contexts.find((other) => other.contestant === Contestant.peer && other.windowBits === windowBits)
          return peer === undefined
            ? []
            : [octets(`contexts of ${windowBits} bits`, target, "resident memory", peer.rss, rss)]
        })
    }
  })

const withoutTakeover = "-no-takeover"
const notCompressed = "-text"

const fanOuts = (way: FanOut.Way, entries: ReadonlyArray<Entry>): ReadonlyArray<Entry> =>
  entries.filter(({ contestant, load }) => load.startsWith(FanOut.prefix) && contestant === way)

const middle = ({ rounds }: Entry): number => Statistics.median(rounds.map(({ cpu }) => cpu))

/**
 * @since 0.1.0
 * @category targets
 */
export const isReached = ({ measured, most }: Verdict): boolean => measured <= most

const verdict =
  (unit: Verdict["unit"]) =>
  (load: string, { contestant }: Target, what: string, most: number, measured: number): Verdict => ({
    load,
    contestant,
    what,
    unit,
    most,
    measured
  })

const ratio = verdict("ratio")
const octets = verdict("octets")
