/**
 * Chapter 13: permessage-deflate (RFC 7692) with all parameters, on the JSON of chapter 12.
 *
 * @since 0.1.0
 */
import type { Case, Extension } from "./Case.js"
import { base, family, nothingAsked } from "./Chapter12.js"

const asking = (what: string, offers: ReadonlyArray<string>, answer: Extension["answer"]) => ({ what, offers, answer })

const parameters = [
  asking("no requests", [""], nothingAsked.answer),
  asking("no context takeover", ["; server_no_context_takeover"], {
    noContextTakeover: true,
    windowBits: undefined,
    fallback: false
  }),
  asking("9-bit window", ["; server_max_window_bits=9"], {
    noContextTakeover: false,
    windowBits: 9,
    fallback: false
  }),
  asking("15-bit window", ["; server_max_window_bits=15"], {
    noContextTakeover: false,
    windowBits: 15,
    fallback: false
  }),
  asking("no context takeover + 9-bit window", ["; server_no_context_takeover; server_max_window_bits=9"], {
    noContextTakeover: true,
    windowBits: 9,
    fallback: false
  }),
  asking("no context takeover + 15-bit window", ["; server_no_context_takeover; server_max_window_bits=15"], {
    noContextTakeover: true,
    windowBits: 15,
    fallback: false
  }),
  asking("ranked list of three", [
    "; server_no_context_takeover; server_max_window_bits=9",
    "; server_no_context_takeover",
    ""
  ], { noContextTakeover: true, windowBits: 9, fallback: true })
]

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = parameters.flatMap(({ answer, offers, what }, i) =>
  family(
    `13.${i + 1}`,
    "json",
    { offers: offers.map((more) => base + more), answer },
    (length) => `1000 compressed round trips of ${length} characters, negotiating ${what}`
  )
)
