/**
 * Connections one after the other, to be read as one. In: connections as they open, and the end of all. Out: the messages of
 * each, in order, before those of the next.
 *
 * Whoever reads holds on to the connection that it reads; for those to come, the last few are kept.
 */
import type { Connection } from "@effect-ws/connection/Connection"
import type { Message } from "@effect-ws/connection/Message"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

interface Node<E> {
  /** Before the first connection there is none. */
  readonly connection: Connection | undefined
  next: Node<E> | undefined
  /** The next one; none, when the end was a normal one. */
  readonly following: Deferred.Deferred<Option.Option<Node<E>>, E>
}

const node = <E>(connection: Connection | undefined): Node<E> => ({
  connection,
  next: undefined,
  following: Deferred.unsafeMake(FiberId.none)
})

/** Of so many connections messages are kept while nobody reads. */
const kept = 4

export class ConnectionSequence<E> {
  /** Where the next reader begins. */
  private front: Node<E> = node(undefined)
  private last: Node<E> = this.front
  private size = 0
  /** Why there will be no more. */
  private over: Effect.Effect<never, E> = Effect.never

  add(connection: Connection): void {
    const added = node<E>(connection)
    const { last } = this
    last.next = added
    this.last = added
    this.size++
    while (this.size > kept) this.pass(this.front)
    Deferred.unsafeDone(last.following, Effect.succeed(Option.some(added)))
  }

  /** There will be no more. `why` is what readers find; where the end is a normal one, `messages` completes instead. */
  end(why: Effect.Effect<never, E>, isNormal: boolean): void {
    this.over = why
    Deferred.unsafeDone(this.last.following, isNormal ? Effect.succeedNone : why)
  }

  /** The connection after the last one that there was. */
  get upcoming(): Effect.Effect<Connection, E> {
    return Effect.flatMap(Deferred.await(this.last.following), (next) => {
      const connection = Option.getOrUndefined(next)?.connection
      return connection === undefined ? this.over : Effect.succeed(connection)
    })
  }

  /** Everything of `before` was read. */
  private behind(before: Node<E>): Effect.Effect<Option.Option<Node<E>>, E> {
    return Effect.map(Deferred.await(before.following), (found) => {
      this.pass(before)
      return found
    })
  }

  private pass(read: Node<E>): void {
    if (this.front !== read || read.next === undefined) return
    this.front = read.next
    if (read.connection !== undefined) this.size--
  }

  readonly receive: Effect.Effect<Message, E> = Effect.suspend(() => this.receiveFrom(this.front))

  private receiveFrom(from: Node<E>): Effect.Effect<Message, E> {
    const beyond = Effect.suspend(() =>
      Effect.flatMap(
        this.behind(from),
        Option.match({ onNone: () => this.over, onSome: (next) => this.receiveFrom(next) })
      )
    )
    return from.connection === undefined ? beyond : Effect.catchAll(from.connection.receive, () => beyond)
  }

  readonly messages: Stream.Stream<Message, E> = Stream.suspend(() => {
    const begin = this.front
    const nodes = Stream.unfoldEffect<Node<E> | undefined, Node<E>, E, never>(
      undefined,
      (before) =>
        before === undefined
          ? Effect.succeedSome([begin, begin])
          : Effect.map(this.behind(before), Option.map((next) => [next, next]))
    )
    return Stream.flatMap(
      nodes,
      ({ connection }) =>
        connection === undefined ? Stream.empty : Stream.catchAll(connection.messages, () => Stream.empty)
    )
  })
}
