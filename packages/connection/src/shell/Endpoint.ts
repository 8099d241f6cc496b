/**
 * What users hold of a connection, whoever speaks the protocol under it: sending, closing, the outcome, what a log may show. In: an
 * outbox, and the few steps that a shell makes of its own. Out: `Lifecycle` and `Sending`.
 *
 * It knows neither bytes nor a host's socket: `Shell` runs the machine on bytes, and `DelegatedShell` has a host run it.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Effect from "effect/Effect"
import { format, NodeInspectSymbol } from "effect/Inspectable"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import { AbortReason, type CloseOutcome, type Role } from "../CloseOutcome.js"
import type * as Api from "../Connection.js"
import { TypeId } from "../Connection.js"
import { InvalidClose } from "../ConnectionError.js"
import type { Controls } from "../host/Controls.js"
import type { Content, Kind } from "../Message.js"
import type { Inbox } from "../receiving/Inbox.js"
import * as sending from "../sending/senders.js"

export type Listener = (outcome: CloseOutcome) => void

export abstract class Endpoint<A> implements Api.Lifecycle, Api.Sending, Controls {
  abstract readonly inbox: Inbox<A>
  protected abstract readonly outbox: sending.Accepting
  abstract readonly opening: Api.Opening
  abstract readonly role: Role
  abstract readonly bufferedAmount: number
  abstract readonly isOpen: boolean
  /** The state that it is in, in a word. */
  protected abstract readonly stateName: string
  /** How it ended, if it did. */
  protected abstract readonly ended: CloseOutcome | undefined
  private listeners: ReadonlyArray<Listener> = none

  get [TypeId](): this {
    return this
  }

  get subprotocol(): Option.Option<string> {
    return Option.fromNullable(this.opening.subprotocol)
  }

  get extensions(): string {
    return this.opening.extensions
  }

  /** What a log may show: no bytes, and nothing of the request, which may hold secrets. */
  toJSON(): unknown {
    const { bufferedAmount, extensions, role, stateName } = this
    return { _id: "Connection", role, state: stateName, extensions, bufferedAmount }
  }

  toString(): string {
    return format(this.toJSON())
  }

  [NodeInspectSymbol](): unknown {
    return this.toJSON()
  }

  // -- sending. Getters: `connection.send` may be passed on as a function, and costs an idle connection nothing.

  get send(): Api.Sending["send"] {
    return (message) => sending.send(this.outbox, message)
  }

  get sendAll(): Api.Sending["sendAll"] {
    return (messages) => sending.sendAll(this.outbox, messages)
  }

  get trySend(): Api.Sending["trySend"] {
    return (message) => this.outbox.trySend(message)
  }

  get sendStream(): Api.Sending["sendStream"] {
    return <E, R>(kind: Kind, payload: Stream.Stream<Content, E, R>) => this.streaming(kind, payload)
  }

  get sink(): Api.Sending["sink"] {
    return sending.sink(this.outbox)
  }

  get flush(): Api.Sending["flush"] {
    return Effect.async((resume) => {
      const closed = (): void => resume(Effect.fail(this.outbox.error))
      if (this.ended !== undefined) return closed()
      this.listen(closed)
      this.whenFlushed(() => {
        this.unlisten(closed)
        resume(Effect.void)
      })
      return Effect.sync(() => this.unlisten(closed))
    })
  }

  protected abstract streaming<E, R>(
    kind: Kind,
    payload: Stream.Stream<Content, E, R>
  ): ReturnType<typeof sending.sendStream<E, R>>

  /** Calls `task` once all that was accepted so far has left; perhaps never, once the connection is closed. */
  protected abstract whenFlushed(task: () => void): void

  // -- life

  abstract readonly ping: Api.Lifecycle["ping"]

  get startClose(): Api.Lifecycle["startClose"] {
    return starting(this, Effect.void)
  }

  get close(): Api.Lifecycle["close"] {
    return starting(this, this.outcome)
  }

  get abort(): Api.Lifecycle["abort"] {
    return (reason) =>
      Effect.suspend(() => {
        this.cut(AbortReason.Application({ reason }))
        return this.outcome
      })
  }

  get outcome(): Effect.Effect<CloseOutcome> {
    return Effect.async((resume) => {
      if (this.ended !== undefined) return resume(Effect.succeed(this.ended))
      const listener: Listener = (outcome) => resume(Effect.succeed(outcome))
      this.listen(listener)
      return Effect.sync(() => this.unlisten(listener))
    })
  }

  get currentOutcome(): Option.Option<CloseOutcome> {
    return Option.fromNullable(this.ended)
  }

  abstract beginClose(status: CloseStatus.CloseStatus): void

  abstract cut(why: AbortReason): void

  abstract fitted(status: CloseStatus.Status): CloseStatus.Fitted

  /** Why such a Close must not be sent. */
  abstract problemOf(code: number, reason: string): InvalidClose["problem"] | undefined

  // -- who waits for the end

  /** Calls once there is an outcome; at once if there is one. */
  listen(listener: Listener): void {
    if (this.ended !== undefined) listener(this.ended)
    else this.listeners = [...this.listeners, listener]
  }

  private unlisten(listener: Listener): void {
    this.listeners = this.listeners.filter((other) => other !== listener)
  }

  /** Tells all who listen, once; one that throws, against its promise, does not keep the others from being told. */
  protected tellOutcome(outcome: CloseOutcome, onDefect: (defect: unknown) => void): void {
    const { listeners } = this
    this.listeners = none
    for (const listener of listeners) {
      try {
        listener(outcome)
      } catch (defect) {
        onDefect(defect)
      }
    }
  }
}

const none: ReadonlyArray<never> = []

interface Starting<A> {
  (): Effect.Effect<A>
  (code: number, reason?: string): Effect.Effect<A, InvalidClose>
}

/** The Close that `close` and `startClose` send without arguments is a legal one. */
const starting = <A>(
  endpoint: Pick<Endpoint<unknown>, "beginClose" | "problemOf">,
  behind: Effect.Effect<A>
): Starting<A> => {
  function start(): Effect.Effect<A>
  function start(code: number, reason?: string): Effect.Effect<A, InvalidClose>
  function start(code: number = 1000, reason: string = ""): Effect.Effect<A, InvalidClose> {
    return Effect.suspend(() => {
      const problem = endpoint.problemOf(code, reason)
      if (problem !== undefined) return Effect.fail(new InvalidClose({ code, reason, problem }))
      endpoint.beginClose(CloseStatus.make(code, reason))
      return behind
    })
  }
  return start
}
