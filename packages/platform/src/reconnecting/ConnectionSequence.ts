/**
 * Connections in sequence, read as one. In: connections as they open, and the end of all. Out: the messages of each, in order, before those
 * of the next.
 *
 * Whoever reads holds on to the connection that it reads; for those to come, the last few are kept.
 */
import type { Connection } from "@effect-ws/connection/Connection"
import type { AnyMessage } from "@effect-ws/connection/Message"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

interface Node<E, M extends AnyMessage> {
  /** `undefined` before the first connection. */
  readonly connection: Connection<M> | undefined
  next: Node<E, M> | undefined
  /** The next one; none, if the end was normal. */
  readonly following: Deferred.Deferred<Option.Option<Node<E, M>>, E>
}

const node = <E, M extends AnyMessage>(connection: Connection<M> | undefined): Node<E, M> => ({
  connection,
  next: undefined,
  following: Deferred.unsafeMake(FiberId.none)
})

/** The messages of this many connections are kept while nobody reads. */
const kept = 4

export class ConnectionSequence<E, M extends AnyMessage> {
  /** Where the next reader begins. */
  private front: Node<E, M> = node(undefined)
  private last: Node<E, M> = this.front
  private size = 0
  /** Why there will be no more. */
  private over: Effect.Effect<never, E> = Effect.never

  add(connection: Connection<M>): void {
    const added = node<E, M>(connection)
    const { last } = this
    last.next = added
    this.last = added
    this.size++
    while (this.size > kept) this.pass(this.front)
    Deferred.unsafeDone(last.following, Effect.succeed(Option.some(added)))
  }

  /** There will be no more. Readers get `why`; if the end is normal, `messages` completes instead. */
  end(why: Effect.Effect<never, E>, isNormal: boolean): void {
    this.over = why
    Deferred.unsafeDone(this.last.following, isNormal ? Effect.succeedNone : why)
  }

  /** The connection after the last one that there was. */
  get upcoming(): Effect.Effect<Connection<M>, E> {
    return Effect.flatMap(Deferred.await(this.last.following), (next) => {
      const connection = Option.getOrUndefined(next)?.connection
      return connection === undefined ? this.over : Effect.succeed(connection)
    })
  }

  /** Everything of `before` was read. */
  private behind(before: Node<E, M>): Effect.Effect<Option.Option<Node<E, M>>, E> {
    return Effect.map(Deferred.await(before.following), (found) => {
      this.pass(before)
      return found
    })
  }

  private pass(read: Node<E, M>): void {
    if (this.front !== read || read.next === undefined) return
    this.front = read.next
    if (read.connection !== undefined) this.size--
  }

  readonly receive: Effect.Effect<M, E> = Effect.suspend(() => this.receiveFrom(this.front))

  private receiveFrom(from: Node<E, M>): Effect.Effect<M, E> {
    const beyond = Effect.suspend(() =>
      Effect.flatMap(
        this.behind(from),
        Option.match({ onNone: () => this.over, onSome: (next) => this.receiveFrom(next) })
      )
    )
    return from.connection === undefined ? beyond : Effect.catchAll(from.connection.receive, () => beyond)
  }

  readonly messages: Stream.Stream<M, E> = Stream.suspend(() => {
    const begin = this.front
    const nodes = Stream.unfoldEffect<Node<E, M> | undefined, Node<E, M>, E, never>(
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
