/**
 * Chapter 12: permessage-deflate (RFC 7692) on data of all kinds. Each case makes a thousand round trips.
 *
 * @since 0.1.0
 */
import type { Case, CorpusName, Extension } from "./Case.js"
import * as C from "./Case.js"

interface Size {
  readonly length: number
  readonly fragment: number
  readonly seconds: number
}

const sizes: ReadonlyArray<Size> = [
  ...[16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072].map((length, i) => ({
    length,
    fragment: 0,
    seconds: [60, 60, 120, 240][i] ?? 480
  })),
  ...[8192, 16384, 32768, 65536, 131072].map((length) => ({ length, fragment: 256, seconds: 480 })),
  ...[1024, 4096, 32768].map((fragment) => ({ length: 131072, fragment, seconds: 480 }))
]

export const base = "permessage-deflate; client_no_context_takeover; client_max_window_bits"

/** Every size, asked for in one way. */
export const family = (
  group: string,
  corpus: CorpusName,
  extension: Extension,
  describe: (length: number) => string
): ReadonlyArray<Case> =>
  sizes.map(({ fragment, length, seconds }, i) =>
    C.make(
      `${group}.${i + 1}`,
      describe(length) + (fragment === 0 ? "" : `, frames of at most ${fragment} bytes`),
      `All echoes exact within ${seconds} s; unimplemented when the extension is declined`,
      { _tag: "Compressed", count: 1000, corpus, length, fragment, seconds, extension },
      C.closedByMe
    )
  )

export const nothingAsked: Extension = {
  offers: [base],
  answer: { noContextTakeover: false, windowBits: undefined, fallback: false }
}

const data = (group: string, corpus: CorpusName, unit: string, what: string): ReadonlyArray<Case> =>
  family(group, corpus, nothingAsked, (length) => `1000 compressed round trips of ${length} ${unit} (${what} data)`)

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [
  ...data("12.1", "json", "characters", "pretty-printed JSON report, ASCII"),
  ...data("12.2", "bitmap", "bytes", "8-bit grey bitmap"),
  ...data("12.3", "prose", "bytes", "German prose, sent as bytes"),
  ...data("12.4", "html", "characters", "HTML report, UTF-8"),
  ...data("12.5", "document", "bytes", "PDF document")
]
