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
const inflateOnce = (octets: Octets): readonly [out: Octets, isOver: boolean] | undefined => {
  try {
    const { buffer, engine } = Zlib.inflateRawSync(Buffer.from(octets), { ...sync, info: true }) as unknown as Inflated
    return [Array.from(buffer), engine.bytesWritten < octets.length]
  } catch {
    return undefined
  }
}

export const zlib = (worthFrom: number): Extension => ({
  worthFrom,
  inflate: (before, octets, isWhole) => {
    const already = before.flatMap((message) => [...message, ...tail])
    const all = inflateAll([...already, ...octets, ...(isWhole ? tail : [])])
    return all?.slice(inflateAll(already)?.length)
  },
  deflate: (octets, isLast) => {
    const deflated = Array.from(Zlib.deflateRawSync(Buffer.from(octets), sync))
    return isLast ? deflated.slice(0, -tail.length) : deflated
  }
})

/** The same by one that forgets everything at a final block, and drops what comes behind it in the message. */
export const forgetful = (worthFrom: number): Extension => ({
  ...zlib(worthFrom),
  inflate: (before, octets, isWhole) => {
    let known: Octets = []
    for (const message of before) {
      known = [...known, ...message, ...tail]
      if (inflateOnce(known)?.[1] !== false) known = []
    }
    const all = inflateOnce([...known, ...octets, ...(isWhole ? tail : [])])
    return all?.[0].slice(inflateOnce(known)?.[0].length)
  }
})

/** §7.2.3.4: the same in a block with BFINAL set, and the octet that may not miss then. */
export const deflateFinal = (octets: Octets): Octets => [...Zlib.deflateRawSync(Buffer.from(octets)), 0]
