/**
 * Shows how far a run has come, on standard error: a bar that is drawn again and again in a terminal, a line now and then
 * elsewhere.
 *
 * What it shows is made by `report/Terminal`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { WriteStream } from "node:tty"
import * as Terminal from "../report/Terminal.js"
import { isStrictlyFine } from "../verdict/Expected.js"
import type { Result } from "../verdict/Results.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  readonly finished: (result: Result) => Effect.Effect<void>
  /** Leaves the line of the bar. */
  readonly end: Effect.Effect<void>
}

/** Without a terminal, a line after so many cases. */
const linesEvery = 100
/** Milliseconds between two drawings. */
const drawEvery = 80

/**
 * Of `total` cases, or as many as there will be.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (total: number, out: Pick<WriteStream, "isTTY" | "write" | "columns">): Progress => {
  const done = new Map<string, boolean>()
  let drawn = 0
  const faults = () => [...done.values()].filter((fine) => !fine).length
  const draw = (text: string): void => {
    out.write(out.isTTY ? `\r\u001b[2K${text.slice(0, Math.max(20, out.columns - 1))}` : `${text}\n`)
  }
  return {
    finished: (result) =>
      Effect.sync(() => {
        done.set(`${result.agent} ${result.case.id}`, isStrictlyFine(result))
        const now = performance.now()
        const due = out.isTTY ? now - drawn > drawEvery : done.size % linesEvery === 0
        if (!due && done.size !== total) return
        drawn = now
        draw(Terminal.progress(done.size, total, faults(), result.case.id))
      }),
    end: Effect.sync(() => {
      if (out.isTTY && done.size > 0) out.write("\n")
    })
  }
}
