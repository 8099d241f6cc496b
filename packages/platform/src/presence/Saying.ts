/** What nodes tell each other about who is where, as bytes: JSON in UTF-8. Other bytes are recognized as such. */
import * as Primitives from "@effect-ws/codec/Primitives"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { encode } from "../topics/payloads.js"

const number = Schema.Int

const Saying = Schema.parseJson(Schema.Struct({
  from: number,
  what: Schema.Union(
    /** Who is there? Of one node, or of all. */
    Schema.TaggedStruct("Who", { node: Schema.optional(number) }),
    /** I have members here; so many changes were made by now. */
    Schema.TaggedStruct("Here", { version: number }),
    Schema.TaggedStruct("Put", { version: number, id: number, state: Schema.String }),
    Schema.TaggedStruct("Remove", { version: number, id: number }),
    /** All of mine, or a part of them. */
    Schema.TaggedStruct("All", {
      version: number,
      isFirst: Schema.Boolean,
      isLast: Schema.Boolean,
      members: Schema.Array(Schema.Tuple(number, Schema.String))
    }),
    /** I go. */
    Schema.TaggedStruct("Bye", {})
  )
}))

export type Saying = typeof Saying.Type
export type What = Saying["what"]
export type All = Extract<What, { readonly _tag: "All" }>
export type Change = Extract<What, { readonly version: number; readonly _tag: "Here" | "Put" | "Remove" }>

const { decodeUtf8, isUtf8 } = Primitives.utf8
const toText = Schema.encodeSync(Saying)
const decode = Schema.decodeUnknownEither(Saying)

export const write = (saying: Saying): Uint8Array => encode(toText(saying))

export const read = (bytes: Uint8Array): Saying | undefined => {
  if (!isUtf8(bytes, 0, bytes.length)) return undefined
  const read = decode(decodeUtf8(bytes, 0, bytes.length))
  return Either.isRight(read) ? read.right : undefined
}
