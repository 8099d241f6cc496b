/**
 * The pieces of messages of any size -> a Stream of messages, each a Stream of its pieces. Unread pieces of a message are discarded once
 * the next message is read, and reading on in it fails: it never ends as if it were whole.
 */
import * as Arr from "effect/Array"
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Stream from "effect/Stream"
import type { MessageStream } from "../Connection.js"
import { type ConnectionError, MessageDiscarded } from "../ConnectionError.js"
import { type Source, streamOf } from "../internal/streams.js"
import type { Fragment } from "../Message.js"
import { type Inbox, resume, type Slot } from "./Inbox.js"
import { ending, park } from "./readers.js"

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
  streamOf(() => new Messages(new Cursor(inbox, inbox.open())), ({ cursor }) => cursor.close())

class Messages implements Source<MessageStream, ConnectionError> {
  readonly wait: Effect.Effect<void>

  constructor(readonly cursor: Cursor) {
    this.wait = park(cursor.slot)
  }

  take(): Arr.NonEmptyReadonlyArray<MessageStream> | undefined {
    const { cursor } = this
    cursor.turn()
    for (let fragment = cursor.take(); fragment !== undefined; fragment = cursor.take()) {
      if (fragment._tag === "Begin") return [begin(cursor, fragment.kind)]
      // else the rest of a message that nobody wants
    }
    return undefined
  }

  ask(): Exit.Exit<void, ConnectionError> | undefined {
    const { inbox, slot } = this.cursor
    inbox.ask(slot)
    return inbox.end === undefined ? undefined : ending(inbox)
  }
}

const begin = (cursor: Cursor, kind: "text" | "binary"): MessageStream =>
  kind === "text"
    ? { kind, payload: payload(cursor, (fragment) => fragment._tag === "Text" ? fragment.text : undefined) }
    : { kind, payload: payload(cursor, (fragment) => fragment._tag === "Binary" ? fragment.octets : undefined) }

const payload = <A>(
  cursor: Cursor,
  select: (fragment: Fragment) => A | undefined
): Stream.Stream<A, ConnectionError | MessageDiscarded> => {
  const pieces = new Pieces(cursor, select)
  return streamOf(() => pieces, () => {})
}

class Pieces<A> implements Source<A, ConnectionError | MessageDiscarded> {
  readonly wait: Effect.Effect<void>
  private readonly current: number
  private isOver = false

  constructor(private readonly cursor: Cursor, private readonly select: (fragment: Fragment) => A | undefined) {
    this.current = cursor.current
    this.wait = park(cursor.slot)
  }

  take(): Arr.NonEmptyReadonlyArray<A> | undefined {
    if (this.isOver || this.cursor.current !== this.current) return undefined
    const { ended, run } = this.cursor.takeRun(this.select)
    this.isOver = ended
    return Arr.isNonEmptyReadonlyArray(run) ? run : undefined
  }

  ask(): Exit.Exit<void, ConnectionError | MessageDiscarded> | undefined {
    if (this.isOver) return Exit.void
    if (this.cursor.current !== this.current) return Exit.fail(new MessageDiscarded({ why: "NextAsked" }))
    const { inbox, slot } = this.cursor
    inbox.ask(slot)
    if (inbox.end === undefined) return undefined
    return Exit.fail(inbox.end._tag === "EndOfMessages" ? new MessageDiscarded({ why: "Closed" }) : inbox.end)
  }
}
