import { Schema } from "effect"

/** One line of the chat: JSON, in a text message. */
export const Line = Schema.parseJson(Schema.Struct({ name: Schema.String, text: Schema.String }))
export type Line = typeof Line.Type
