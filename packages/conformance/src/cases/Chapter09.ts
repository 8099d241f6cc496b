/**
 * Chapter 9: large messages, many fragments, small writes, many round trips.
 *
 * @since 0.1.0
 */
import type { Action, Case, Pace } from "./Case.js"
import * as C from "./Case.js"
import * as Payload from "./Payload.js"
import { asterisk, binary, byteFE, kibi, mebi, text } from "./words.js"

const textBase = Payload.text("BAsd7&jh23")
const binaryBase = Payload.hex("00fe23faf0")

const size = (octets: number): string => octets >= mebi ? `${octets / mebi} MiB` : `${octets / kibi} KiB`

const echo = (
  id: string,
  description: string,
  isBinary: boolean,
  action: Action,
  length: number,
  seconds: number
): Case =>
  C.make(
    id,
    description,
    `Message of that type and length within ${seconds} s`,
    { _tag: "FirstEcho", actions: [action], binary: isBinary, length, seconds },
    C.closedByMe
  )

const single = (
  id: string,
  description: string,
  isBinary: boolean,
  length: number,
  seconds: number,
  pace: Pace
): Case => {
  const payload = Payload.repeat(isBinary ? binaryBase : textBase, length)
  return echo(id, description, isBinary, C.frame(isBinary ? binary : text, payload, { pace }), length, seconds)
}

const sizes = [64 * kibi, 256 * kibi, mebi, 4 * mebi, 8 * mebi, 16 * mebi]
const fragments = [64, 256, kibi, 4 * kibi, 16 * kibi, 64 * kibi, 256 * kibi, mebi, 4 * mebi]
const chops = [64, 128, 256, 512, 1024, 2048]
const lengths = [0, 16, 64, 256, 1024, 4096]

const whole = (group: string, isBinary: boolean, limits: ReadonlyArray<number>): ReadonlyArray<Case> =>
  sizes.map((length, i) =>
    single(
      `${group}.${i + 1}`,
      `Single ${isBinary ? "binary" : "text"} frame of ${size(length)}`,
      isBinary,
      length,
      limits[i] ?? 100,
      "joined"
    )
  )

const fragmented = (group: string, isBinary: boolean): ReadonlyArray<Case> =>
  fragments.map((fragment, i) => {
    const payload = Payload.repeat(isBinary && i === 0 ? byteFE : asterisk, 4 * mebi)
    const frames = fragment < kibi ? `${fragment}-byte` : size(fragment)
    return echo(
      `${group}.${i + 1}`,
      `4 MiB ${isBinary ? "binary" : "text"} message cut into ${frames} frames`,
      isBinary,
      C.message(isBinary, payload, fragment),
      4 * mebi,
      100
    )
  })

const chopped = (group: string, isBinary: boolean): ReadonlyArray<Case> =>
  chops.map((chop, i) =>
    single(
      `${group}.${i + 1}`,
      `1 MiB ${isBinary ? "binary" : "text"} frame, socket writes of ${chop} bytes`,
      isBinary,
      mebi,
      1000,
      chop
    )
  )

const roundTrips = (group: string, isBinary: boolean): ReadonlyArray<Case> =>
  lengths.map((length, i) => {
    const seconds = i < 3 ? 60 : 15 * 2 ** i
    return C.make(
      `${group}.${i + 1}`,
      `1000 sequential ${isBinary ? "binary" : "text"} round trips of ${length} bytes`,
      `All 1000 come back with right type and length within ${seconds} s`,
      {
        _tag: "RoundTrips",
        count: 1000,
        binary: isBinary,
        payload: length === 0 ? Payload.empty : Payload.repeat(isBinary ? byteFE : asterisk, length),
        seconds
      },
      C.closedByMe
    )
  })

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [
  ...whole("9.1", false, [10, 10]),
  ...whole("9.2", true, [10, 10, 10, 10]),
  ...fragmented("9.3", false),
  ...fragmented("9.4", true),
  ...chopped("9.5", false),
  ...chopped("9.6", true),
  ...roundTrips("9.7", false),
  ...roundTrips("9.8", true)
]
