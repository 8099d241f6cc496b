/**
 * Bytes put together.
 */

/** Both, one behind the other, in memory of their own. */
export const joined = (first: Uint8Array, second: Uint8Array): Uint8Array => {
  const all = new Uint8Array(first.length + second.length)
  all.set(first)
  all.set(second, first.length)
  return all
}
