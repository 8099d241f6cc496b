/**
 * What the server of the proxies says, by Schema: the one module that both sides import.
 *
 *     /ways   which ways there are to the server
 *     /       what the server sees of the client
 */
import * as Schema from "effect/Schema"

export const Seen = Schema.Struct({ address: Schema.String, host: Schema.String, secure: Schema.Boolean })
export type Seen = typeof Seen.Type

export const Ways = Schema.Array(Schema.Struct({ name: Schema.String, url: Schema.String }))
export type Ways = typeof Ways.Type

export const seenAsText = Schema.parseJson(Seen)
export const waysAsText = Schema.parseJson(Ways)
