/** permessage-deflate said plainly (RFC 7692 §7.2): everything is inflated anew each time, and nothing is compressed but by itself. */
import * as Zlib from "node:zlib"
import type { Extension, Octets } from "./model.js"

const tail = [0x00, 0x00, 0xff, 0xff]
const sync = { finishFlush: Zlib.constants.Z_SYNC_FLUSH }

/** What the option `info` gives. */
interface Inflated {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

/** A stream of blocks, which goes on behind a final one (§7.2.3.4). */
const inflateAll = (octets: Octets): Octets | undefined => {
  let rest = Buffer.from(octets)
  let out = Buffer.alloc(0)
  try {
    while (rest.length > 0) {
      const options = out.length === 0 ? sync : { ...sync, dictionary: out.subarray(-32768) }
      const { buffer, engine } = Zlib.inflateRawSync(rest, { ...options, info: true }) as unknown as Inflated
      out = Buffer.concat([out, buffer])
      rest = rest.subarray(engine.bytesWritten)
    }
  } catch {
    return undefined
  }
  return Array.from(out)
}

/** As a single inflater has it: at a final block it is over. */
const inflateOnce = (octets: Octets): Inflated | undefined => {
  try {
    return Zlib.inflateRawSync(Buffer.from(octets), { ...sync, info: true }) as unknown as Inflated
  } catch {
    return undefined
  }
}

/** Whether a final block was among them: then one octet more is not looked at. */
const isOver = (octets: Octets): boolean => {
  const more = inflateOnce([...octets, 0])
  return more !== undefined && more.engine.bytesWritten <= octets.length
}

/** Whether another block may begin behind them: one that is put there is read as what it is. */
const isAtBlock = (octets: Octets): boolean => {
  const stored = [1, 2, 3]
  const before = inflateAll(octets)
  const behind = inflateAll([...octets, 0x00, 0x03, 0x00, 0xfc, 0xff, ...stored])
  return before !== undefined && String(behind) === String([...before, ...stored])
}

/** How inflaters are known to differ; see the deviations of the model. */
export interface Habits {
  readonly finalBlockForgets: boolean
  readonly unfinishedBlock: boolean
}

export const zlib = (
  worthFrom: number,
  { finalBlockForgets, unfinishedBlock }: Habits = { finalBlockForgets: false, unfinishedBlock: false }
): Extension => ({
  worthFrom,
  inflate: (before, octets, isWhole) => {
    const inflate = finalBlockForgets ? (all: Octets) => arrayOf(inflateOnce(all)?.buffer) : inflateAll
    let known: Octets = []
    for (const message of before) {
      known = [...known, ...message, ...tail]
      if (finalBlockForgets && isOver(known)) known = []
    }
    const all = [...known, ...octets, ...(isWhole ? tail : [])]
    if (isWhole && !unfinishedBlock && !isAtBlock(all)) return undefined
    return inflate(all)?.slice(inflate(known)?.length)
  },
  deflate: (octets, isLast) => {
    const deflated = Array.from(Zlib.deflateRawSync(Buffer.from(octets), sync))
    return isLast ? deflated.slice(0, -tail.length) : deflated
  }
})

const arrayOf = (octets: Buffer | undefined): Octets | undefined =>
  octets === undefined ? undefined : Array.from(octets)

/** §7.2.3.4: the same in a block with BFINAL set, and the octet that may not miss then. */
export const deflateFinal = (octets: Octets): Octets => [...Zlib.deflateRawSync(Buffer.from(octets)), 0]
