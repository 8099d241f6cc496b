/**
 * A network in memory. In: requests of clients, and commands of a test. Out: each request at the server that it is for, its answer, and
 * the links that came of those which were accepted.
 *
 * It moves bytes, and knows no frames.
 */
import type { UrlParts } from "@effect-ws/codec/ClientHandshake"
import * as Loopback from "@effect-ws/connection/testing/Loopback"

/** A request on its way. */
export interface Call {
  readonly target: UrlParts
  /** As errors show it. */
  readonly url: string
  readonly octets: Uint8Array
  readonly remoteAddress: string
  readonly onAnswer: (answer: Answer) => void
}

export type Answer =
  | { readonly _tag: "Unreachable"; readonly cause: Error }
  /** What a server wrote, and the way to it. */
  | { readonly _tag: "Answered"; readonly octets: Uint8Array; readonly transport: Loopback.Loopback }

/** A server of the network. */
export interface Listener {
  /** Host, and port if it matters, that it is reached by; `undefined`: by those that no other has. */
  readonly at: string | undefined
  readonly takes: (path: string) => boolean
  readonly onCall: (incoming: IncomingCall) => void
}

/** A request that has arrived. It is answered at most once. */
export class IncomingCall {
  /** Is told that the client hangs up before the answer. */
  onHangUp: () => void = () => {}
  private readonly link: Link

  constructor(readonly call: Call, private readonly network: Network) {
    this.link = new Link(call.url, ...Loopback.make())
  }

  accept(octets: Uint8Array): Loopback.Loopback {
    this.network.opened(this.link)
    this.refuse(octets)
    return this.link.server
  }

  refuse(octets: Uint8Array): void {
    this.call.onAnswer({ _tag: "Answered", octets, transport: this.link.client })
  }
}

export class Network {
  private state: "Up" | "Stalled" | "Down" = "Up"
  private readonly listeners = new Set<Listener>()
  /** Those that wait until the network goes on. */
  private readonly calls = new Set<() => void>()
  private all: ReadonlyArray<Link> = []

  /** Those that are open, the oldest first. */
  get links(): ReadonlyArray<Link> {
    this.all = this.all.filter(({ isOpen }) => isOpen)
    return this.all
  }

  opened(link: Link): void {
    this.all = [...this.links, link]
    if (this.state === "Stalled") link.stall()
  }

  /** What it answers stops listening. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  /** What it answers hangs up. */
  call(call: Call): () => void {
    if (this.state !== "Stalled") return this.deliver(call)
    let hangUp = (): void => void this.calls.delete(goOn)
    const goOn = (): void => {
      hangUp = this.deliver(call)
    }
    this.calls.add(goOn)
    return () => hangUp()
  }

  resume(): void {
    this.state = "Up"
    for (const link of this.links) link.resume()
    this.goOn()
  }

  stall(): void {
    this.state = "Stalled"
    for (const link of this.links) link.stall()
  }

  down(): void {
    this.state = "Down"
    for (const link of this.links) link.drop()
    this.goOn()
  }

  private goOn(): void {
    const calls = [...this.calls]
    this.calls.clear()
    for (const goOn of calls) goOn()
  }

  private deliver(call: Call): () => void {
    const { host, path, port } = call.target
    if (this.state === "Down") return unreachable(call, "the network is down")
    const listener = this.find(host, port, path.split("?", 1)[0] ?? "")
    if (listener === undefined) return unreachable(call, `nobody listens at ${host}:${port}`)
    const incoming = new IncomingCall(call, this)
    listener.onCall(incoming)
    return () => incoming.onHangUp()
  }

  /** One that takes the path, or else any of the place: it is that one's to refuse. */
  private find(host: string, port: number, path: string): Listener | undefined {
    const all = [...this.listeners]
    const named = all.filter(({ at }) => at === host || at === `${host}:${port}`)
    const there = named.length > 0 ? named : all.filter(({ at }) => at === undefined)
    return there.find(({ takes }) => takes(path)) ?? there[0]
  }
}

const unreachable = (call: Call, why: string): () => void => {
  call.onAnswer({ _tag: "Unreachable", cause: new Error(why) })
  return () => {}
}

/** One connection, as the network sees it. */
export class Link {
  constructor(
    readonly url: string,
    readonly client: Loopback.Loopback,
    readonly server: Loopback.Loopback
  ) {}

  get isOpen(): boolean {
    return !this.client.isClosed && !this.server.isClosed
  }

  drop(): void {
    this.client.reset(new Error("the network dropped the connection"))
  }

  stall(): void {
    this.client.hold()
    this.server.hold()
  }

  resume(): void {
    this.client.release()
    this.server.release()
  }
}
