/**
 * Who listens to what, on one node. In: connections and the names that they subscribe to. Out: the listeners of a topic, each connection
 * once. It says which names nobody wants any more.
 */
import type { Connection } from "@effect-ws/connection/Connection"
import { isPattern, PatternTree } from "./names.js"
import type { Subscriber } from "./Subscriber.js"

export type Listeners = ReadonlySet<Subscriber>

export class Registry {
  private readonly byName = new Map<string, Set<Subscriber>>()
  private readonly patterns = new PatternTree<Set<Subscriber>>()
  private readonly byConnection = new Map<Connection, Map<string, Subscriber>>()

  /** The listeners of this topic, by its name and by patterns. */
  find(topic: string): Listeners | undefined {
    const exact = this.byName.get(topic)
    if (this.patterns.isEmpty) return exact
    const found = this.patterns.find(topic)
    if (exact !== undefined) found.unshift(exact)
    return found.length < 2 ? found[0] : eachConnectionOnce(found)
  }

  /** Names that this connection has subscribed to. */
  countOf(connection: Connection): number {
    return this.byConnection.get(connection)?.size ?? 0
  }

  has(connection: Connection, name: string): boolean {
    return this.byConnection.get(connection)?.has(name) === true
  }

  /** Whether anybody listens to this name. */
  isWanted(name: string): boolean {
    return this.byName.has(name)
  }

  /** Adds a listener. The connection's earlier subscription to the same name ends. */
  add(listener: Subscriber): void {
    const { connection, name } = listener
    const own = this.byConnection.get(connection) ?? new Map<string, Subscriber>()
    this.byConnection.set(connection, own)
    const before = own.get(name)
    own.set(name, listener)
    const known = this.byName.get(name)
    const all = known ?? new Set<Subscriber>()
    if (before !== undefined) {
      before.end()
      all.delete(before)
    }
    all.add(listener)
    if (known !== undefined) return
    this.byName.set(name, all)
    if (isPattern(name)) this.patterns.set(name, all)
  }

  /** Removes a listener. Returns whether the name had no other. */
  remove(listener: Subscriber): boolean {
    const { connection, name } = listener
    const own = this.byConnection.get(connection)
    if (own?.get(name) !== listener) return false // another has taken its place
    own.delete(name)
    if (own.size === 0) this.byConnection.delete(connection)
    listener.end()
    const all = this.byName.get(name)
    all?.delete(listener)
    if (all === undefined || all.size > 0) return false
    this.byName.delete(name)
    if (isPattern(name)) this.patterns.delete(name)
    return true
  }

  get all(): ReadonlyArray<Subscriber> {
    return [...this.byConnection.values()].flatMap((own) => [...own.values()])
  }

  /** The subscriptions of this connection to these names, or all. */
  of(connection: Connection, names: ReadonlyArray<string> | undefined): ReadonlyArray<Subscriber> {
    const own = this.byConnection.get(connection)
    if (own === undefined) return []
    if (names === undefined) return [...own.values()]
    return names.flatMap((name) => own.get(name) ?? [])
  }
}

const eachConnectionOnce = (sets: ReadonlyArray<Listeners>): Listeners => {
  const found = new Map<Connection, Subscriber>()
  for (const listeners of sets) {
    for (const listener of listeners) {
      if (!found.has(listener.connection)) found.set(listener.connection, listener)
    }
  }
  return new Set(found.values())
}
