/**
 * What a defence is, as data: the smallest edit that switches it off, and the test that must then fail. Files are those of
 * `packages/`.
 */
import type { Edit } from "./Edit.js"

export interface Defence {
  /** A row of docs/reference/security.md, by the first words of it; or a rule, as "Violation.ReservedBits". */
  readonly against: string
  /** Which part of it, where there are several. */
  readonly part?: string
  readonly edit: Edit
  /** A test's file, and what its full name must contain. */
  readonly test: readonly [file: string, name: string]
  /** What shows besides a test that fails: one that does not end, or an error outside of any test. */
  readonly shows?: "a hang" | "a stray error"
}

export const nameOf = ({ against, part }: Defence): string => part === undefined ? against : `${against}: ${part}`

/** The Vitest project of a test's file: its package, but of those that measure. */
export const projectOf = (file: string): string =>
  file.endsWith(".quiet.test.ts") ? "quiet" : file.split("/", 1)[0] ?? ""
