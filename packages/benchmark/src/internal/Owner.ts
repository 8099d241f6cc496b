/** What a connection of a load tells whoever drives it, and how it is driven. Types only. */

export interface Owner {
  /** So many messages came back; says how many may follow. */
  readonly returned: (count: number) => number
  /** How long one was on its way, in milliseconds. */
  readonly note: (latency: number) => void
  readonly fail: (error: Error) => void
}

export interface Sender {
  readonly send: (count: number, now: number) => void
  readonly close: () => void
}
