/**
 * Chapters 16 to 19, beyond Autobahn: lengths and masking (RFC 6455 §5.1, §5.2), messages under permessage-deflate (RFC 7692 §7.2),
 * floods of small frames, and streams that end or break at every stage (RFC 6455 §7.1.1, §7.1.7).
 *
 * @since 0.1.0
 */
import * as Frame from "@effect-ws/codec/Frame"
import * as zlib from "node:zlib"
import type { Action, Case, Event, Extension, PeerRole } from "../Case.js"
import * as C from "../Case.js"
import * as Payload from "../Payload.js"
import { negotiation } from "./Chapter14.js"
import { asterisk, binary, closing, continuation, fragment, greek, hello, mebi, ping, pong, text } from "./words.js"

const must = (...codes: ReadonlyArray<number>) => `The peer fails the connection (${codes.join(" or ")})`

/** The peer has to fail the connection. */
const bad = (
  id: string,
  description: string,
  actions: ReadonlyArray<Action>,
  codes: ReadonlyArray<number> = [1002],
  fields: {
    readonly extension?: Extension
    readonly seconds?: number
    readonly peers?: ReadonlyArray<PeerRole>
    readonly heavy?: boolean
  } = {}
): Case =>
  C.make(
    id,
    description,
    must(...codes),
    C.events([...actions, C.killAfter(fields.seconds ?? 1)], [], undefined, fields.extension),
    C.failedByPeer(...codes),
    { peers: fields.peers ?? ["client", "server"], heavy: fields.heavy ?? false }
  )

/** What was sent has to come back. */
const good = (
  id: string,
  description: string,
  actions: ReadonlyArray<Action>,
  ok: ReadonlyArray<Event>,
  fields: { readonly extension?: Extension; readonly seconds?: number; readonly peers?: ReadonlyArray<PeerRole> } = {}
): Case =>
  C.make(
    id,
    description,
    "The messages come back; then a clean close",
    C.events([...actions, C.closeAfter(fields.seconds ?? 2)], ok, undefined, fields.extension),
    C.closedByMe,
    { peers: fields.peers ?? ["client", "server"] }
  )

const key = 0x0a0b0c0d

/** A frame with a header of any kind; a client's frames are masked, unless told otherwise. */
const raw = (fields: Partial<Frame.Header>, payload: Uint8Array): Action => ({
  _tag: "Octets",
  octets: (peer) => {
    const mask = peer === "server" ? key : undefined
    return Frame.encode({ header: Frame.header(text, payload.length, { mask, ...fields }), payload })
  }
})

const octets = (size: number): Uint8Array => Payload.octets(Payload.repeat(asterisk, size))

const lengths: ReadonlyArray<(id: string) => Case> = [
  (id) => bad(id, "5 octets, written in 16 bits", [raw({ lengthBits: 16 }, octets(5))]),
  (id) => bad(id, "125 octets, written in 16 bits", [raw({ lengthBits: 16 }, octets(125))]),
  (id) => bad(id, "5 octets, written in 64 bits", [raw({ lengthBits: 64 }, octets(5))]),
  (id) => bad(id, "126 octets, written in 64 bits", [raw({ lengthBits: 64 }, octets(126))]),
  (id) => bad(id, "65535 octets, written in 64 bits", [raw({ lengthBits: 64 }, octets(65535))]),
  (id) => bad(id, "A ping of 5 octets, written in 16 bits", [raw({ opcode: ping, lengthBits: 16 }, octets(5))]),
  (id) =>
    bad(id, "An empty continuation, written in 64 bits", [
      C.frame(text, hello, { fin: false }),
      raw({ opcode: continuation, lengthBits: 64 }, octets(0))
    ])
]

const none = new Uint8Array(0)

const longLengths: ReadonlyArray<(id: string) => Case> = [
  (id) =>
    bad(id, "A header alone, with the top bit of its length set", [raw({ length: 2 ** 63, lengthBits: 64 }, none)]),
  (id) =>
    bad(
      id,
      "A header alone, which announces 1 TiB: it fails before the payload",
      [raw({ length: 2 ** 40, lengthBits: 64 }, none)],
      [1009]
    ),
  (id) =>
    bad(
      id,
      "A header alone, which announces 2^62 octets",
      [raw({ opcode: binary, length: 2 ** 62, lengthBits: 64 }, none)],
      [1009, 1002]
    )
]

