/** What a load came to, for people and for programs. Pure. */
import type { Histogram } from "./Histogram.js"

export interface Result {
  readonly opened: number
  /** Milliseconds until all were open. */
  readonly openedAfter: number
  readonly seconds: number
  /** Bytes of a message. */
  readonly size: number
  readonly times: Histogram
  /** How connections ended that should not have, by their words. */
  readonly failures: ReadonlyMap<string, number>
}

const quantiles = [0.5, 0.9, 0.99, 0.999] as const

export const toJson = ({ failures, opened, openedAfter, seconds, size, times }: Result) => ({
  connections: opened,
  openedAfterMs: round(openedAfter),
  seconds: round(seconds),
  messages: times.count,
  messagesPerSecond: round(times.count / seconds),
  megabytesPerSecond: round(times.count * size / seconds / 1e6),
  latencyMs: {
    ...Object.fromEntries(quantiles.map((part) => [`p${part * 100}`, times.quantile(part) / 1000])),
    max: times.max / 1000
  },
  histogram: times.bars().map(({ count, upTo }) => ({ upToMs: upTo / 1000, count })),
  failures: Object.fromEntries(failures)
})

export const show = (result: Result): string => {
  const { connections, latencyMs, megabytesPerSecond, messages, messagesPerSecond, openedAfterMs, seconds } = toJson(
    result
  )
  const bars = result.times.bars()
  const most = Math.max(...bars.map(({ count }) => count), 1)
  return [
    `connections  ${connections}, open after ${openedAfterMs} ms`,
    `answers      ${messages} in ${seconds} s: ${messagesPerSecond} a second, ${megabytesPerSecond} MB/s each way`,
    `latency      ${Object.entries(latencyMs).map(([name, value]) => `${name} ${shown(value)}`).join("   ")}`,
    ...bars.map(({ count, upTo }) =>
      `  ${`≤ ${shown(upTo / 1000)}`.padStart(12)}  ${String(count).padStart(9)}  ${
        "█".repeat(Math.ceil(40 * count / most))
      }`
    ),
    ""
  ].join("\n")
}

const round = (value: number): number => Math.round(value * 10) / 10

const shown = (ms: number): string => ms < 10 ? `${ms.toFixed(3)} ms` : `${ms.toFixed(1)} ms`
