/** Messages and their bytes. */
import * as Primitives from "@effect-ws/codec/Primitives"
import { type Outgoing, PreparedMessage, TextBytes } from "@effect-ws/connection/Message"

const { encodeUtf8, utf8Length } = Primitives.utf8

export const encode = (text: string): Uint8Array => {
  const bytes = new Uint8Array(utf8Length(text))
  encodeUtf8(text, bytes, 0)
  return bytes
}

/** One message for all subscribers: encoded once, and deflated once for all that agreed on the same compression. */
export const prepared = (message: Outgoing): PreparedMessage =>
  message instanceof PreparedMessage ? message : new PreparedMessage(message)

/** Its bytes, not deflated. They are made once, by a connection that sends it, if there is one. */
export const bytesOf = (message: PreparedMessage): Uint8Array => message.payload(encode)

/** What it counts while it waits: bytes, or UTF-16 units of text that nobody has encoded yet. */
export const sizeOf = ({ message }: PreparedMessage): number =>
  message instanceof TextBytes ? message.bytes.length : message.length