const masking: ReadonlyArray<(id: string) => Case> = [
  ...([["text", text], ["ping", ping], ["Close", closing]] as const).map(([name, opcode]) => (id: string) =>
    bad(id, `A ${name} of a client that is not masked`, [raw({ opcode, mask: undefined }, none)], [1002], {
      peers: ["server"]
    })
  ),
  ...([["text", text], ["ping", ping], ["Close", closing]] as const).map(([name, opcode]) => (id: string) =>
    bad(id, `A ${name} of a server that is masked`, [raw({ opcode, mask: key }, none)], [1002], { peers: ["client"] })
  ),
  (id) =>
    good(id, "The key 0", [raw({ mask: 0 }, octets(5))], [C.received(false, Payload.repeat(asterisk, 5))], {
      peers: ["server"]
    })
]

/** Offered without conditions, and answered likewise. */
const extension: Extension = {
  offers: ["permessage-deflate; client_max_window_bits"],
  answer: { noContextTakeover: false, windowBits: undefined, fallback: false }
}

const deflated = (plain: Uint8Array, flush: number = zlib.constants.Z_SYNC_FLUSH): Buffer => {
  const out = zlib.deflateRawSync(plain, { finishFlush: flush })
  return flush === zlib.constants.Z_SYNC_FLUSH ? out.subarray(0, -4) : out
}

const plain = Payload.octets(Payload.repeat(Payload.text("What was compressed "), 400))
const packed = deflated(plain)
const unpacked = C.received(false, Payload.of(plain))
const rsv1 = { rsv: 0b100 }
const part = (from: number, to?: number): Payload.Payload => Payload.of(packed.subarray(from, to))

/** A message whose last block is marked as the last of the stream; its octet of padding is RFC 7692's (§7.2.3.4). */
const final = Buffer.concat([deflated(plain, zlib.constants.Z_FINISH), Buffer.of(0)])

const compressed: ReadonlyArray<(id: string) => Case> = [
  (id) => good(id, "A compressed text", [C.frame(text, part(0), rsv1)], [unpacked], { extension }),
  (id) => good(id, "A text that is not compressed", [C.frame(text, hello)], [C.received(false, hello)], { extension }),
  (id) =>
    good(id, "An empty message: one octet 00", [C.frame(text, Payload.hex("00"), rsv1)], [
      C.received(false, Payload.empty)
    ], {
      extension
    }),
  (id) =>
    good(
      id,
      "Cut in three, with an empty fragment and a ping between",
      [
        C.frame(text, part(0, 7), { ...rsv1, fin: false }),
        C.frame(continuation, Payload.empty, { fin: false }),
        C.frame(ping, hello),
        C.frame(continuation, part(7))
      ],
      [C.pong(hello), unpacked],
      { extension }
    ),
  (id) =>
    good(
      id,
      "A block marked as the last of the stream, and a message after it",
      [C.frame(text, Payload.of(final), rsv1), C.frame(text, part(0), rsv1)],
      [unpacked, unpacked],
      { extension }
    ),
  (id) =>
    good(
      id,
      "A stored block",
      [C.frame(text, Payload.hex("000500faff48656c6c6f00"), rsv1)],
      [C.received(false, Payload.text("Hello"))],
      { extension }
    ),
  (id) =>
    bad(
      id,
      "RSV1 on a continuation",
      [
        C.frame(text, part(0, 7), { ...rsv1, fin: false }),
        C.frame(continuation, part(7), rsv1)
      ],
      [1002],
      { extension }
    ),
  (id) => bad(id, "RSV1 on a ping", [C.frame(ping, hello, rsv1)], [1002], { extension }),
  (id) => bad(id, "RSV2 on a compressed text", [C.frame(text, part(0), { rsv: 0b110 })], [1002], { extension }),
  (id) =>
    bad(id, "Octets that are no DEFLATE stream", [C.frame(binary, Payload.hex("ffffffff"), rsv1)], [1002, 1007], {
      extension
    }),
  (id) =>
    bad(id, "A reference to before the start", [C.frame(binary, Payload.hex("03ff00"), rsv1)], [1002, 1007], {
      extension
    }),
  (id) =>
    bad(id, "A text that is not UTF-8 once inflated", [
      C.frame(text, Payload.of(deflated(Payload.octets(Payload.hex(`${greek}eda080`)))), rsv1)
    ], [
      1007
    ], { extension }),
  (id) =>
    bad(
      id,
      "A bomb: 1 GiB of zeros in 1 MiB",
      [C.frame(binary, Payload.repeat(bomb(), mebi), rsv1)],
      [1009],
      { extension, seconds: 5 }
    )
]

/** Zeros: a block of them, flushed, so that it can be repeated as often as one likes. */
function bomb(): Payload.Payload {
  return Payload.of(zlib.deflateRawSync(Buffer.alloc(mebi), { finishFlush: zlib.constants.Z_FULL_FLUSH }))
}

const times = (count: number, action: Action): ReadonlyArray<Action> => Array.from({ length: count }, () => action)

