/**
 * Lines and messages: what a line is sent as, and how a message is shown. Pure.
 *
 *     text      a line is a text message
 *     binary    the input is passed on as it comes, and messages are written as they are, with nothing between them
 *     hex       a line is a binary message in hexadecimal digits, and messages are shown so
 *     json      a line is JSON, sent as text, and is checked before
 */
import type { Message, Outgoing } from "@effect-ws/connection/Message"
import * as Either from "effect/Either"

export type Format = "text" | "binary" | "hex" | "json"

const encoder = new TextEncoder()

/** The message that a line says, or what is wrong with it. */
export const parse = (format: Format, line: string): Either.Either<Outgoing, string> => {
  switch (format) {
    case "text":
      return Either.right(line)
    case "binary":
      return Either.right(encoder.encode(line))
    case "hex":
      return fromHex(line)
    case "json":
      return Either.mapBoth(Either.try(() => JSON.parse(line)), {
        onLeft: () => "not sent: the line is not JSON",
        onRight: () => line
      })
  }
}

/** A message in a line, without its end. `isPretty`: for people, JSON on several lines. */
export const show = (format: Format, message: Message, isPretty: boolean): string => {
  if (typeof message !== "string") return toHex(message)
  switch (format) {
    case "text":
    case "binary":
      return message
    case "hex":
      return toHex(encoder.encode(message))
    case "json":
      return pretty(message, isPretty)
  }
}

/** What is no JSON is shown as it is. */
const pretty = (text: string, isPretty: boolean): string =>
  Either.getOrElse(Either.try(() => JSON.stringify(JSON.parse(text), undefined, isPretty ? 2 : 0)), () => text)

const fromHex = (line: string): Either.Either<Uint8Array, string> => {
  const digits = line.replace(/\s+/g, "")
  return /^(?:[0-9a-f]{2})*$/i.test(digits)
    ? Either.right(Uint8Array.from(Buffer.from(digits, "hex")))
    : Either.left("not sent: write each byte as two hexadecimal digits, such as 68 65 6c 6c 6f")
}

const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")
