/** Random programs for an endpoint: what it hears, mostly legal, and in any reads; what it is told to do; and how the stream ends. */
import * as fc from "effect/FastCheck"
import type { Extension, Message, Octets, Role, Step } from "./model.js"
import { octetsOfFrame } from "./model.js"

export interface Wishes {
  readonly role: Role
  /** How a peer compresses, if that was negotiated. */
  readonly deflate: Extension["deflate"] | undefined
  /** Whether others send while a message is produced, timers run out and the transport is cut. */
  readonly isOurs: boolean
}

const maybe = <A>(often: number, one: fc.Arbitrary<A>, seldom: fc.Arbitrary<A>): fc.Arbitrary<A> =>
  fc.oneof({ weight: often, arbitrary: one }, { weight: 1, arbitrary: seldom })

const textOctets = (maxLength: number) =>
  fc.string({ unit: "binary", maxLength }).map((text): Octets => Array.from(Buffer.from(text)))

/** Halves of code points, and what is none. */
const brokenText = fc.array(fc.constantFrom(0xc3, 0xa4, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xa0, 0x61), {
  maxLength: 8
})
const anyOctets = fc.array(fc.nat(255), { maxLength: 20 })
/** About the limit, and about where lengths get longer. */
const long = fc.integer({ min: 120, max: 320 }).map((length): Octets => Array.from({ length }, () => 0x61))
const status = fc.tuple(fc.integer({ min: 995, max: 5005 }), textOctets(10))
  .map(([code, reason]): Octets => [code >> 8, code & 0xff, ...reason])
const goodStatus = fc.tuple(fc.constantFrom(1000, 1001, 1008, 1012, 3000, 4999), textOctets(10))
  .map(([code, reason]): Octets => [code >> 8, code & 0xff, ...reason])

const code = fc.constantFrom(1000, 1001, 1011, 3000, 4000)
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 10 }),
  anyOctets,
  fc.constant("ä".repeat(70)),
  fc.constant(Array.from({ length: 200 }, (_, i) => i % 100))
)

