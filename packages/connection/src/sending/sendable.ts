/**
 * What may be sent, for callers whom the compiler does not keep from passing anything else, as what JSON gave them: a number or
 * an object with a length would be taken for bytes, and throw off the memory that all connections of a layer share.
 */
import { PreparedMessage, TextBytes } from "../Message.js"

/**
 * Throws, as for a programming error, unless it is a `Uint8Array` (of any realm), text as bytes, or a message that was prepared of
 * text or one of these.
 */
export const requireOctets = (content: unknown): void => {
  if (content instanceof Uint8Array || content instanceof TextBytes) return
  if (content instanceof PreparedMessage) {
    if (typeof content.message !== "string") requireOctets(content.message)
    return
  }
  if (ArrayBuffer.isView(content) && Object.prototype.toString.call(content) === "[object Uint8Array]") return
  throw new TypeError("a message must be a string, a Uint8Array or TextBytes")
}
