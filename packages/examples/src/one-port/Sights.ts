/**
 * What each of the servers shows besides its own name: a page with its script and styles, and which servers there are.
 */
import * as Schema from "effect/Schema"

/** What a route of a framework answers with. */
export interface Sight {
  readonly path: `/${string}`
  readonly type: string
  readonly content: () => string
}

export type Sights = ReadonlyArray<Sight>

export const Servers = Schema.Array(Schema.Struct({ name: Schema.String, url: Schema.String }))
export type Servers = typeof Servers.Type

export const serversAsText = Schema.parseJson(Servers)
