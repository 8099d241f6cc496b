/**
 * What the ticker says, by Schema: for its server and its page.
 */
import * as Schema from "effect/Schema"

/** How long a client wants to be left alone between two messages, in milliseconds: the query of the URL. */
export const Pace = Schema.NumberFromString.pipe(Schema.int(), Schema.between(0, 60_000))

export const Price = Schema.Struct({ symbol: Schema.String, value: Schema.Number })
export type Price = typeof Price.Type

/** The latest prices of those that have changed, and how many in between were left out. */
export const Update = Schema.Struct({ prices: Schema.Array(Price), skipped: Schema.Number })
export type Update = typeof Update.Type

export const updateAsText = Schema.parseJson(Update)
