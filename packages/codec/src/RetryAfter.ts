/**
 * How long a server asks clients to wait (`Retry-After`, RFC 9110 §10.2.3). In: the headers of a response, and the time. Out:
 * milliseconds, or nothing if there is no readable header. It has no limit of its own: bound the result before you wait for it.
 *
 * @since 0.1.0
 */
import type { Headers } from "./HttpHeaders.js"
import * as HttpHeaders from "./HttpHeaders.js"

/**
 * Returns the milliseconds to wait from `now` (milliseconds since 1970). The header has seconds, or a date, which is compared with the
 * response's `Date` if it has one, since the server's clock may differ from ours; a past date gives 0. If there are several lines, the
 * longest counts, as each is a minimum. The result may be Infinity.
 *
 * @example
 * import * as RetryAfter from "@effect-ws/codec/RetryAfter"
 *
 * RetryAfter.parse([["Retry-After", "120"]], Date.now()) // 120000
 * RetryAfter.parse([["Retry-After", "soon"]], Date.now()) // undefined
 *
 * @since 0.1.0
 * @category parsing
 */
export const parse = (headers: Headers, now: number): number | undefined => {
  const since = parseDate(HttpHeaders.first(headers, "date") ?? "", now) ?? now
  let longest: number | undefined
  for (const value of HttpHeaders.values(headers, "retry-after")) {
    const delay = /^[0-9]+$/.test(value) ? 1000 * Number(value) : delayUntil(parseDate(value, now), since)
    if (delay !== undefined) longest = Math.max(longest ?? 0, delay)
  }
  return longest
}

const delayUntil = (date: number | undefined, since: number): number | undefined =>
  date === undefined ? undefined : Math.max(0, date - since)

// It computes, and reads no clock.
// eslint-disable-next-line no-restricted-globals
const { UTC } = Date

/** Milliseconds since 1970 of an HTTP-date, in any of the three forms that a recipient must read (RFC 9110 §5.6.7). */
const parseDate = (text: string, now: number): number | undefined => {
  for (const form of forms) {
    const groups = form.exec(text)?.groups
    if (groups === undefined) continue
    const { day, hour, minute, month = "", second, year = "" } = groups
    const [y, m, d] = [fullYear(year, now), months.indexOf(month), Number(day)]
    // There is no 30 February.
    if (d === 0 || UTC(y, m, d) >= UTC(y, m + 1, 1)) return undefined
    return UTC(y, m, d, Number(hour), Number(minute), Number(second))
  }
  return undefined
}

/** RFC 9110 §5.6.7: a year of two digits is at most 50 years ahead. */
const fullYear = (digits: string, now: number): number => {
  const thisYear = 1970 + Math.floor(now / 31_556_952_000) // milliseconds of a year, on average
  const year = thisYear - thisYear % 100 + Number(digits)
  if (digits.length > 2) return Number(digits)
  return year > thisYear + 50 ? year - 100 : year
}

const months: ReadonlyArray<string> = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec"
]

const time = "(?<hour>[01][0-9]|2[0-3]):(?<minute>[0-5][0-9]):(?<second>[0-5][0-9]|60)"
const month = `(?<month>${months.join("|")})`

const forms: ReadonlyArray<RegExp> = [
  new RegExp(`^[A-Z][a-z]{2}, (?<day>[0-3][0-9]) ${month} (?<year>[0-9]{4}) ${time} GMT$`),
  new RegExp(`^[A-Z][a-z]{5,8}, (?<day>[0-3][0-9])-${month}-(?<year>[0-9]{2}) ${time} GMT$`),
  new RegExp(`^[A-Z][a-z]{2} ${month} (?<day>[ 0-3][0-9]) ${time} (?<year>[0-9]{4})$`)
]
