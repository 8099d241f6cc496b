/**
 * For each rule of `Violation`, what breaks it on the wire. Read octet by octet, a specimen is legal until one octet before
 * {@link Specimen.failsAt}; with that octet, and without waiting for another, the rule must be found broken.
 *
 * The octets are written by hand, so that no encoder of ours can be wrong in the same way. A rule without a specimen does
 * not compile. Here they are judged as frames; the tests of `connection` feed the same octets to its state machine.
 */
import type { RuleName } from "@effect-ws/codec/Violation"

export interface Specimen {
  /** What it is. */
  readonly says: string
  /** The role of the endpoint that receives it. */
  readonly receiver: "client" | "server"
  /** All that the peer sends, legal frames before the breach included. */
  readonly octets: Uint8Array
  /** After how many of these octets the rule must fire. */
  readonly failsAt: number
  /** Whether permessage-deflate was negotiated. */
  readonly compression: boolean
  /** The receiver's limit, in octets. */
  readonly maxMessageSize: number
}

type Specimens = readonly [Specimen, ...ReadonlyArray<Specimen>]

/** `wire` in hexadecimal digits, blanks anywhere; the rule must fire where `|` stands, or at the end. */
const to =
  (receiver: Specimen["receiver"]) => (says: string, wire: string, fields: Partial<Specimen> = {}): Specimen => {
    const [before = "", after = ""] = wire.split("|")
    return {
      says,
      receiver,
      octets: octets(before + after),
      failsAt: octets(before).length,
      compression: false,
      maxMessageSize: 1024,
      ...fields
    }
  }

