/**
 * Autobahn's spec files, `fuzzingclient.json` and `fuzzingserver.json`. In: text. Out: what a run needs to know, or what is
 * wrong with the text.
 *
 * Its `options` tune the protocol of Autobahn's engine; published verdicts assume their defaults, which are what the examiner
 * does, so they are read and not followed.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Selection from "../cases/Selection.js"

const patterns = Schema.Array(Schema.String)

const selected = {
  outdir: Schema.optional(Schema.String),
  cases: Schema.optional(patterns),
  "exclude-cases": Schema.optional(patterns),
  "exclude-agent-cases": Schema.optional(Schema.Record({ key: Schema.String, value: patterns })),
  options: Schema.optional(Schema.Object)
}

const Server = Schema.Struct({
  agent: Schema.optional(Schema.String),
  url: Schema.String,
  hostname: Schema.optional(Schema.String),
  origin: Schema.optional(Schema.String),
  protocols: Schema.optional(patterns),
  options: Schema.optional(Schema.Object)
})

const ClientSpec = Schema.Struct({ ...selected, servers: Schema.optional(Schema.Array(Server)) })

const ServerSpec = Schema.Struct({
  ...selected,
  url: Schema.optional(Schema.String),
  key: Schema.optional(Schema.String),
  cert: Schema.optional(Schema.String)
})

/**
 * `fuzzingclient.json`.
 *
 * @since 0.1.0
 * @category models
 */
export type ClientSpec = typeof ClientSpec.Type

/**
 * `fuzzingserver.json`.
 *
 * @since 0.1.0
 * @category models
 */
export type ServerSpec = typeof ServerSpec.Type

/**
 * @since 0.1.0
 * @category parsing
 */
export const parseClient: (text: string) => Effect.Effect<ClientSpec, ParseResult.ParseError> = Schema.decode(
  Schema.parseJson(ClientSpec)
)

/**
 * @since 0.1.0
 * @category parsing
 */
export const parseServer: (text: string) => Effect.Effect<ServerSpec, ParseResult.ParseError> = Schema.decode(
  Schema.parseJson(ServerSpec)
)

/**
 * Which cases a spec asks for.
 *
 * @since 0.1.0
 * @category selecting
 */
export const selection = (
  spec: ClientSpec | ServerSpec,
  { beyond, http2 }: Pick<Selection.Selection, "beyond" | "http2">
): Selection.Selection => ({
  include: spec.cases ?? Selection.everything.include,
  exclude: spec["exclude-cases"] ?? [],
  beyond,
  http2,
  excludeForAgents: spec["exclude-agent-cases"] ?? {}
})
