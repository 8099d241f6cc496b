/**
 * Contexts and who holds them: a connection, for as long as it lives; or, without context takeover, whoever is amid a message.
 */
import type { Answer } from "@effect-ws/connection/host/Compression"

interface Resettable {
  reset(): void
  close(): void
}

/** More idle contexts than this are closed. */
const mostIdle = 4

export class Pool<C extends Resettable> {
  private readonly idle = new Map<number, Array<C>>()

  constructor(readonly make: (windowBits: number) => C) {}

  place(windowBits: number, keeps: boolean): Place<C> {
    return new Place(this, windowBits, keeps)
  }

  take(windowBits: number): C {
    return this.idle.get(windowBits)?.pop() ?? this.make(windowBits)
  }

  give(windowBits: number, context: C): void {
    const idle = this.idle.get(windowBits) ?? []
    this.idle.set(windowBits, idle)
    if (idle.length >= mostIdle) return context.close()
    context.reset()
    idle.push(context)
  }
}

const never: Answer<never> = { _tag: "Later", listen: () => {} }

/** A connection's claim to a context. */
export class Place<C extends Resettable> {
  private context: C | undefined = undefined
  private isFreed = false
  /** The context begins anew with the next message, if there is one. */
  private isStale = false

  constructor(
    private readonly pool: Pool<C>,
    private readonly windowBits: number,
    private readonly keeps: boolean
  ) {}

  /** Works with the context; `last` says that the message ends with it. Once freed, it answers nothing. */
  use<A>(work: (context: C) => Answer<A>, last: boolean): Answer<A> {
    if (this.isFreed) return never
    const context = this.context ??= this.pool.take(this.windowBits)
    if (this.isStale) context.reset()
    this.isStale = false
    const answer = work(context)
    if (answer._tag === "Now") {
      if (last) this.rest()
      return answer
    }
    return {
      _tag: "Later",
      listen: (listener, failed) =>
        answer.listen(
          (value) => {
            if (this.isFreed) return
            if (last) this.rest()
            listener(value)
          },
          (defect) => {
            if (!this.isFreed) failed(defect)
          }
        )
    }
  }

  /** Between two messages: the next one takes nothing over. */
  restart(): void {
    this.isStale = this.context !== undefined
  }

  /** Closes the context, also amid a message: nobody else may go on with it. */
  free(): void {
    this.isFreed = true
    this.context?.close()
    this.context = undefined
  }

  private rest(): void {
    if (this.keeps || this.context === undefined) return
    this.pool.give(this.windowBits, this.context)
    this.context = undefined
  }
}
