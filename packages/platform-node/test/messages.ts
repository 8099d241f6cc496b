/**
 * Messages of mixed sizes and kinds, the same each time: mostly small, some of some KiB, few that are deflated on the thread
 * pool. These functions refer to nothing outside, so that a browser can run them from their source.
 */
export const mixed = (count: number): ReadonlyArray<string | Uint8Array<ArrayBuffer>> => {
  const words = ["alpha ", "beta ", "gamma ", "δέλτα ", "ε😀 ", "0123 ", `{"id":4,"of":[`, "]}"]
  let state = 1
  const next = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return state >>> 16
  }
  return Array.from({ length: count }, (_, i) => {
    const size = i % 2500 === 2499 ? 100_000 + i : i % 100 === 50 ? 2000 + (i >> 1) : i % 50 === 7 ? 0 : (i * 37) % 300
    if (i % 3 === 0) return Uint8Array.from({ length: size }, () => i % 2 === 0 ? next() & 0x0f : next() & 0xff)
    let text = String(i)
    while (text.length < size) text += words[next() % words.length] ?? ""
    return size === 0 ? "" : text
  })
}

/** Whether two messages are the same, kind included. */
export const areSame = (a: string | Uint8Array | undefined, b: string | Uint8Array | undefined): boolean =>
  typeof a === "string" || typeof b === "string" || a === undefined || b === undefined
    ? a === b
    : a.length === b.length && a.every((octet, i) => octet === b[i])