const octets = (digits: string): Uint8Array =>
  Uint8Array.from(digits.replace(/\s/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

const client = to("client")
const server = to("server")
const compression = { compression: true }
const limit = { maxMessageSize: 16 }

export const specimens: Record<RuleName, Specimens> = {
  ReservedBits: [
    client("RSV1 without an extension", "c1 02 | 68 69"),
    server("RSV1 without an extension", "c1 82 | 37fa213d 5f93"),
    client("RSV2, which permessage-deflate does not own", "a2 00", compression),
    client("RSV3", "92 00"),
    client("RSV1 and RSV2, of which permessage-deflate owns one", "e1 00", compression),
    client("RSV1 on a continuation", "01 01 61  c0 01 | 62", compression),
    client("RSV1 on a control frame", "c9 00", compression),
    server("RSV3 before a long length", "91 fe | 01 00 37fa213d")
  ],
  ReservedOpcode: [
    client("the first of the reserved data frames", "83 00"),
    client("the last of the reserved data frames", "87 00"),
    client("the first of the reserved control frames", "8b 00"),
    server("the last of the reserved control frames", "8f 85 | 37fa213d 7f9f4d5158"),
    client("before its 64-bit length", "84 7f | 0000000000010000")
  ],
  LengthNotMinimal: [
    client("125 in 16 bits", "82 7e 00 7d"),
    client("65535 in 64 bits", "82 7f 00000000 0000ffff"),
    client("0 in 64 bits", "81 7f 00000000 00000000"),
    server("5 in 16 bits", "81 fe 00 05 37fa213d | 7f9f4d5158")
  ],
  LengthTopBit: [
    client("2^63", "82 7f 80000000 00000000"),
    client("2^64 - 1", "82 7f ffffffff ffffffff"),
    server("2^63 + 1", "82 ff 80000000 00000001 37fa213d")
  ],
  UnmaskedFrame: [
    server("text", "81 02 | 68 69"),
    server("an empty Close", "88 00"),
    server("after a masked frame", "81 82 37fa213d 5f93  89 00"),
    server("before its 16-bit length", "82 7e | 01 00")
  ],
  MaskedFrame: [
    client("text", "81 85 | 37fa213d 7f9f4d5158"),
    client("an empty ping, the key all zero", "89 80 | 00000000"),
    client("after an unmasked frame", "81 02 68 69  82 80 | 37fa213d")
  ],
  FragmentedControl: [
    client("a ping", "09 00"),
    client("a pong with payload", "0a 01 | 61"),
    server("a Close", "08 82 | 37fa213d 3412")
  ],
  ControlTooLong: [
    client("a ping of 126 octets", "89 7e | 00 7e 61 61"),
    server("a Close of 126 octets", "88 fe | 00 7e 37fa213d"),
    client("a pong with a 64-bit length", "8a 7f | 00000000 00010000"),
    client("a ping of 5 octets that says so in 16 bits", "89 7e | 00 05 61616161 61")
  ],
  UnexpectedContinuation: [
    client("first of all", "80 01 | 61"),
    client("that would go on", "00 01 | 61"),
    client("behind a whole message", "81 01 61  80 00"),
    server("behind the last fragment", "01 81 37fa213d 56  80 80 37fa213d  80 80 | 37fa213d")
  ],
  ExpectedContinuation: [
    client("text amid a fragmented text", "01 01 61  81 01 | 62"),
    client("binary behind an empty first fragment", "01 00  82 00"),
    client("text behind a ping amid fragments", "02 01 61  89 00  01 00"),
    server("text amid a fragmented text", "01 81 37fa213d 56  81 81 | 37fa213d 55")
  ],
  CloseTooShort: [
    client("a body of one octet", "88 01 03"),
    server("a body of one octet", "88 81 37fa213d 34")
  ],
  CloseCodeInvalid: [
    client("0", "88 02 0000"),
    client("999", "88 02 03e7"),
    client("1004, reserved", "88 02 03ec"),
    client("1005, no code", "88 02 03ed"),
    server("1006, no Close", "88 82 37fa213d 3414"),
    client("1015, no TLS", "88 02 03f7"),
    client("1016, unassigned", "88 02 03f8"),
    client("2999, unassigned", "88 02 0bb7"),
    client("5000", "88 02 1388"),
    client("65535 with a reason", "88 04 ffff 6f6b"),
    client("1005 with a reason that is no UTF-8: the code counts", "88 03 03ed ff")
  ],
  CloseReasonInvalid: [
    client("an octet that UTF-8 never uses", "88 03 03e8 ff"),
    client("an unfinished code point", "88 04 03e8 e282"),
    server("a surrogate", "88 85 37fa213d 3412 cc9d b7")
  ],
  InvalidUtf8: [
    client("an octet that UTF-8 never uses, mid-frame", "81 05 6869 ff | 6869"),
    client("a surrogate: its second octet", "81 03 eda0 | 80"),
    client("an overlong form: its second octet", "81 03 e080 | af"),
    client("beyond U+10FFFF: its second octet", "81 04 f490 | 8080"),
    client("a code point that a fragment begins and the next breaks", "01 01 e2  80 02 28 | 82"),
    client("a code point that the last frame leaves unfinished", "81 02 61ce"),
    client("a code point that an empty last fragment leaves unfinished", "01 01 ce  80 00"),
    server("a surrogate, masked", "81 83 37fa213d da5a | a1"),
    client("inflated", "c1 07 00 0100 feff ff | 00", compression)
  ],
  InvalidDeflate: [
    client("a block of the reserved type", "c1 02 06 | 00", compression),
    client("a stored block whose length is not confirmed", "c2 07 00 0500 0000 | 6161", compression),
    server("a block of the reserved type", "c1 81 37fa213d 31", compression)
  ],
  MessageTooBig: [
    client("a frame: at its header", "82 11 | 61", limit),
    client("a length in 64 bits", "82 7f 00000001 00000000", limit),
    client("the longest length there is", "82 7f 7fffffff ffffffff", limit),
    client("the fragment that goes over", "02 10 61626364 65666768 61626364 65666768  80 01 | 61", limit),
    server("a frame: at its header", "81 91 37fa213d | 56", limit),
    client(
      "inflated: at the octet that goes over",
      "c2 17 00 1100 eeff 61626364 65666768 61626364 65666768 61 | 00",
      { ...limit, ...compression }
    )
  ]
}

/** All of them, each with its rule. */
export const all: ReadonlyArray<readonly [rule: RuleName, specimen: Specimen]> = Object.entries(specimens).flatMap(
  ([rule, some]) => some.map((specimen) => [rule as RuleName, specimen] as const)
)
