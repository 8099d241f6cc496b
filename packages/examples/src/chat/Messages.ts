/**
 * What the chat's server and its clients say to each other, by Schema: the one module that both sides import.
 */
import * as Schema from "effect/Schema"

const words = (most: number) => Schema.Trimmed.pipe(Schema.minLength(1), Schema.maxLength(most))

/** Who comes, and where to: the query of the URL. */
export const Visitor = Schema.Struct({ room: words(24), name: words(24) })
export type Visitor = typeof Visitor.Type

/** Who comes back, and names the last line that it has. */
export const Returning = Schema.extend(Visitor, Schema.Struct({ after: Schema.optional(Schema.String) }))
export type Returning = typeof Returning.Type

/** What a client says. */
export const Say = Schema.TaggedStruct("Say", { text: words(1000) })
export type Say = typeof Say.Type

/** What was said, and when: milliseconds since 1970. */
export const Line = Schema.Struct({ name: Schema.String, text: Schema.String, at: Schema.Number })
export type Line = typeof Line.Type

const names = Schema.Array(Schema.String)

/** What the server says. */
export const Event = Schema.Union(
  /** First on each connection, so after a reconnect, too: it replaces what the client knew. */
  Schema.TaggedStruct("Welcome", { people: names, history: Schema.Array(Line) }),
  /** With an id, where a client may come back with it. */
  Schema.TaggedStruct("Said", { line: Line, id: Schema.optional(Schema.String) }),
  Schema.TaggedStruct("Came", { name: Schema.String, people: names }),
  Schema.TaggedStruct("Left", { name: Schema.String, people: names }),
  /** Of several processes: which one it is, and who is there on all of them. */
  Schema.TaggedStruct("Here", { server: Schema.String, people: names }),
  /** Of what the client asked for, some is not kept any more. */
  Schema.TaggedStruct("Gone", {})
)
export type Event = typeof Event.Type

export const sayAsText = Schema.parseJson(Say)
export const eventAsText = Schema.parseJson(Event)
