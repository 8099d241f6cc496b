/** Connections in memory: a client of ours, and the server's ends of what it opens. */
import * as Primitives from "@effect-ws/codec/Primitives"
import type * as Connection from "@effect-ws/connection/Connection"
import * as Deadlines from "@effect-ws/connection/host/Deadlines"
import * as Host from "@effect-ws/connection/host/Host"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import * as Limits from "@effect-ws/connection/Limits"
import * as Loopback from "@effect-ws/connection/testing/Loopback"
import type { HandshakeError } from "@effect-ws/platform/HandshakeError"
import type { ConnectOptions } from "@effect-ws/platform/WebSocketClient"
import { WebSocketClient } from "@effect-ws/platform/WebSocketClient"
import * as Effect from "effect/Effect"

const opening: Connection.Opening = { subprotocol: undefined, extensions: "", headers: [], target: "/" }
const options = { incoming: "whole", opening, compression: undefined } as const
const status = { _tag: "Status", code: 1001, reason: "" } as const

export interface Peer {
  readonly connection: Connection.Connection
  readonly transport: Loopback.Loopback
}

/** A connection whose peer is silent. */
export const alone = (limits: Partial<Limits.Limits>) =>
  Effect.map(Deadlines.make, (deadlines) =>
    Hosting.unsafeMake(
      Loopback.make()[0],
      Host.make({
        role: "server",
        limits: Limits.make(limits),
        primitives: Primitives.plain,
        random: () => 0x12345678,
        deadlines
      }),
      options
    ))

export const pairs = (limits: Partial<Limits.Limits> = {}) =>
  Effect.gen(function*() {
    const deadlines = yield* Deadlines.make
    const host = (role: "client" | "server") =>
      Host.make({
        role,
        limits: Limits.make(limits),
        primitives: Primitives.plain,
        random: () => 0x12345678,
        deadlines
      })
    const clients = host("client")
    const servers = host("server")
    return () => {
      const [near, far] = Loopback.make()
      return {
        client: Hosting.unsafeMake(near, clients, options),
        server: { connection: Hosting.unsafeMake(far, servers, options), transport: far } satisfies Peer
      }
    }
  })

/** A client that opens connections in memory, and fails as `failures` say first. */
export const client = (limits?: Partial<Limits.Limits>) =>
  Effect.map(pairs(limits), (pair) => {
    const peers: Array<Peer> = []
    const asked: Array<{ readonly url: string; readonly options: ConnectOptions }> = []
    const failures: Array<HandshakeError> = []
    const connect: WebSocketClient["Type"]["connect"] = (url, options = {}) =>
      Effect.suspend(() => {
        asked.push({ url: typeof url === "string" ? url : url.href, options })
        const failure = failures.shift()
        if (failure !== undefined) return Effect.fail(failure)
        const { client, server } = pair()
        peers.push(server)
        return Effect.as(
          Effect.addFinalizer(() =>
            Hosting.shutdown(client, { status, grace: "100 millis", why: { _tag: "ScopeClosed" } })
          ),
          client as Connection.ConnectionFor<NonNullable<(typeof options)["incoming"]>>
        )
      })
    return { peers, asked, failures, service: WebSocketClient.of({ connect }) }
  })

/** Lets microtasks and fibers run until nothing moves: the loopback works in microtasks. */
export const settle = Effect.promise(() =>
  new Promise<void>((resolve) => {
    setImmediate(() => setImmediate(() => setImmediate(resolve)))
  })
)
