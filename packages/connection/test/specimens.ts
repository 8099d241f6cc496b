/**
 * For each rule, what breaks it on the wire, and the octet at which that is known. A rule without specimens does not compile.
 */
import * as Frame from "@effect-ws/codec/Frame"
import type { RuleName } from "@effect-ws/codec/Violation"
import type { Role } from "@effect-ws/connection/CloseOutcome"
import type * as Protocol from "@effect-ws/connection/Protocol"
import { binaryTo, bytes, concat, continuationTo, frameTo, hex, textTo } from "./wire.js"

export interface Specimen {
  readonly name: string
  /** All that the peer of `role` writes. */
  readonly octets: (role: Role) => Uint8Array
  /** With how many of these octets the rule is known to be broken. */
  readonly at: (role: Role) => number
  /** The role that must notice, if not both. */
  readonly role?: Role
  readonly settings?: Partial<Protocol.Settings>
  /** What is received before it in the same octets. */
  readonly messages?: ReadonlyArray<string>
}

/** What a header takes on its way to `role`. */
const head = (role: Role, bits: Frame.LengthBits = 7): number => Frame.headerSize(bits, role === "server")

/** The first two octets of a frame say it. */
const atPrefix = (
  name: string,
  kind: number,
  fields: Partial<Frame.Header>,
  settings: Partial<Protocol.Settings> = {}
): Specimen => ({ name, octets: (role) => frameTo(role, kind, new Uint8Array(4), fields), at: () => 2, settings })

/** The whole header says it, its payload need not come. */
const atHeader = (name: string, kind: number, length: number, lengthBits: Frame.LengthBits): Specimen => ({
  name,
  octets: (role) => frameTo(role, kind, new Uint8Array(8), { length, lengthBits }),
  at: (role) => head(role, lengthBits)
})

/** So many octets of the payload, of which more is still to come, say it. */
const atPayload = (name: string, kind: number, digits: string, octets: number): Specimen => ({
  name,
  octets: (role) => frameTo(role, kind, concat(hex(digits), bytes("more that never matters"))),
  at: (role) => head(role) + octets
})

/** Only the end of the frame says it. */
const atEnd = (name: string, kind: number, digits: string): Specimen => ({
  name,
  octets: (role) => frameTo(role, kind, hex(digits)),
  at: (role) => head(role) + hex(digits).length
})

const { binary, close, continuation, ping, pong, text } = Frame.opcode
const compressed: Partial<Frame.Header> = { rsv: Frame.rsv1 }

