/**
 * The messages besides the bytes of a file, by Schema.
 *
 *     /upload?name=&size=   the client sends binary messages, of any number and size; the server reports how much is on disk, and at the
 *                           end the id of the file, and closes
 *     /download?id=         the server says which file it is, and sends it in pieces; the client says "more" for each, and closes
 *                           when it has all
 */
import * as Schema from "effect/Schema"

/** 4 GiB. */
const most = 4 * 1024 ** 3

export const File = Schema.Struct({
  name: Schema.String.pipe(Schema.minLength(1), Schema.maxLength(255)),
  size: Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, most))
})
export type File = typeof File.Type

export const fileAsText = Schema.parseJson(File)

/** What the server sends about an upload. */
export const Progress = Schema.Union(
  Schema.TaggedStruct("Written", { bytes: Schema.Number }),
  Schema.TaggedStruct("Stored", { id: Schema.String, sha256: Schema.String })
)
export type Progress = typeof Progress.Type

export const progressAsText = Schema.parseJson(Progress)
