/**
 * What the chat's server and its clients say to each other, by Schema: the one module that both sides import.
 */
import * as Schema from "effect/Schema"

const words = (most: number) => Schema.Trimmed.pipe(Schema.minLength(1), Schema.maxLength(most))

/** The visitor's name and room: the query of the URL. */
export const Visitor = Schema.Struct({ room: words(24), name: words(24) })
export type Visitor = typeof Visitor.Type

/** The query of a visitor that comes back, with the last line that it has. */
export const Returning = Schema.extend(Visitor, Schema.Struct({ after: Schema.optional(Schema.String) }))
export type Returning = typeof Returning.Type

/** What a client sends. */
export const Say = Schema.TaggedStruct("Say", { text: words(1000) })
export type Say = typeof Say.Type

/** What was said, and when: milliseconds since 1970. */
export const Line = Schema.Struct({ name: Schema.String, text: Schema.String, at: Schema.Number })
export type Line = typeof Line.Type

const names = Schema.Array(Schema.String)

/** What the server sends. */
export const Event = Schema.Union(
  /** The first on each connection, also after a reconnect: it replaces what the client knew. */
  Schema.TaggedStruct("Welcome", { people: names, history: Schema.Array(Line) }),
  /** With an id, if clients can come back with it. */
  Schema.TaggedStruct("Said", { line: Line, id: Schema.optional(Schema.String) }),
  Schema.TaggedStruct("Came", { name: Schema.String, people: names }),
  Schema.TaggedStruct("Left", { name: Schema.String, people: names }),
  /** With several processes: which one this is, and who is there on all of them. */
  Schema.TaggedStruct("Here", { server: Schema.String, people: names }),
  /** Some of the lines that the client asked for are no longer kept. */
  Schema.TaggedStruct("Gone", {})
)
export type Event = typeof Event.Type

export const sayAsText = Schema.parseJson(Say)
export const eventAsText = Schema.parseJson(Event)