export const program = ({ deflate: negotiated, isOurs, role }: Wishes): fc.Arbitrary<ReadonlyArray<Step>> => {
  const compression = negotiated !== undefined
  const deflate = negotiated ?? ((octets) => octets)

  // -- what it hears

  const key = role === "server" ? fc.nat() : fc.constant(undefined)
  const frame = (first: number, payload: fc.Arbitrary<Octets>): fc.Arbitrary<Octets> =>
    fc.tuple(payload, key).map(([payload, key]) => octetsOfFrame({ first, key, payload }))
  const control = fc.oneof(frame(137, anyOctets), frame(138, anyOctets))
  const small = compression
    ? fc.oneof(textOctets(6), fc.constant<Octets>([]))
    : fc.oneof(textOctets(40), fc.constant<Octets>([]), long)
  const fragmented = (opcode: 1 | 2, isCompressed: boolean) =>
    fc.tuple(fc.array(small, { maxLength: 3 }), fc.array(control, { maxLength: 4 }), key, fc.array(fc.nat(40)))
      .map(([parts, controls, key, cuts]): Octets => {
        const whole = isCompressed ? deflate(parts.flat(), true) : parts.flat()
        const places = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b).slice(0, 3), whole.length]
        return places.slice(1).flatMap((to, i) => {
          const first = (i === 0 ? opcode + (isCompressed ? 64 : 0) : 0) + (i === places.length - 2 ? 128 : 0)
          return [
            ...octetsOfFrame({ first, key, payload: whole.slice(places[i], to) }),
            ...(i < places.length - 2 ? controls[i] ?? [] : [])
          ]
        })
      })
  const squeezed = (first: number, payload: fc.Arbitrary<Octets>) =>
    frame(first, payload.map((octets) => deflate(octets, true)))
  const messages = [
    frame(129, textOctets(12)),
    frame(130, anyOctets),
    frame(129, long),
    fragmented(1, false),
    fragmented(2, false)
  ]
  const compressed = [
    squeezed(193, textOctets(12)),
    squeezed(194, textOctets(12)),
    squeezed(193, long),
    fragmented(1, true),
    fragmented(2, true)
  ]
  /** Each field is wrong now and then. */
  const wild = fc.record({
    first: maybe(3, fc.constantFrom(1, 2, 129, 130, 0, 128, 136, 137, 193, 64, 8), fc.nat(255)),
    payload: fc.oneof(compression ? brokenText : fc.oneof(brokenText, long), anyOctets, status),
    key: maybe(9, key, fc.option(fc.nat(), { nil: undefined })),
    form: maybe(3, fc.constant("shortest"), fc.constantFrom("16", "64", "top"))
  }).map(({ first, form, key, payload }): Octets => {
    const [, second = 0, ...rest] = octetsOfFrame({ first, key, payload: payload.slice(0, 125) })
    const mask = second >= 128 ? 128 : 0
    const length = second % 128
    switch (form) {
      case "16":
        return [first, mask + 126, 0, length, ...rest]
      case "64":
        return [first, mask + 127, 0, 0, 0, 0, 0, 0, 0, length, ...rest]
      case "top":
        return [first, mask + 127, 128, 0, 0, 0, 0, 0, 0, length, ...rest]
      default:
        return octetsOfFrame({ first, key, payload })
    }
  })
  const cut = fc.tuple(fc.oneof(...messages), fc.nat(20)).map(([octets, missing]) =>
    octets.slice(0, Math.max(1, octets.length - missing))
  )
  const said = fc.oneof(
    { weight: 12, arbitrary: fc.oneof(...messages, ...(compression ? compressed : [])) },
    { weight: 4, arbitrary: control },
    { weight: 2, arbitrary: maybe(5, frame(136, goodStatus), frame(136, fc.constant([]))) },
    { weight: 1, arbitrary: wild },
    { weight: 1, arbitrary: cut }
  )

  // -- what it is told

  const step = <S extends Step>(step: S): fc.Arbitrary<Step> => fc.constant(step)
  const close = fc.tuple(code, fc.string({ unit: "grapheme", maxLength: 5 })).map(
    ([code, reason]): Step => ({ _tag: "Close", code, reason })
  )
  const told: fc.Arbitrary<Step> = fc.oneof(
    { weight: 6, arbitrary: message.map((message): Step => ({ _tag: "Send", message })) },
    { weight: 3, arbitrary: step({ _tag: "Ping" }) },
    { weight: 2, arbitrary: close }
  )
  const pong = fc.nat(3).map((ping): Step => ({ _tag: "HearPong", ping }))
  const fault = isOurs
    ? fc.oneof(step({ _tag: "HearEnd" }), step({ _tag: "Break" }), step({ _tag: "Timer" }), step({ _tag: "Abort" }))
    : fc.oneof(step({ _tag: "HearEnd" }), step({ _tag: "Break" }))

  /** Octets in one read or more, with something else between the reads. */
  const heard = (between: fc.Arbitrary<ReadonlyArray<Step>>): fc.Arbitrary<ReadonlyArray<Step>> =>
    fc.tuple(fc.array(said, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(300), { maxLength: 3 }), between).map(
      ([items, cuts, steps]) => {
        const octets = items.flat()
        const places = cuts.filter((cut) => cut > 0 && cut < octets.length).sort((a, b) => a - b)
        return [0, ...places].flatMap((from, i): ReadonlyArray<Step> => [
          { _tag: "Hear", octets: octets.slice(from, places[i] ?? octets.length) },
          ...(i === 0 ? steps : [])
        ])
      }
    )
  const some = fc.array(told, { maxLength: 2 })
  const produced = (kind: "text" | "binary") =>
    fc.tuple(
      fc.array(
        fc.tuple(
          kind === "text" ? fc.string({ unit: "binary", maxLength: 6 }) : anyOctets,
          fc.oneof(
            fc.constant<ReadonlyArray<Step>>([]),
            isOurs ? some : fc.constant<ReadonlyArray<Step>>([{ _tag: "Ping" }]),
            heard(fc.constant([]))
          )
        ),
        { maxLength: 4 }
      ),
      isOurs ? maybe(2, step({ _tag: "Finish" }), step({ _tag: "Abandon" })) : step({ _tag: "Finish" }),
      isOurs ? fc.option(fc.nat(20), { nil: undefined }) : fc.constant(undefined)
    ).map(([parts, last, split]): ReadonlyArray<Step> => {
      const contents = parts.map(([content]) => content)
      // Text is cut anywhere, within a pair of surrogates too
      const text = contents.join("")
      const cut = kind === "text" && split !== undefined && split < text.length
        ? [text.slice(0, split), text.slice(split)]
        : contents
      return [
        { _tag: "Begin", kind },
        ...cut.flatMap((content, i): ReadonlyArray<Step> => [{ _tag: "Part", content }, ...(parts[i]?.[1] ?? [])]),
        last
      ]
    })
  const one = (arbitrary: fc.Arbitrary<Step>) => arbitrary.map((step): ReadonlyArray<Step> => [step])
  return fc.tuple(
    fc.array(
      fc.oneof(
        { weight: 8, arbitrary: heard(some) },
        { weight: 4, arbitrary: one(told) },
        { weight: 2, arbitrary: pong.map((pong): ReadonlyArray<Step> => isOurs ? [{ _tag: "Drain" }, pong] : [pong]) },
        { weight: 1, arbitrary: produced("text") },
        { weight: 1, arbitrary: produced("binary") },
        ...(isOurs
          ? [
            { weight: 1, arbitrary: one(maybe(2, fault, close)) },
            { weight: 2, arbitrary: one(fc.oneof(step({ _tag: "Stall" }), step({ _tag: "Drain" }))) }
          ]
          : [])
      ),
      { maxLength: 9 }
    ),
    fault
  ).map(([steps, fault]): ReadonlyArray<Step> => [...steps.flat(), fault, { _tag: "HearEnd" }])
}
