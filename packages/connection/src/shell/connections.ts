/**
 * What users hold of a connection: its ways to read, send and close, on the shell that drives it. One object for each connection, with
 * what most never use on the prototype.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Effect from "effect/Effect"
import { format, NodeInspectSymbol } from "effect/Inspectable"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import { AbortReason, type CloseOutcome } from "../CloseOutcome.js"
import type * as Api from "../Connection.js"
import { TypeId } from "../Connection.js"
import { type ConnectionClosed, InvalidClose, type PingTimeout } from "../ConnectionError.js"
import type { Host, Options } from "../host/Host.js"
import type { Transport } from "../host/Transport.js"
import type { Limits } from "../Limits.js"
import type { AnyMessage, Content, Fragment, Kind } from "../Message.js"
import * as Protocol from "../Protocol.js"
import { messageStreams } from "../receiving/messageStreams.js"
import * as reading from "../receiving/readers.js"
import * as sending from "../sending/senders.js"
import { Pings } from "./Pings.js"
import { type Listener, Shell } from "./Shell.js"

abstract class Endpoint<A> extends Shell<A> implements Api.Lifecycle, Api.Sending {
  readonly opening: Api.Opening

  constructor(
    transport: Transport,
    host: Host,
    settings: Protocol.Settings,
    weigh: (element: A) => number,
    options: Options
  ) {
    super(transport, host, settings, weigh, options)
    this.opening = options.opening
  }

  get [TypeId](): this {
    return this
  }

  get limits(): Limits {
    return this.host.limits
  }

  get subprotocol(): Option.Option<string> {
    return Option.fromNullable(this.opening.subprotocol)
  }

  get extensions(): string {
    return this.opening.extensions
  }

  /** What a log may show: no octets, and nothing of the request, which may hold secrets. */
  toJSON(): unknown {
    const { bufferedAmount, extensions, role, state } = this
    return { _id: "Connection", role, state: state._tag, extensions, bufferedAmount }
  }

  override toString(): string {
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
    return <E, R>(kind: Kind, payload: Stream.Stream<Content, E, R>) =>
      sending.sendStream(this.outbox, kind, payload, () => this.beginClose(abandoned))
  }

  get sink(): Api.Sending["sink"] {
    return sending.sink(this.outbox)
  }

  get flush(): Api.Sending["flush"] {
    return Effect.async((resume) => {
      const closed = (): void => resume(Effect.fail(this.outbox.error))
      if (this.state._tag === "Closed") return closed()
      this.listen(closed)
      this.outbox.whenFlushed(() => {
        this.unlisten(closed)
        resume(Effect.void)
      })
      return Effect.sync(() => this.unlisten(closed))
    })
  }

  // -- life

  get isOpen(): boolean {
    return Protocol.isOpen(this.state)
  }

  get ping(): Api.Lifecycle["ping"] {
    return Effect.map(
      Effect.timed(Effect.async<void, ConnectionClosed | PingTimeout>((resume) => {
        if (this.outbox.isShut) return resume(Effect.fail(this.outbox.error))
        const pings = this.pings ??= new Pings(this.host)
        const ping = pings.add(resume)
        this.outbox.ping(ping.payload)
        return Effect.sync(() => pings.remove(ping))
      })),
      ([latency]) => {
        this.host.meter?.pinged(latency)
        return latency
      }
    )
  }

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
      if (this.state._tag === "Closed") return resume(Effect.succeed(this.state.outcome))
      const listener: Listener = (outcome) => resume(Effect.succeed(outcome))
      this.listen(listener)
      return Effect.sync(() => this.unlisten(listener))
    })
  }

  get currentOutcome(): Option.Option<CloseOutcome> {
    return this.state._tag === "Closed" ? Option.some(this.state.outcome) : Option.none()
  }

  /** What can be sent of it, as {@link CloseStatus.fit} has it. */
  fitted(status: Extract<CloseStatus.CloseStatus, { readonly _tag: "Status" }>): CloseStatus.Fitted {
    return CloseStatus.fit(this.settings.primitives, status.code, status.reason)
  }

  /** Why such a Close must not be sent. */
  problemOf(code: number, reason: string): CloseStatus.Unsendable | undefined {
    return CloseStatus.check(this.settings.primitives, code, reason)
  }
}

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

const abandoned = CloseStatus.make(1011, "a message was abandoned")

/** `M` is what `settings.incoming` makes of messages. */
export class WholeConnection<M extends AnyMessage> extends Endpoint<M> implements Api.Connection<M> {
  protected received(step: Protocol.Step): ReadonlyArray<M> {
    return messagesOf(step)
  }

  get receive(): Api.Connection<M>["receive"] {
    return reading.receive(this.inbox)
  }

  get reader(): Api.Connection<M>["reader"] {
    return reading.reader(this.inbox)
  }

  get messages(): Api.Connection<M>["messages"] {
    return reading.stream(this.inbox)
  }

  get run(): Api.Connection<M>["run"] {
    return (handler) => reading.run(this.inbox, handler)
  }
}

/** The machine makes what its settings say, which the compiler does not know. */
function messagesOf<M extends AnyMessage>(step: Protocol.Step): ReadonlyArray<M>
function messagesOf(step: Protocol.Step): ReadonlyArray<AnyMessage> {
  return step.messages
}

export class FragmentConnection extends Endpoint<Fragment> implements Api.StreamedConnection {
  protected received(step: Protocol.Step): ReadonlyArray<Fragment> {
    return step.fragments
  }

  get messageStreams(): Api.StreamedConnection["messageStreams"] {
    return messageStreams(this.inbox)
  }
}