export const specimens: Record<RuleName, ReadonlyArray<Specimen>> = {
  ReservedBits: [
    ...[1, 2, 3, 4, 5, 6, 7].map((rsv) => atPrefix(`RSV ${rsv} without an extension`, text, { rsv })),
    ...[1, 2, 3, 5, 6, 7].map((rsv) => atPrefix(`RSV ${rsv} beside RSV1`, text, { rsv }, { compression: true })),
    ...[close, ping, pong].map((kind) => atPrefix(`RSV1 on control ${kind}`, kind, compressed, { compression: true })),
    {
      name: "RSV1 on a continuation",
      octets: (role) =>
        concat(
          textTo(role, "a", { fin: false, rsv: Frame.rsv1 }),
          continuationTo(role, bytes("b"), { rsv: Frame.rsv1 })
        ),
      at: (role) => head(role) + 1 + 2,
      settings: { compression: true }
    }
  ],
  ReservedOpcode: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((kind) => atPrefix(`opcode ${kind}`, kind, {})),
  LengthNotMinimal: [
    atHeader("0 in 16 bits", text, 0, 16),
    atHeader("125 in 16 bits", binary, 125, 16),
    atHeader("125 in 64 bits", binary, 125, 64),
    atHeader("65535 in 64 bits", text, 65535, 64)
  ],
  LengthTopBit: [
    atHeader("2^63", binary, 2 ** 63, 64),
    atHeader("2^64 - 2048", text, 2 ** 64 - 2048, 64)
  ],
  UnmaskedFrame: [text, binary, close, ping].map((kind) => ({
    ...atPrefix(`opcode ${kind} without a mask`, kind, { mask: undefined }),
    role: "server"
  })),
  MaskedFrame: [text, binary, close, pong].map((kind) => ({
    ...atPrefix(`opcode ${kind} with a mask`, kind, { mask: 1 }),
    role: "client"
  })),
  FragmentedControl: [close, ping, pong].map((kind) => atPrefix(`opcode ${kind} without FIN`, kind, { fin: false })),
  ControlTooLong: [close, ping, pong].flatMap((kind) => [
    atPrefix(`opcode ${kind} of 126 octets`, kind, { length: 126, lengthBits: 16 }),
    atPrefix(`opcode ${kind} of 65536 octets`, kind, { length: 65536, lengthBits: 64 })
  ]),
  UnexpectedContinuation: [
    atPrefix("at the start", continuation, {}),
    atPrefix("without FIN", continuation, { fin: false }),
    {
      name: "behind a whole message",
      octets: (role) => concat(textTo(role, "whole"), continuationTo(role, bytes("more"))),
      at: (role) => head(role) + 5 + 2,
      messages: ["whole"]
    },
    {
      name: "behind a message of two fragments",
      octets: (role) =>
        concat(
          textTo(role, "a", { fin: false }),
          continuationTo(role, bytes("b")),
          continuationTo(role, bytes("c"))
        ),
      at: (role) => 2 * (head(role) + 1) + 2,
      messages: ["ab"]
    }
  ],
  ExpectedContinuation: [text, binary].map((kind) => ({
    name: `opcode ${kind} amid a message`,
    octets: (role) => concat(textTo(role, "a", { fin: false }), frameTo(role, kind, bytes("b"))),
    at: (role) => head(role) + 1 + 2
  })),
  CloseTooShort: [atEnd("one octet", close, "03")],
  CloseCodeInvalid: [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535].map((code) =>
    atEnd(`code ${code}`, close, code.toString(16).padStart(4, "0"))
  ),
  CloseReasonInvalid: [
    atEnd("a surrogate (Autobahn 7.5.1)", close, "03e8 cebae1bdb9cf83cebcceb5eda080656469746564"),
    atEnd("an unfinished sequence", close, "03e8 e282")
  ],
  InvalidUtf8: [
    atPayload("a lone continuation octet", text, "61 80", 2),
    atPayload("an overlong form of two", text, "61 c0", 2),
    atPayload("an overlong form of three", text, "61 e0 9f", 3),
    atPayload("an overlong form of four", text, "f0 8f", 2),
    atPayload("a surrogate", text, "cebae1bdb9 ed a0", 7),
    atPayload("above U+10FFFF", text, "cebae1bdb9cf83cebcceb5 f4 90", 13),
    atPayload("f5", text, "f5", 1),
    atPayload("a sequence broken off", text, "e2 82 41", 3),
    atEnd("an unfinished sequence at the end", text, "41 e2 82"),
    {
      name: "an unfinished sequence at the end of the last fragment",
      octets: (role) => concat(textTo(role, "a", { fin: false }), continuationTo(role, hex("f09f98"))),
      at: (role) => head(role) + 1 + head(role) + 3
    },
    {
      name: "a sequence that the next fragment breaks",
      octets: (role) =>
        concat(
          frameTo(role, text, hex("ed"), { fin: false }),
          continuationTo(role, hex("a0 80 41"), { fin: false })
        ),
      at: (role) => head(role) + 1 + head(role) + 1
    },
    {
      name: "an unfinished sequence, then an empty last fragment",
      octets: (role) => concat(frameTo(role, text, hex("e2"), { fin: false }), continuationTo(role, bytes(""))),
      at: (role) => head(role) + 1 + head(role)
    },
    {
      name: "inflated",
      octets: (role) => frameTo(role, text, hex("41 c0"), compressed),
      at: (role) => head(role) + 2,
      settings: { compression: true }
    }
  ],
  InvalidDeflate: [
    {
      name: "garbage",
      octets: (role) => frameTo(role, text, hex("41 ff 41"), compressed),
      at: (role) => head(role) + 2,
      settings: { compression: true }
    }
  ],
  MessageTooBig: [
    { ...atHeader("one more than the limit", binary, 1025, 16), settings: { maxMessageSize: 1024 } },
    { ...atHeader("2^53 octets", binary, 2 ** 53, 64), settings: { maxMessageSize: 1024 } },
    {
      name: "with its second fragment",
      octets: (role) =>
        concat(
          binaryTo(role, new Uint8Array(60), { fin: false }),
          continuationTo(role, new Uint8Array(41), { fin: false })
        ),
      at: (role) => head(role) + 60 + head(role),
      settings: { maxMessageSize: 100 }
    },
    {
      name: "once inflated",
      octets: (role) => binaryTo(role, new Uint8Array(101), compressed),
      at: (role) => head(role) + 101,
      settings: { maxMessageSize: 100, compression: true }
    }
  ]
}
