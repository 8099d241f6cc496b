/**
 * A message as it travels between nodes: who published it, its number there, whether it is text, and its bytes. Other bytes are
 * recognized as such, and everything is checked.
 *
 *     byte 0       version, 1
 *     byte 1       1 text, 2 binary
 *     2 to 7        the node's number
 *     8 to 13       the message's, which grows by one
 *     from 14       the payload
 */
import { type Kind, PreparedMessage, TextBytes } from "@effect-ws/connection/Message"
import { bytesOf } from "./payloads.js"

export interface Envelope {
  readonly kind: Kind
  readonly origin: number
  readonly sequence: number
  readonly payload: Uint8Array
}

const version = 1
const head = 14
const kinds: ReadonlyArray<Kind | undefined> = [undefined, "text", "binary"]

export const seal = (message: PreparedMessage, origin: number, sequence: number): Uint8Array => {
  const payload = bytesOf(message)
  const bytes = new Uint8Array(head + payload.length)
  bytes[0] = version
  bytes[1] = kinds.indexOf(message.kind)
  writeUint48(bytes, 2, origin)
  writeUint48(bytes, 8, sequence)
  bytes.set(payload, head)
  return bytes
}

export const open = (bytes: Uint8Array): Envelope | undefined => {
  const kind = kinds[bytes[1] ?? 0]
  if (bytes.length < head || bytes[0] !== version || kind === undefined) return undefined
  return { kind, origin: readUint48(bytes, 2), sequence: readUint48(bytes, 8), payload: bytes.subarray(head) }
}

/** The message to send on; `undefined` for text that is not UTF-8, which would end every connection that sends it. */
export const contentOf = ({ kind, payload }: Envelope): PreparedMessage | undefined => {
  if (kind === "binary") return new PreparedMessage(payload)
  const text = TextBytes.make(new Uint8Array(payload))
  return text && new PreparedMessage(text)
}

const writeUint48 = (bytes: Uint8Array, at: number, value: number): void => {
  for (let i = 5, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[at + i] = rest % 256
}

const readUint48 = (bytes: Uint8Array, at: number): number => {
  let value = 0
  for (let i = 0; i < 6; i++) value = value * 256 + (bytes[at + i] ?? 0)
  return value
}
