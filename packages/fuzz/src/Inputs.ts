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
/** Code points that break off, and what is none. */
const brokenText = fc.array(fc.constantFrom(0x61, 0xc3, 0xa4, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xed), {
  maxLength: 6
}).map((octets) => Uint8Array.from(octets))
const long = fc.tuple(fc.integer({ min: 100, max: 600 }), fc.nat(255)).map(([length, seed]) =>
  Uint8Array.from({ length }, (_, i) => seed < 128 ? 0x61 : (i * i * seed) >> 3)
)
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
    payload: fc.oneof(text, status, any, brokenText, long),
    masked: fc.oneof({ weight: 19, arbitrary: fc.constant(masked) }, { weight: 1, arbitrary: fc.boolean() }),
    mask: fc.nat(),
    lengthBits: fc.oneof({ weight: 19, arbitrary: fc.constant(undefined) }, {
      weight: 1,
      arbitrary: fc.constantFrom<Frame.LengthBits>(16, 64)
    }),
    length: fc.oneof({ weight: 19, arbitrary: fc.constant(undefined) }, {
      weight: 1,
      arbitrary: fc.constantFrom(0, 126, 70_000, 2 ** 53, 2 ** 63)
    })
  }).map(({ fin, length, lengthBits, mask, masked, opcode, payload, rsv }) => {
    const said = length ?? payload.length
    const bits = lengthBits ?? Frame.lengthBits(said)
    return Frame.encode({
      header: {
        ...Frame.header(opcode, said, { fin, rsv, mask: masked ? mask : undefined }),
        lengthBits: bits === 16 && said > 0xffff ? 64 : bits
      },
      payload
    })
  })

/** A message in one frame or some. */
const message = (payload: fc.Arbitrary<Uint8Array>, rsv: number, masked: boolean): fc.Arbitrary<Uint8Array> =>
  fc.tuple(payload, fc.array(fc.oneof(fc.nat(6), fc.nat(200)), { maxLength: 2 }), fc.constantFrom(1, 2), fc.nat()).map(
    ([octets, cuts, opcode, mask]) => {
      const places = [0, ...cuts.filter((cut) => cut < octets.length).sort((a, b) => a - b)]
      return join(places.map((from, i) => {
        const part = octets.subarray(from, places[i + 1] ?? octets.length)
        const fields = { fin: i === places.length - 1, rsv: i === 0 ? rsv : 0, mask: masked ? mask : undefined }
        return Frame.encode({ header: Frame.header(i === 0 ? opcode : 0, part.length, fields), payload: part })
      }))
    }
  )

const several = (one: fc.Arbitrary<Uint8Array>, masked: boolean): fc.Arbitrary<Input> =>
  inputOf(damaged(
    fc.array(fc.oneof({ weight: 1, arbitrary: one }, { weight: 2, arbitrary: frame(masked) }), { maxLength: 10 }).map(
      join
    )
  ))

/** Frames to an endpoint: to a server they are masked. */
export const frames = (to: "client" | "server"): fc.Arbitrary<Input> =>
  several(message(fc.oneof(text, brokenText, long), 0, to === "server"), to === "server")

/** The same, with messages that are compressed. */
export const deflatedFrames = (to: "client" | "server"): fc.Arbitrary<Input> =>
  several(message(deflatedOctets, Frame.rsv1, to === "server"), to === "server")

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

const word = fc.constantFrom("permessage-deflate", "x", "=", ";", ",", " ", "\"", "\\", "8")

const parameter = fc.tuple(
  fc.constantFrom(
    "server_no_context_takeover",
    "client_no_context_takeover",
    "server_max_window_bits",
    "client_max_window_bits",
    "x"
  ),
  fc.constantFrom("", "", "=8", "=10", "=15", "=\"9\"", "=16", "=08", "=\"1\\5\"")
).map(([name, value]) => `; ${name}${value}`)

const offered = fc.array(parameter, { maxLength: 4 }).map((all) => ["permessage-deflate", ...all].join(""))

/** The value of a `Sec-WebSocket-Extensions` header. */
export const extensions: fc.Arbitrary<Input> = inputOf(damaged(fc.oneof(
  fc.array(word, { maxLength: 30 }).map((all) => encoded(all.join(""))),
  fc.array(offered, { maxLength: 3 }).map((all) => encoded(all.join(", ")))
)))

// -- deflate

/** Messages as permessage-deflate has them, with and without a final block. */
const deflatedOctets = fc.tuple(
  fc.oneof(text, any, long),
  fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 })),
  fc.boolean()
).map(
  ([part, times, final]) => {
    const octets = join(Array.from({ length: times }, () => part))
    if (final) return join([new Uint8Array(Zlib.deflateRawSync(octets)), Uint8Array.of(0)])
    return new Uint8Array(Zlib.deflateRawSync(octets, { finishFlush: Zlib.constants.Z_SYNC_FLUSH })).slice(0, -4)
  }
)

export const deflated: fc.Arbitrary<Input> = inputOf(damaged(deflatedOctets))

/** The reads that an input is cut into; none is empty. Each has memory of its own. */
export const pieces = ({ cuts, octets }: Input): ReadonlyArray<Uint8Array> => {
  const at = cuts.filter((cut) => cut < octets.length).sort((a, b) => a - b)
  return [0, ...at].map((from, i) => octets.slice(from, at[i] ?? octets.length)).filter(({ length }) => length > 0)
}
