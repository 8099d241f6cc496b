/**
 * What chapters 12 and 13 send: synthetic data of several kinds. In: a corpus, a length, a message's number. Out: the octets of
 * that message, a window of the corpus.
 *
 * Kinds and sizes are those of Autobahn's files, which are not ours to copy; but the data is cheaper to compress, since a run
 * should measure the peer, not zlib. It is the same on every machine. Sizes are multiples of powers of two, so that the windows
 * come round soon: what was compressed once need not be compressed again (see `Compression`).
 *
 * @since 0.1.0
 */
import type { CorpusName } from "./Case.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Corpus {
  readonly name: CorpusName
  readonly binary: boolean
  /** In units: characters of text, octets otherwise. */
  readonly size: number
  /** The octets of the `length` units from `from`, round the end if need be. */
  readonly window: (from: number, length: number) => Uint8Array
}

const kibi = 1024

/** A generator of numbers below 2^32 (xorshift): not random, only unlike. */
const numbers = (seed: number): () => number => {
  let state = seed >>> 0
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>>= 0
  }
}

const ofOctets = (name: CorpusName, octets: Buffer): Corpus => {
  const twice = Buffer.concat([octets, octets])
  return { name, binary: true, size: octets.length, window: (from, length) => twice.subarray(from, from + length) }
}

const ofText = (name: CorpusName, text: string): Corpus => {
  const octets = Buffer.from(text, "utf8")
  // One octet for each character: the windows are views.
  if (octets.length === text.length) return { ...ofOctets(name, octets), binary: false }
  const twice = text + text
  const made = new Map<string, Uint8Array>()
  return {
    name,
    binary: false,
    size: text.length,
    window: (from, length) => {
      const key = `${from} ${length}`
      const window = made.get(key) ?? Buffer.from(twice.slice(from, from + length), "utf8")
      made.set(key, window)
      return window
    }
  }
}

/** Text of exactly `size` characters, of lines. */
const lines = (size: number, line: (number: number, next: () => number) => string): string => {
  const next = numbers(size)
  let text = ""
  for (let i = 0; text.length < size; i++) text += line(i, next)
  return text.slice(0, size)
}

/** Runs of `run` octets: noise with this share of 1000, otherwise a repetition of the run before. */
const noise = (size: number, run: number, share: number): Buffer => {
  const next = numbers(size + share)
  const octets = Buffer.alloc(size)
  for (let at = 0; at < size; at += run) {
    if (at === 0 || next() % 1000 < share) { for (let i = at; i < at + run; i++) octets[i] = next() }
    else octets.copyWithin(at, at - run, at)
  }
  return octets
}

/** A report of a test run: an object for each case, indented, with a digest that is like no other. */
const json = (): string =>
  lines(
    192 * kibi,
    (_, next) =>
      `      {\n         "digest": "${
        Array.from({ length: 8 }, () => next().toString(16).padStart(8, "0")).join("")
      }",\n` +
      `         "behavior": "OK",\n         "behaviorClose": "OK",\n         "remoteCloseCode": 1000,\n` +
      `         "remoteCloseReason": null,\n         "wasClean": true,\n` +
      remarks.map((remark) => `         "remark": "${remark}",\n`).join("") +
      `         "reportfile": "an_agent_with_a_long_name_case.json"\n      },\n`
  )

const remarks = [
  "A text message comes back as it was sent, after which the connection is closed with the code for a normal end",
  "The same message, and a clean closing handshake in which the peer sends the code that it has received, or none",
  "What was received is what was expected at best, in the order in which it was expected, and nothing stood between",
  "The connection was closed as it should be: by the side that had to, with a code that is allowed, and in good time",
  "Bytes were read in pieces of every size, and written in pieces of the size that this case is meant to try out",
  "Neither side has dropped the other without a word, and no timer had to be asked how long it was going to take",
  "Frames of a fragmented message may stand apart, with pings and pongs between them, and still make one message",
  "Nothing was left in either direction when the stream ended, so the next case may begin on a fresh connection"
]

/** A table of results, now and then with characters beyond ASCII. */
const html = (): string =>
  lines(
    256 * kibi,
    (i, next) =>
      `      <tr class="agent_case_result_row">\n         <td class="case"><a href="#case_desc_${i}">A case</a></td>\n` +
      `         <td class="case_ok"><a href="an_agent_case.html">Pass</a><br/><span class="case_duration">${
        next() % 90
      }` +
      ` ms</span></td>\n         <td class="close close_clean"><span class="close_code">${
        i % 32 === 7 ? "größer als 1000 – „€“" : "1000"
      }</span></td>\n      </tr>\n`
  )

/** Words of any letters, umlauts among them, and stretches that come again. */
const prose = (): Buffer => {
  const letters = "abcdefghijklmnopqrstuvwxyzäöüßABCDEFGHIJKLMNOPQRSTUVWXYZ ,.;  "
  const next = numbers(7)
  const octets = Buffer.alloc(224 * kibi)
  let at = octets.write("\ufeff", "utf8")
  while (at < octets.length) {
    if (at > 512 && next() % 1000 < 970) at += octets.copy(octets, at, at - 512, at - 256)
    else {
      let stretch = ""
      while (stretch.length < 256) stretch += letters.charAt(next() % letters.length)
      at += octets.write(stretch, at, "utf8")
    }
    if (octets.length - at < 4) at = octets.length
  }
  return octets
}

const make: Readonly<Record<CorpusName, () => Corpus>> = {
  json: () => ofText("json", json()),
  bitmap: () => ofOctets("bitmap", noise(256 * kibi, kibi, 30)),
  prose: () => ofOctets("prose", prose()),
  html: () => ofText("html", html()),
  document: () => ofOctets("document", noise(kibi * kibi, kibi, 30))
}

const made = new Map<CorpusName, Corpus>()

/**
 * @since 0.1.0
 * @category corpora
 */
export const get = (name: CorpusName): Corpus => {
  const found = made.get(name)
  if (found !== undefined) return found
  const corpus = make[name]()
  made.set(name, corpus)
  return corpus
}

/**
 * Where message `index` of a case begins.
 *
 * @since 0.1.0
 * @category corpora
 */
export const offset = (corpus: Corpus, length: number, index: number): number => (index * length) % corpus.size