/** Many frames as one write. */
const flood = (count: number, fields: Partial<Frame.Header>, payload: Uint8Array): Action => ({
  _tag: "Octets",
  octets: (peer) => {
    const mask = peer === "server" ? key : undefined
    const one = Frame.encode({ header: Frame.header(continuation, payload.length, { mask, ...fields }), payload })
    return Payload.octets({ base: one, length: count * one.length })
  }
})

const floods: ReadonlyArray<(id: string) => Case> = [
  (id) =>
    good(
      id,
      "4096 empty fragments",
      [
        C.frame(text, hello, { fin: false }),
        flood(4096, { fin: false }, none),
        C.frame(continuation)
      ],
      [C.received(false, hello)],
      { seconds: 5 }
    ),
  (id) =>
    good(
      id,
      "10000 fragments of one octet",
      [
        C.frame(text, asterisk, { fin: false }),
        flood(9998, { fin: false }, octets(1)),
        C.frame(continuation, asterisk)
      ],
      [C.received(false, Payload.repeat(asterisk, 10000))],
      { seconds: 5 }
    ),
  (id) =>
    bad(
      id,
      "Empty fragments without an end: 1.3 million",
      [
        C.frame(text, hello, { fin: false }),
        flood(1_300_000, { fin: false }, none)
      ],
      [1008, 1009],
      { seconds: 10, heavy: true }
    )
]

const controlFloods: ReadonlyArray<(id: string) => Case> = [
  (id) =>
    good(
      id,
      "200 pings between two fragments",
      [
        C.frame(text, fragment(1), { fin: false }),
        ...times(200, C.frame(ping, hello)),
        C.frame(continuation, fragment(2))
      ],
      [...Array.from({ length: 200 }, () => C.pong(hello)), C.received(false, Payload.text("fragment1fragment2"))]
    ),
  (id) =>
    good(id, "10000 pongs that nobody asked for, then a text", [
      flood(10000, { opcode: pong }, none),
      C.frame(text, hello)
    ], [
      C.received(false, hello)
    ])
]

/** The stream ends, and the peer has to end it too. */
const ended = (id: string, description: string, actions: ReadonlyArray<Action>): Case =>
  C.make(
    id,
    description,
    "The peer ends the stream too",
    C.events([...actions, { _tag: "HalfClose" }, C.killAfter(2)], []),
    C.failedByPeer(1000, 1002, 1006)
  )

const halves: ReadonlyArray<(id: string) => Case> = [
  (id) => ended(id, "After the handshake", []),
  (id) =>
    ended(id, "Inside a header", [
      // Its two first octets: the length is to follow.
      { _tag: "Octets", octets: (peer) => Uint8Array.of(0x81, peer === "server" ? 0xfe : 0x7e) }
    ]),
  (id) => ended(id, "Inside a payload", [raw({ length: 100 }, octets(50))]),
  (id) => ended(id, "Between two fragments", [C.frame(text, hello, { fin: false })]),
  (id) =>
    C.make(
      id,
      "Behind a Close, which has to be answered all the same",
      "The peer answers the Close, and ends the stream",
      C.events([C.close(1000), { _tag: "HalfClose" }, C.killAfter(2)], []),
      C.closedByMe
    )
]

/** The connection breaks, and the peer goes on with others. */
const broken = (id: string, description: string, actions: ReadonlyArray<Action>): Case =>
  C.make(
    id,
    description,
    "The peer goes on to serve others",
    C.events([...actions, C.wait(0.1), { _tag: "Reset" }], []),
    C.failedByPeer(),
    { hook: "Survives", autoClose: false }
  )

const resets: ReadonlyArray<(id: string) => Case> = [
  (id) => broken(id, "After the handshake", []),
  (id) => broken(id, "Inside a payload", [raw({ length: 100 }, octets(50))]),
  (id) => broken(id, "Between two fragments", [C.frame(text, hello, { fin: false })]),
  (id) => broken(id, "Inside a Close", [raw({ opcode: closing, length: 20 }, octets(5))]),
  (id) =>
    C.make(
      id,
      "While a message of 4 MiB is on its way back",
      "The peer goes on to serve others",
      { ...C.events([C.frame(binary, Payload.repeat(asterisk, 4 * mebi)), { _tag: "Reset" }], []) },
      C.failedByPeer(),
      { hook: "Survives", autoClose: false }
    )
]

const numbered = (section: string, of: ReadonlyArray<(id: string) => Case>): ReadonlyArray<Case> =>
  of.map((make, i) => make(`${section}.${i + 1}`))

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [
  ...numbered("16.1", lengths),
  ...numbered("16.2", longLengths),
  ...numbered("16.3", masking),
  ...negotiation,
  ...numbered("17.3", compressed),
  ...numbered("18.1", floods),
  ...numbered("18.2", controlFloods),
  ...numbered("19.1", halves),
  ...numbered("19.2", resets)
]
