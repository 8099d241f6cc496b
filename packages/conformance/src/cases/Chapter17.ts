/**
 * Chapter 17, beyond Autobahn: permessage-deflate, its negotiation (RFC 7692 §5, §7.1) and its messages (§7.2).
 *
 * @since 0.1.0
 */
import * as zlib from "node:zlib"
import type { Case, Extension } from "./Case.js"
import * as C from "./Case.js"
import { bad, good } from "./frames.js"
import { fails, nothing, opens, request, response, whole } from "./handshakes.js"
import * as Payload from "./Payload.js"
import { binary, continuation, greek, hello, mebi, ping, text } from "./words.js"

const offer = (id: string, description: string, offers: string, extensions: RegExp): Case =>
  opens(id, "server", description, whole(request(nothing, `Sec-WebSocket-Extensions: ${offers}`)), { extensions })

const declined = /^$/
const deflate = "permessage-deflate"

const offered: ReadonlyArray<Case> = [
  offer(
    "17.1.1",
    "A bare offer: the answer has no client_max_window_bits",
    deflate,
    /^(permessage-deflate((?!client_max_window_bits).)*)?$/
  ),
  offer(
    "17.1.2",
    "client_max_window_bits without a value",
    `${deflate}; client_max_window_bits`,
    /^(permessage-deflate.*)?$/
  ),
  offer("17.1.3", "A value in quotes", `${deflate}; client_max_window_bits="10"`, /^(permessage-deflate.*)?$/),
  offer(
    "17.1.4",
    "server_no_context_takeover has to be answered",
    `${deflate}; server_no_context_takeover`,
    /^(permessage-deflate.*server_no_context_takeover.*)?$/
  ),
  offer(
    "17.1.5",
    "server_max_window_bits=9 has to be answered, with 9 or 8",
    `${deflate}; server_max_window_bits=9`,
    /^(permessage-deflate.*server_max_window_bits=[89].*)?$/
  ),
  offer("17.1.6", "server_max_window_bits=16 is declined", `${deflate}; server_max_window_bits=16`, declined),
  offer("17.1.7", "server_max_window_bits=7 is declined", `${deflate}; server_max_window_bits=7`, declined),
  offer("17.1.8", "server_max_window_bits=08 is declined", `${deflate}; server_max_window_bits=08`, declined),
  offer("17.1.9", "server_max_window_bits without a value is declined", `${deflate}; server_max_window_bits`, declined),
  offer(
    "17.1.10",
    "A parameter with a value that takes none is declined",
    `${deflate}; client_no_context_takeover=1`,
    declined
  ),
  offer("17.1.11", "A parameter that nobody knows is declined", `${deflate}; unknown`, declined),
  offer(
    "17.1.12",
    "A parameter twice is declined",
    `${deflate}; server_no_context_takeover; server_no_context_takeover`,
    declined
  ),
  offer(
    "17.1.13",
    "The second offer is taken when the first cannot be",
    `${deflate}; unknown, ${deflate}; server_no_context_takeover`,
    /^(permessage-deflate.*server_no_context_takeover.*)?$/
  ),
  offer("17.1.14", "An unknown extension stands before it", `x-unknown, ${deflate}`, /^(permessage-deflate.*)?$/)
]

const answer = (id: string, description: string, value: string): Case =>
  fails(id, description, whole(response(nothing, `Sec-WebSocket-Extensions: ${value}`)))

const answers: ReadonlyArray<Case> = [
  answer("17.2.1", "A parameter that nobody knows", `${deflate}; unknown`),
  answer("17.2.2", "A parameter twice", `${deflate}; server_no_context_takeover; server_no_context_takeover`),
  answer("17.2.3", "server_max_window_bits=16", `${deflate}; server_max_window_bits=16`),
  answer("17.2.4", "server_max_window_bits=08", `${deflate}; server_max_window_bits=08`),
  answer("17.2.5", "server_max_window_bits without a value", `${deflate}; server_max_window_bits`),
  answer("17.2.6", "client_max_window_bits without a value", `${deflate}; client_max_window_bits`),
  answer("17.2.7", "server_no_context_takeover with a value", `${deflate}; server_no_context_takeover=1`),
  answer("17.2.8", "permessage-deflate twice", `${deflate}, ${deflate}`)
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

const compressed: ReadonlyArray<Case> = [
  good("17.3.1", "A compressed text", [C.frame(text, part(0), rsv1)], [unpacked], { extension }),
  good("17.3.2", "A text that is not compressed", [C.frame(text, hello)], [C.received(false, hello)], { extension }),
  good("17.3.3", "An empty message: one byte 00", [C.frame(text, Payload.hex("00"), rsv1)], [
    C.received(false, Payload.empty)
  ], {
    extension
  }),
  good(
    "17.3.4",
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
  good(
    "17.3.5",
    "A block marked as the last of the stream, and a message after it",
    [C.frame(text, Payload.of(final), rsv1), C.frame(text, part(0), rsv1)],
    [unpacked, unpacked],
    { extension }
  ),
  good("17.3.6", "A stored block", [C.frame(text, Payload.hex("000500faff48656c6c6f00"), rsv1)], [
    C.received(false, Payload.text("Hello"))
  ], { extension }),
  bad(
    "17.3.7",
    "RSV1 on a continuation",
    [
      C.frame(text, part(0, 7), { ...rsv1, fin: false }),
      C.frame(continuation, part(7), rsv1)
    ],
    [1002],
    { extension }
  ),
  bad("17.3.8", "RSV1 on a ping", [C.frame(ping, hello, rsv1)], [1002], { extension }),
  bad("17.3.9", "RSV2 on a compressed text", [C.frame(text, part(0), { rsv: 0b110 })], [1002], { extension }),
  bad("17.3.10", "Bytes that are no DEFLATE stream", [C.frame(binary, Payload.hex("ffffffff"), rsv1)], [1002, 1007], {
    extension
  }),
  bad("17.3.11", "A reference to before the start", [C.frame(binary, Payload.hex("03ff00"), rsv1)], [1002, 1007], {
    extension
  }),
  bad("17.3.12", "A text that is not UTF-8 once inflated", [
    C.frame(text, Payload.of(deflated(Payload.octets(Payload.hex(`${greek}eda080`)))), rsv1)
  ], [
    1007
  ], { extension }),
  bad("17.3.13", "A bomb: 1 GiB of zeros in 1 MiB", [C.frame(binary, Payload.repeat(bomb(), mebi), rsv1)], [1009], {
    extension,
    seconds: 5
  })
]

/** Zeros: a block of them, flushed, so that it can be repeated as often as one likes. */
function bomb(): Payload.Payload {
  return Payload.of(zlib.deflateRawSync(Buffer.alloc(mebi), { finishFlush: zlib.constants.Z_FULL_FLUSH }))
}

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [...offered, ...answers, ...compressed]
