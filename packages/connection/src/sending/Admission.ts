/**
 * Decides who may send now, and who waits in line. In: senders of a message, or of one in fragments, which holds the data channel; how
 * much is outstanding. Out: each is let in, in order of arrival, while there is room and nobody holds the channel.
 *
 * Room ends at `outboxSize` bytes and is back at `outboxResume`. It knows neither frames nor the transport.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { ConnectionClosed } from "../ConnectionError.js"
import type { Meter } from "../host/Meter.js"
import type { Limits } from "../Limits.js"
import type { Outgoing } from "../Message.js"

/** Where senders go once they are let in. */
export interface Gated {
  /** Bytes accepted and not yet sent. */
  readonly outstanding: number
  /** May throw, for a message that cannot be sent. */
  accept(message: Outgoing): void
}

/** A waiting sender: of a message, or (`undefined`) for the whole data channel. */
interface Waiter {
  readonly message: Outgoing | undefined
  readonly resume: Resume<void>
}

type Resume<A> = (effect: Effect.Effect<A, ConnectionClosed>) => void

const closing = new ConnectionClosed({ state: Data.struct({ _tag: "Closing" }) })

export class Admission {
  /** Set once no more data may be sent. The error, whose stack costs more than the rest of closing, is only made on demand. */
  private shutBy: ConnectionClosed | ConnectionClosed["state"] | undefined = undefined
  private waiters: Array<Waiter> | undefined = undefined
  private full = false
  /** Somebody has the data channel, and may wait for room and for the end. */
  private held = false
  private onRoom: Resume<void> | undefined = undefined
  private onShut: Resume<never> | undefined = undefined
  private admitting = false

  constructor(
    private readonly gated: Gated,
    private readonly limits: Limits,
    private readonly meter?: Pick<Meter, "outboxFull" | "outboxRoom"> | undefined
  ) {}

  get isShut(): boolean {
    return this.shutBy !== undefined
  }

  get isFull(): boolean {
    return this.full
  }

  /** Somebody waits for room. */
  get isWaiting(): boolean {
    return (this.waiters !== undefined && this.waiters.length > 0) || this.onRoom !== undefined
  }

  get error(): ConnectionClosed {
    if (this.shutBy === undefined) return closing
    if (!(this.shutBy instanceof ConnectionClosed)) {
      this.shutBy = new ConnectionClosed({ state: Data.struct(this.shutBy) })
    }
    return this.shutBy
  }

  /** Whether a message that does not wait may pass. It does not overtake those that wait. */
  get verdict(): "accepted" | "full" | "closed" {
    if (this.shutBy !== undefined) return "closed"
    if (this.full || this.held || (this.waiters !== undefined && this.waiters.length > 0)) return "full"
    return "accepted"
  }

  /** Waits in line to send `message`, or for the data channel, which {@link release} gives back. */
  wait(message: Outgoing | undefined): Effect.Effect<void, ConnectionClosed> {
    return Effect.async((resume) => {
      if (this.shutBy !== undefined) return resume(Effect.fail(this.error))
      const waiter: Waiter = { message, resume }
      this.waiters ??= []
      this.waiters.push(waiter)
      this.admit()
      return Effect.sync(() => {
        const index = this.waiters?.indexOf(waiter) ?? -1
        if (index >= 0) this.waiters?.splice(index, 1)
        else if (message === undefined) this.release() // granted, and interrupted before it ran
        this.admit()
      })
    })
  }

  /** Gives the data channel back. */
  release(): void {
    this.held = false
    this.admit()
  }

  /** Waits until there is room. For the holder of the data channel. */
  room(): Effect.Effect<void, ConnectionClosed> {
    return Effect.async((resume) => {
      if (this.shutBy !== undefined) return resume(Effect.fail(this.error))
      if (!this.full) return resume(Effect.void)
      this.onRoom = resume
      return Effect.sync(() => {
        this.onRoom = undefined
      })
    })
  }

  /** Fails once no more data may be sent. For the holder of the data channel, which may wait for something else meanwhile. */
  untilShut(): Effect.Effect<never, ConnectionClosed> {
    return Effect.async((resume) => {
      if (this.shutBy !== undefined) return resume(Effect.fail(this.error))
      this.onShut = resume
      return Effect.sync(() => {
        this.onShut = undefined
      })
    })
  }

  /** No more data: all waiting and later senders fail. */
  shut(state: ConnectionClosed["state"]): void {
    this.shutBy = state
    const { onRoom, onShut, waiters = [] } = this
    this.waiters = undefined
    this.onRoom = undefined
    this.onShut = undefined
    for (const waiter of waiters) waiter.resume(Effect.fail(this.error))
    onRoom?.(Effect.fail(this.error))
    onShut?.(Effect.fail(this.error))
  }

  /** More is outstanding than before. */
  onGrown(): void {
    if (this.full || this.gated.outstanding < this.limits.outboxSize) return
    this.full = true
    this.meter?.outboxFull?.()
  }

  /** Lets in those waiting senders that may pass. Call it when less is outstanding than before. */
  admit(): void {
    this.makeRoom()
    if (this.admitting) return // by what is written for those who are being admitted
    this.admitting = true
    while (!this.held && !this.full) {
      const waiter = this.waiters?.shift()
      if (waiter === undefined) break
      if (waiter.message === undefined) this.held = true
      else if (!this.acceptOf(waiter, waiter.message)) continue
      waiter.resume(Effect.void)
    }
    this.admitting = false
  }

  private makeRoom(): void {
    if (!this.full || !(this.gated.outstanding <= this.limits.outboxResume)) return
    this.full = false
    this.meter?.outboxRoom?.()
    const { onRoom } = this
    this.onRoom = undefined
    onRoom?.(Effect.void)
  }

  /** A message whose memory was transferred while it waited is a defect of its sender alone. */
  private acceptOf(waiter: Waiter, message: Outgoing): boolean {
    try {
      this.gated.accept(message)
      return true
    } catch (defect) {
      waiter.resume(Effect.die(defect))
      return false
    }
  }
}
