/**
 * What the chapters have in common: opcodes by name, and the payloads and sentences that many cases use.
 *
 * Values only.
 *
 * @since 0.1.0
 */
import * as Payload from "./Payload.js"

export const continuation = 0
export const text = 1
export const binary = 2
export const closing = 8
export const ping = 9
export const pong = 10

export const kibi = 1024
export const mebi = 1024 * 1024

export const hello = Payload.text("Hello, world!")
export const notUtf8 = Payload.hex("00fffefdfcfb00ff")
export const asterisk = Payload.text("*")
export const byteFE = Payload.hex("fe")
export const fragment = (number: number): Payload.Payload => Payload.text(`fragment${number}`)

/** Five characters, 11 octets. */
export const greek = "cebae1bdb9cf83cebcceb5"
/** A surrogate in UTF-8, which is illegal, and then ASCII. */
export const surrogateAndTail = "eda080656469746564"

export const echoed =
  "Identical message comes back; after that the fuzzer closes with 1000 and the peer must finish cleanly"
