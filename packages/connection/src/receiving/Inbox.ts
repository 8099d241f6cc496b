/**
 * What was received and not yet taken, with the readers that wait for it. In: batches, and finally the reason why no more come. Out: each
 * element, to exactly one reader, in order.
 *
 * A wake-up carries nothing: a reader takes elements when it runs, so one that is interrupted in between loses nothing. It knows no
 * transport: it tells its owner when it was emptied, so that reading can go on, and when somebody asks for more.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { End } from "../ConnectionError.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Owner {
  /** Something was taken. */
  onTaken(): void
  /** Somebody asks for more, and has handled all that was taken before. */
  onAsked(): void
}

/**
 * A reader's place in the line.
 *
 * @since 0.1.0
 * @category models
 */
export interface Slot {
  waiting: ((effect: Effect.Effect<void>) => void) | undefined
}

/**
 * Takes whole batches, in the turn in which they arrive. `false` leaves a batch to the queue.
 *
 * @since 0.1.0
 * @category models
 */
export interface Handler<in A> {
  onBatch(batch: ReadonlyArray<A>): boolean
  /** Nothing more will come. */
  onEnd(): void
}

/**
 * @since 0.1.0
 * @category models
 */
export class Inbox<A> {
  /** Why no more will come; it is known before everything was taken. */
  end: End | undefined = undefined
  handler: Handler<A> | undefined = undefined
  /** What the queue weighs, in bytes. */
  size = 0
  /** The batch that is being taken, its next element, and what came since. */
  private queue: ReadonlyArray<A> = none
  private next = 0
  private later: Array<A> | undefined = undefined
  private slots: ReadonlyArray<Slot> = none
  /** Somebody has taken elements and not asked again. */
  private outstanding = false

  constructor(private readonly weigh: (element: A) => number, private readonly owner: Owner) {}

  get isEmpty(): boolean {
    return this.next === this.queue.length
  }

  /** Whether everything that was received was handled, as far as can be known. */
  get isIdle(): boolean {
    return this.isEmpty && !this.outstanding
  }

  /** Delivers what one read brought, with one wake-up. */
  deliver(batch: ReadonlyArray<A>): void {
    if (this.isEmpty) {
      if (this.handler?.onBatch(batch) === true) return
      this.queue = batch
      this.next = 0
    } else if (this.later === undefined) {
      this.later = [...batch]
    } else {
      for (const element of batch) this.later.push(element)
    }
    for (const element of batch) this.size += this.weigh(element)
    this.wake()
  }

  finish(end: End): void {
    if (this.end !== undefined) return
    this.end = end
    this.wake()
    this.handler?.onEnd()
  }

  /** Takes everything, or `undefined` if there is nothing. */
  take(): Arr.NonEmptyReadonlyArray<A> | undefined {
    const rest = this.next === 0 ? this.queue : this.queue.slice(this.next)
    const batch = this.later === undefined ? rest : [...rest, ...this.later]
    if (!Arr.isNonEmptyReadonlyArray(batch)) return undefined
    this.clear()
    return batch
  }

  /** Puts back what was taken and not handled: it comes first again. */
  putBack(rest: ReadonlyArray<A>): void {
    if (rest.length === 0) return
    this.queue = [...rest, ...this.queue.slice(this.next), ...(this.later ?? none)]
    this.next = 0
    this.later = undefined
    for (const element of rest) this.size += this.weigh(element)
    this.wake()
  }

  takeOne(): A | undefined {
    const element = this.queue[this.next]
    if (element === undefined) return undefined
    this.outstanding = true
    this.next++
    this.size -= this.weigh(element)
    if (this.next < this.queue.length) return element
    if (this.later === undefined) {
      this.clear()
    } else {
      this.queue = this.later
      this.later = undefined
      this.next = 0
    }
    return element
  }

  /** Says that the reader at `slot` (or the handler) is ready for more, and found nothing. */
  ask(slot: Slot | undefined): void {
    if (this.slots.every((other) => other === slot || other.waiting !== undefined)) this.outstanding = false
    this.owner.onAsked()
  }

  /** A handler is at work, or is done. */
  setBusy(busy: boolean): void {
    this.outstanding = busy
    if (!busy) this.owner.onAsked()
  }

  open(): Slot {
    const slot: Slot = { waiting: undefined }
    this.slots = [...this.slots, slot]
    return slot
  }

  close(slot: Slot): void {
    this.slots = this.slots.filter((other) => other !== slot)
  }

  /** Wakes all waiting readers: one of them may have been interrupted, and must not keep elements from the others. */
  private wake(): void {
    for (const slot of this.slots) resume(slot)
  }

  private clear(): void {
    this.queue = none
    this.next = 0
    this.later = undefined
    this.size = 0
    this.outstanding = true
    this.owner.onTaken()
  }
}

const none: ReadonlyArray<never> = []

/**
 * Wakes the reader that waits at `slot`, if any.
 *
 * @since 0.1.0
 * @category waiting
 */
export const resume = (slot: Slot): void => {
  const waiting = slot.waiting
  slot.waiting = undefined
  waiting?.(Effect.void)
}
