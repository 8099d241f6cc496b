/**
 * Unpredictable unsigned 32-bit numbers: the masking keys of a client, one for each frame (RFC 6455 §5.3, §10.3).
 *
 * From the system's generator, many at a time: 20 ns each, where `crypto.randomInt` takes 150 (Node 20). A number leaves the
 * pool when it is handed out, so that memory read later does not tell the keys before.
 */
import { randomFillSync } from "node:crypto"

/** The pool in numbers: to fill 4 KiB takes some microseconds, and waits for the first frame. */
const poolSize = 1024

const pool = new Uint32Array(poolSize)
let left = 0

export const randomMask = (): number => {
  if (left === 0) {
    randomFillSync(pool)
    left = poolSize
  }
  const key = pool[--left]!
  pool[left] = 0
  return key
}
