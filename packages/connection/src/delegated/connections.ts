/**
 * What users hold of a connection whose protocol the host speaks: its ways to read, and a message as a Stream, which is put together
 * before it is sent, as hosts take whole messages only.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Api from "../Connection.js"
import type { ConnectionClosed } from "../ConnectionError.js"
import type { MessageTransport } from "../host/MessageTransport.js"
import type { AnyMessage, Content, Fragment, Kind, Message } from "../Message.js"
import { messageStreams } from "../receiving/messageStreams.js"
import * as reading from "../receiving/readers.js"
import { gather } from "../sending/gather.js"
import { DelegatedShell, type Shared } from "./DelegatedShell.js"

abstract class DelegatedEndpoint<A> extends DelegatedShell<A> {
  /** Others wait meanwhile, as they do while a message is sent in fragments: it keeps its place. */
  protected streaming<E, R>(
    kind: Kind,
    payload: Stream.Stream<Content, E, R>
  ): Effect.Effect<void, ConnectionClosed | E, R> {
    const { outbox } = this
    return Effect.acquireUseRelease(
      Effect.interruptible(outbox.wait(undefined)),
      () => {
        const pieces: Array<Content> = []
        return Stream.runForEachChunk(payload, (chunk) =>
          Effect.sync(() => {
            for (const piece of Chunk.toReadonlyArray(chunk)) pieces.push(piece)
          })).pipe(
            Effect.zipRight(Effect.suspend(() => {
              if (outbox.isShut) return Effect.fail(outbox.error)
              outbox.accept(gather(kind, pieces))
              return Effect.void
            })),
            Effect.raceFirst(outbox.untilShut())
          )
      },
      () => Effect.sync(() => outbox.release())
    )
  }
}

/** `convert` makes of the host's messages what was asked for. */
export class DelegatedMessages<M extends AnyMessage> extends DelegatedEndpoint<M> implements Api.Connection<M> {
  protected readonly isLimited = true

  constructor(
    transport: MessageTransport,
    host: Shared,
    opening: Api.Opening,
    weigh: (element: M) => number,
    private readonly convert: (message: Message) => M
  ) {
    super(transport, host, opening, weigh)
  }

  protected received(message: Message): ReadonlyArray<M> {
    return [this.convert(message)]
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

/** Each message is one piece: the host has it whole before it tells of it. */
export class DelegatedFragments extends DelegatedEndpoint<Fragment> implements Api.StreamedConnection {
  protected readonly isLimited = false

  protected received(message: Message): ReadonlyArray<Fragment> {
    return typeof message === "string"
      ? [{ _tag: "Begin", kind: "text" }, { _tag: "Text", text: message }, { _tag: "End" }]
      : [{ _tag: "Begin", kind: "binary" }, { _tag: "Binary", octets: message }, { _tag: "End" }]
  }

  get messageStreams(): Api.StreamedConnection["messageStreams"] {
    return messageStreams(this.inbox)
  }
}
