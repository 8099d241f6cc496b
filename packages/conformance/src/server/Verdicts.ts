/** The verdicts that clients ask for: of cases that are done, or will be. */
import * as Effect from "effect/Effect"
import type { Result, Results } from "../verdict/Results.js"

export class Verdicts {
  private readonly waiting = new Map<string, Array<() => void>>()

  constructor(private readonly results: Results) {}

  /** How the agent did in the case, as Autobahn's testees read it, once it is known. */
  readonly behavior = (agent: string, id: string): Effect.Effect<string> =>
    Effect.async((resume) => {
      const tell = (): void => {
        const found = this.results.get(agent, id)
        if (found !== undefined) resume(Effect.succeed(`{"behavior": ${JSON.stringify(found.verdict.behavior)}}`))
        else this.waiting.set(keyOf(agent, id), [...this.waiting.get(keyOf(agent, id)) ?? [], tell])
      }
      tell()
    })

  /** Keeps it, and tells those who wait. */
  add(result: Result): void {
    this.results.add(result)
    const key = keyOf(result.agent, result.case.id)
    for (const tell of this.waiting.get(key) ?? []) tell()
    this.waiting.delete(key)
  }
}

const keyOf = (agent: string, id: string): string => `${id} ${agent}`
