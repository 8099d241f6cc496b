/**
 * Tries inputs on a target, from a seed, until a time or a number of them is over; and the inputs that once failed, which are kept
 * in `packages/fuzz/kept`, one file each.
 */
import * as fc from "effect/FastCheck"
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Input } from "./Inputs.js"
import type { Target } from "./Target.js"

export interface Bound {
  readonly seed: number
  readonly runs?: number
  readonly milliseconds?: number
}

export interface Found {
  /** The smallest input that still fails. */
  readonly input: Input
  readonly error: string
}

export interface Result {
  readonly runs: number
  readonly found: Found | undefined
}

export const fuzz = (
  { check, input }: Target,
  { milliseconds, runs = Number.MAX_SAFE_INTEGER, seed }: Bound
): Result => {
  const details = fc.check(fc.property(input, check), {
    seed,
    numRuns: runs,
    ...(milliseconds === undefined ? {} : { interruptAfterTimeLimit: milliseconds })
  })
  const [smallest] = details.counterexample ?? []
  return {
    runs: details.numRuns,
    found: smallest === undefined ? undefined : { input: smallest, error: String(details.errorInstance) }
  }
}

const folder = fileURLToPath(new URL("../kept/", import.meta.url))

interface Kept {
  readonly target: string
  readonly octets: string
  readonly cuts: ReadonlyArray<number>
}

/** Writes an input down, to be tried by the tests from now on; answers with the file. */
export const keep = (target: Target, { cuts, octets }: Input): string => {
  const digits = Buffer.from(octets).toString("hex")
  const file = join(folder, `${target.name}-${digits.slice(0, 24)}-${cuts.join("-")}.json`)
  const kept: Kept = { target: target.name, octets: digits, cuts }
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, `${JSON.stringify(kept)}\n`)
  return file
}

/** The inputs that are kept for a target. */
export const keptFor = (target: Target): ReadonlyArray<Input> =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file): Kept => JSON.parse(readFileSync(join(folder, file), "utf8")))
    .filter((kept) => kept.target === target.name)
    .map(({ cuts, octets }) => ({ cuts, octets: new Uint8Array(Buffer.from(octets, "hex")) }))
