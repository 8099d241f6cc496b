/** A host in memory: upgrades that are answered here, and the client's connection once one was accepted. */
import * as Forwarded from "@effect-ws/codec/Forwarded"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as Primitives from "@effect-ws/codec/Primitives"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import type * as Connection from "@effect-ws/connection/Connection"
import * as Deadlines from "@effect-ws/connection/host/Deadlines"
import * as Host from "@effect-ws/connection/host/Host"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import * as Limits from "@effect-ws/connection/Limits"
import * as Loopback from "@effect-ws/connection/testing/Loopback"
import * as Serving from "@effect-ws/platform/host/Serving"
import * as Effect from "effect/Effect"

const random = () => 0x12345678

export type Answer =
  | { readonly _tag: "Accepted"; readonly choice: ServerHandshake.Choice; readonly client: Connection.Connection }
  | {
    readonly _tag: "Refused"
    readonly status: number
    readonly headers: ReadonlyArray<unknown>
    readonly body: string
  }

/** One request, and what became of it. */
export class Request implements Serving.Upgrade {
  answer: Answer | undefined = undefined
  readonly remoteAddress = "192.0.2.1"
  readonly remotePort = 49152
  readonly certificate = undefined
  readonly secure = false
  readonly offer: ServerHandshake.Offer
  transport: Loopback.Loopback | undefined = undefined
  private onLeave: () => void = () => {}
  private hasLeft = false

  constructor(
    private readonly clients: Host.Host,
    offer: Partial<ServerHandshake.Offer>
  ) {
    this.offer = {
      _tag: "Offer",
      target: "/chat?token=secret",
      host: "a.example",
      forwarded: Forwarded.untold,
      origin: undefined,
      key: "dGhlIHNhbXBsZSBub25jZQ==",
      subprotocols: [],
      extensions: [],
      headers: [["Host", "a.example"]],
      ...offer
    }
  }

  watch(onLeave: () => void): void {
    this.onLeave = onLeave
  }

  leave(): void {
    this.hasLeft = true
    this.onLeave()
  }

  accept(choice: ServerHandshake.Choice): Serving.AcceptResult {
    if (this.hasLeft) return { _tag: "Left" }
    const encoded = ServerHandshake.accept(this.offer, choice)
    if (encoded._tag === "Problem") return encoded
    const [near, far] = Loopback.make()
    this.transport = far
    const client = Hosting.unsafeMake(far, this.clients, {
      incoming: "whole",
      opening: { subprotocol: choice.subprotocol, extensions: "", headers: [], target: this.offer.target },
      compression: undefined
    })
    this.answer = { _tag: "Accepted", choice, client }
    return { _tag: "Opened", transport: near }
  }

  refuse(
    status: number,
    given: HttpHeaders.Given = [],
    body: Uint8Array = new Uint8Array(0)
  ): ServerHandshake.ResponseProblem | undefined {
    if (this.hasLeft) return undefined
    const headers = HttpHeaders.fromGiven(given)
    const encoded = ServerHandshake.refuse(status, headers, body)
    if (encoded._tag === "Problem") return encoded
    this.answer = { _tag: "Refused", status, headers, body: Primitives.plain.decodeUtf8(body, 0, body.length) }
    return undefined
  }

  get status(): number {
    return this.answer?._tag === "Refused" ? this.answer.status : this.answer?._tag === "Accepted" ? 101 : 0
  }

  get client(): Connection.Connection {
    if (this.answer?._tag !== "Accepted") throw new Error(`not accepted: ${JSON.stringify(this.answer)}`)
    return this.answer.client
  }
}

export const make = (options: Partial<Serving.Options> = {}) =>
  Effect.gen(function*() {
    const deadlines = yield* Deadlines.make
    const limits = Limits.make()
    const clients = Host.make({ role: "client", limits, primitives: Primitives.plain, random, deadlines })
    const serving = yield* Serving.make({
      limits,
      deadlines,
      primitives: Primitives.plain,
      random,
      openTimeout: "10 seconds",
      grace: "3 seconds",
      maxConnections: Infinity,
      closeOnShutdown: 1001,
      compression: undefined,
      ...options
    })
    return {
      serving,
      request: (offer: Partial<ServerHandshake.Offer> = {}): Request => {
        const request = new Request(clients, offer)
        serving.onUpgrade(request)
        return request
      }
    }
  })
