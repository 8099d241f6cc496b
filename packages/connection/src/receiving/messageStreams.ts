/**
 * The pieces of messages of any size -> a Stream of messages, each of which is a Stream of its pieces. What nobody reads of a
 * message is discarded once the next is asked for, and reading on in it fails: it never ends as if it were whole.
 */
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { MessageStream } from "../Connection.js"
import { type ConnectionError, MessageDiscarded } from "../ConnectionError.js"
import type { Fragment } from "../Message.js"
import { type Inbox, resume, type Slot } from "./Inbox.js"
import { park } from "./readers.js"

type Out<A, E> = Channel.Channel<Chunk.Chunk<A>, unknown, E, unknown, void, unknown>

/** What was taken from the inbox, and how far it was read. */
class Cursor {
  /** Counts messages: a piece is read only by whoever reads the current one. */
  current = 0
  private batch: ReadonlyArray<Fragment> = []
  private next = 0

  constructor(readonly inbox: Inbox<Fragment>, readonly slot: Slot) {}

  /** The message is given up: whoever waits for more of it finds that out. */
  turn(): void {
    this.current++
    resume(this.slot)
  }

  /** What was not read is left to others. */
  close(): void {
    this.turn()
    this.inbox.putBack(this.batch.slice(this.next))
    this.inbox.close(this.slot)
  }

  /** The next piece, or `undefined` when it is still to come. */
  take(): Fragment | undefined {
    if (this.next === this.batch.length) {
      this.batch = this.inbox.take() ?? []
      this.next = 0
      if (this.batch.length === 0) return undefined
    }
    return this.batch[this.next++]
  }

  /** The pieces that are there, up to the end of the message. */
  takeRun<A>(
    select: (fragment: Fragment) => A | undefined
  ): { readonly run: ReadonlyArray<A>; readonly ended: boolean } {
    const run: Array<A> = []
    for (;;) {
      const fragment = this.take()
      if (fragment === undefined || fragment._tag === "End") return { run, ended: fragment !== undefined }
      const selected = select(fragment)
      if (selected !== undefined) run.push(selected)
    }
  }
}

export const messageStreams = (inbox: Inbox<Fragment>): Stream.Stream<MessageStream, ConnectionError> =>
  Stream.fromChannel(Channel.suspend((): Out<MessageStream, ConnectionError> => {
    const slot = inbox.open()
    const cursor = new Cursor(inbox, slot)
    const wait = Channel.fromEffect(park(slot))
    const next: Out<MessageStream, ConnectionError> = Channel.suspend((): Out<MessageStream, ConnectionError> => {
      cursor.turn()
      for (let fragment = cursor.take(); fragment !== undefined; fragment = cursor.take()) {
        if (fragment._tag !== "Begin") continue // the rest of a message that nobody wants
        return Channel.flatMap(Channel.write(Chunk.of(begin(cursor, fragment.kind))), () => next)
      }
      inbox.ask(slot)
      if (inbox.end === undefined) return parked
      return inbox.end._tag === "EndOfMessages" ? Channel.void : Channel.fail(inbox.end)
    })
    const parked: Out<MessageStream, ConnectionError> = Channel.flatMap(wait, () => next)
    return Channel.ensuring(next, Effect.sync(() => cursor.close()))
  }))

const begin = (cursor: Cursor, kind: "text" | "binary"): MessageStream =>
  kind === "text"
    ? { kind, payload: payload(cursor, (fragment) => fragment._tag === "Text" ? fragment.text : undefined) }
    : { kind, payload: payload(cursor, (fragment) => fragment._tag === "Binary" ? fragment.octets : undefined) }

const payload = <A>(
  cursor: Cursor,
  select: (fragment: Fragment) => A | undefined
): Stream.Stream<A, ConnectionError | MessageDiscarded> => {
  const { current, inbox, slot } = cursor
  let isOver = false
  type Payload = Out<A, ConnectionError | MessageDiscarded>
  const wait = Channel.fromEffect(park(slot))
  const next: Payload = Channel.suspend((): Payload => {
    if (isOver) return Channel.void
    if (cursor.current !== current) return Channel.fail(new MessageDiscarded({ why: "NextAsked" }))
    const { ended, run } = cursor.takeRun(select)
    isOver = ended
    if (run.length > 0) return Channel.flatMap(Channel.write(Chunk.unsafeFromArray(run)), () => next)
    if (ended) return Channel.void
    inbox.ask(slot)
    if (inbox.end === undefined) return Channel.flatMap(wait, () => next)
    return Channel.fail(inbox.end._tag === "EndOfMessages" ? new MessageDiscarded({ why: "Closed" }) : inbox.end)
  })
  return Stream.fromChannel(next)
}
