/**
 * What users hold of a connection on bytes: its ways to read, send and close, on the shell that drives it. One object for each
 * connection, with what most never use on the prototype.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { CloseOutcome } from "../CloseOutcome.js"
import type * as Api from "../Connection.js"
import type { ConnectionClosed, PingTimeout } from "../ConnectionError.js"
import type { Host, Options } from "../host/Host.js"
import type { Transport } from "../host/Transport.js"
import type { Limits } from "../Limits.js"
import type { AnyMessage, Content, Fragment, Kind } from "../Message.js"
import * as Protocol from "../Protocol.js"
import { messageStreams } from "../receiving/messageStreams.js"
import * as reading from "../receiving/readers.js"
import * as sending from "../sending/senders.js"
import { Pings } from "./Pings.js"
import { Shell } from "./Shell.js"

abstract class OctetEndpoint<A> extends Shell<A> {
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

  get limits(): Limits {
    return this.host.limits
  }

  get isOpen(): boolean {
    return Protocol.isOpen(this.state)
  }

  protected get stateName(): string {
    return this.state._tag
  }

  protected get ended(): CloseOutcome | undefined {
    return this.state._tag === "Closed" ? this.state.outcome : undefined
  }

  protected streaming<E, R>(
    kind: Kind,
    payload: Stream.Stream<Content, E, R>
  ): Effect.Effect<void, ConnectionClosed | E, R> {
    return sending.sendStream(this.outbox, kind, payload, () => this.beginClose(abandoned))
  }

  protected whenFlushed(task: () => void): void {
    this.outbox.whenFlushed(task)
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

  /** What can be sent of it, as {@link CloseStatus.fit} has it. */
  fitted(status: CloseStatus.Status): CloseStatus.Fitted {
    return CloseStatus.fit(this.settings.primitives, status.code, status.reason)
  }

  problemOf(code: number, reason: string): CloseStatus.Unsendable | undefined {
    return CloseStatus.check(this.settings.primitives, code, reason)
  }
}

const abandoned = CloseStatus.make(1011, "a message was abandoned")

/** `M` is what `settings.incoming` makes of messages. */
export class WholeConnection<M extends AnyMessage> extends OctetEndpoint<M> implements Api.Connection<M> {
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

export class FragmentConnection extends OctetEndpoint<Fragment> implements Api.StreamedConnection {
  protected received(step: Protocol.Step): ReadonlyArray<Fragment> {
    return step.fragments
  }

  get messageStreams(): Api.StreamedConnection["messageStreams"] {
    return messageStreams(this.inbox)
  }
}
