/**
 * Octets to try: any at all, and those that get farther than the first header, since they are made like frames, heads or deflate
 * data and then damaged.
 */
import * as Frame from "@effect-ws/codec/Frame"
import * as fc from "effect/FastCheck"
import * as Zlib from "node:zlib"

/** What is tried: octets, and how they are cut into reads. */
export interface Input {
  readonly octets: Uint8Array
  readonly cuts: ReadonlyArray<number>
}

const any = fc.uint8Array({ maxLength: 300 })

/** Changes octets, drops some, or says some twice. */
const damaged = (whole: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc.tuple(whole, fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom("set", "drop", "twice")), { maxLength: 3 }))
    .map(([octets, damages]) => {
      let all = Array.from(octets)
      for (const [place, value, how] of damages) {
        const at = place % Math.max(1, all.length)
        if (how === "set") all[at] = value
        else {all = how === "drop"
            ? [...all.slice(0, at), ...all.slice(at + 1)]
            : [...all.slice(0, at), ...all.slice(at / 2)]}
      }
      return Uint8Array.from(all)
    })

const inputOf = (octets: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Input> =>
  fc.record({
    octets: fc.oneof({ weight: 1, arbitrary: any }, { weight: 6, arbitrary: octets }),
    cuts: fc.array(fc.nat(400), { maxLength: 8 })
  })

const join = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat(pieces))

// -- frames

const text = fc.string({ unit: "binary", maxLength: 150 }).map((text) => new Uint8Array(Buffer.from(text)))
const status = fc.tuple(fc.integer({ min: 990, max: 5010 }), text).map(([code, reason]) =>
  join([Uint8Array.of(code >> 8, code & 0xff), reason.subarray(0, 123)])
)

const frame = (masked: boolean): fc.Arbitrary<Uint8Array> =>
  fc.record({
    opcode: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(0, 1, 2, 8, 9, 10) }, {
      weight: 1,
      arbitrary: fc.nat(15)
    }),
    fin: fc.boolean(),
    rsv: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(7) }),
    payload: fc.oneof(text, status, any),
    mask: fc.nat()
  }).map(({ fin, mask, opcode, payload, rsv }) =>
    Frame.encode({
      header: Frame.header(opcode, payload.length, { fin, rsv, mask: masked ? mask : undefined }),
      payload
    })
  )

/** Frames to an endpoint: to a server they are masked. */
export const frames = (to: "client" | "server"): fc.Arbitrary<Input> =>
  inputOf(damaged(fc.array(frame(to === "server"), { maxLength: 10 }).map(join)))

/** The payload of a Close frame. */
export const closes: fc.Arbitrary<Input> = inputOf(damaged(status))

// -- text protocols

const encoded = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"))

const headerLine = fc.oneof(
  fc.constantFrom(
    "Host: a.example",
    "Upgrade: websocket",
    "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    "Content-Length: 5",
    "Transfer-Encoding: chunked",
    " folded",
    ":",
    ""
  ),
  fc.string({ unit: "binary-ascii", maxLength: 40 })
)

/** Heads of HTTP/1.1, as requests or responses. */
export const heads = (start: ReadonlyArray<string>): fc.Arbitrary<Input> =>
  inputOf(
    damaged(
      fc.tuple(fc.constantFrom(...start), fc.array(headerLine, { maxLength: 8 }), fc.constantFrom("\r\n", "\n"), any)
        .map(
          ([first, lines, end, rest]) => join([encoded([first, ...lines, "", ""].join(end)), rest])
        )
    )
  )

const word = fc.constantFrom(
  "permessage-deflate",
  "client_max_window_bits",
  "x",
  "=",
  ";",
  ",",
  " ",
  "\"",
  "\\",
  "15",
  "8"
)

/** The value of a `Sec-WebSocket-Extensions` header. */
export const extensions: fc.Arbitrary<Input> = inputOf(
  damaged(fc.array(word, { maxLength: 30 }).map((all) => encoded(all.join(""))))
)

// -- deflate

/** Messages as permessage-deflate has them, with and without a final block. */
export const deflated: fc.Arbitrary<Input> = inputOf(damaged(
  fc.tuple(fc.oneof(text, any), fc.integer({ min: 1, max: 40 }), fc.boolean()).map(([part, times, final]) => {
    const octets = join(Array.from({ length: times }, () => part))
    if (final) return join([new Uint8Array(Zlib.deflateRawSync(octets)), Uint8Array.of(0)])
    return new Uint8Array(Zlib.deflateRawSync(octets, { finishFlush: Zlib.constants.Z_SYNC_FLUSH })).slice(0, -4)
  })
))

/** The reads that an input is cut into; none is empty. Each has memory of its own. */
export const pieces = ({ cuts, octets }: Input): ReadonlyArray<Uint8Array> => {
  const at = cuts.filter((cut) => cut < octets.length).sort((a, b) => a - b)
  return [0, ...at].map((from, i) => octets.slice(from, at[i] ?? octets.length)).filter(({ length }) => length > 0)
}
