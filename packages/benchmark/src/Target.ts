/**
 * What is to be reached, as data, and whether it is. Server CPU per message is compared to `ws` in the same run; the heap of an
 * idle connection to that of `ws`.
 *
 * @since 0.1.0
 */
import * as Contestant from "./Contestant.js"
import type { Entry, Run } from "./Measurement.js"
import * as Statistics from "./Statistics.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Target =
  /** Under a load of this shape, text and binary, at most `most` times the CPU of `ws`. */
  | { readonly _tag: "Cpu"; readonly shape: string; readonly contestant: Contestant.Contestant; readonly most: number }
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
  readonly contestant: Contestant.Contestant
  readonly unit: "ratio to ws" | "octets"
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

/** Of `run`, `run-effect`, `pull`, `sink` and `chunks`. */
const cpu = (shape: string, ...most: ReadonlyArray<number>): ReadonlyArray<Target> =>
  (["run", "run-effect", "pull", "sink", "chunks"] as const).map((contestant, i) => ({
    _tag: "Cpu",
    shape,
    contestant,
    most: most[i] ?? NaN
  }))

/** With takeover and without, one message in flight and sixteen. */
const compressed = (size: string, most: number): ReadonlyArray<Target> =>
  ["100x1", "100x16"].flatMap((connections) =>
    (["run-effect", "pull", "sink"] as const).flatMap((contestant) =>
      (["takeover", "no-takeover"] as const).map((compression): Target => ({
        _tag: "Cpu",
        shape: `${connections}x${size}-${compression}`,
        contestant,
        most
      }))
    )
  )

/**
 * @since 0.1.0
 * @category targets
 */
export const all: ReadonlyArray<Target> = [
  ...cpu("100x1x20B", 0.95, 1.1, 1.1, 1.25, 1.5),
  ...cpu("100x16x20B", 0.1, 0.14, 0.12, 0.14, 0.25),
  ...cpu("10x64x1KiB", 0.15, 0.15, 0.15, 0.25, 0.25),
  ...cpu("10x1x64KiB", 0.9, 0.9, 0.9, 0.9, 0.9),
  ...cpu("4x4x1MiB", 0.9, 0.9, 0.9, 0.9, 0.9),
  ...compressed("128B", 0.25),
  ...compressed("1KiB", 0.25),
  ...compressed("64KiB", 0.9),
  { _tag: "Heap", contestant: "serve-messages", times: 1.5, plus: 0 },
  { _tag: "Heap", contestant: "run", times: 1, plus: 8 * 1024 },
  { _tag: "Heap", contestant: "sink", times: 1, plus: 24 * 1024 },
  { _tag: "Contexts", contestant: "run-effect" }
]

/**
 * Server CPU per message as a ratio to `ws`: round by round, since what else the machine does hits neighbours alike.
 *
 * @since 0.1.0
 * @category ratios
 */
export const ratios = (entry: Entry, entries: ReadonlyArray<Entry>): ReadonlyArray<number> => {
  const peer = peerOf(entry, entries)
  return entry.rounds.flatMap(({ cpu }, i) => {
    const round = peer?.rounds[i]
    return round === undefined ? [] : [cpu / round.cpu]
  })
}

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
          if (!of || entry.semiSpace !== null) return []
          const measured = Statistics.median(ratios(entry, entries))
          return Number.isNaN(measured) ? [] : [verdict(entry.load, target, "ratio to ws", target.most, measured)]
        })
      case "Heap": {
        const peer = weights.find(({ contestant }) => contestant === Contestant.peer)
        const ours = weights.find(({ contestant }) => contestant === target.contestant)
        return peer === undefined || ours === undefined
          ? []
          : [verdict("idle", target, "octets", peer.heap * target.times + target.plus, ours.heap)]
      }
      case "Contexts":
        return contexts.filter(({ contestant }) => contestant === target.contestant).flatMap(({ rss, windowBits }) => {
          const peer = contexts.find((other) => other.contestant === Contestant.peer && other.windowBits === windowBits)
          return peer === undefined ? [] : [verdict(`contexts of ${windowBits} bits`, target, "octets", peer.rss, rss)]
        })
    }
  })

/**
 * @since 0.1.0
 * @category targets
 */
export const isReached = ({ measured, most }: Verdict): boolean => measured <= most

const verdict = (
  load: string,
  { contestant }: Target,
  unit: Verdict["unit"],
  most: number,
  measured: number
): Verdict => ({
  load,
  contestant,
  unit,
  most,
  measured
})
