/**
 * One deflation of one message, for all connections that may send the same bytes. In: the answer of the compressor, now or in another
 * turn. Out: the same to each who asks, for as long as somebody holds it.
 *
 * Those who wait are told in the order of asking. One that has ended meanwhile is told as well, and looks away.
 */
import type { Answer } from "../host/Compression.js"

interface Waiter {
  readonly listener: (deflated: Uint8Array) => void
  readonly failed: (defect: unknown) => void
}

export class Deflation {
  /** What whoever asks now is given. */
  answer: Answer<Uint8Array>
  private waiters: Array<Waiter> = []

  /** `onFailed` is called before anybody else hears that there is no answer. */
  constructor(answer: Answer<Uint8Array>, onFailed: () => void) {
    if (answer._tag === "Now") {
      this.answer = { _tag: "Now", value: answer.value.slice() } // it is lent, and this one stays
      return
    }
    this.answer = { _tag: "Later", listen: (listener, failed) => void this.waiters.push({ listener, failed }) }
    answer.listen((value) => {
      this.answer = { _tag: "Now", value }
      for (const waiter of this.taken()) waiter.listener(value)
    }, (defect) => {
      onFailed()
      for (const waiter of this.taken()) waiter.failed(defect)
    })
  }

  private taken(): ReadonlyArray<Waiter> {
    const { waiters } = this
    this.waiters = []
    return waiters
  }
}
