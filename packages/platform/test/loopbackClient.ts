/** A client in memory: each connection it opens is one of a pair, whose other end the test plays the server with. */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import * as Primitives from "@effect-ws/codec/Primitives"
import type * as Connection from "@effect-ws/connection/Connection"
import * as Deadlines from "@effect-ws/connection/host/Deadlines"
import * as Host from "@effect-ws/connection/host/Host"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import * as Limits from "@effect-ws/connection/Limits"
import * as Loopback from "@effect-ws/connection/testing/Loopback"
import { HandshakeError, HandshakeReason } from "@effect-ws/platform/HandshakeError"
import type * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as Effect from "effect/Effect"

const random = () => 0x12345678

export interface Opened {
  readonly url: string
  readonly options: WebSocketClient.ConnectOptions | undefined
  readonly server: Connection.Connection
  /** As if the network were gone. */
  readonly drop: () => void
}

const opening: Connection.Opening = { subprotocol: undefined, extensions: "", headers: [], target: "/" }
const goingAway = CloseStatus.make(1001)

/** `refusals` are met first, one for each attempt. */
export const make = (refusals: Array<HandshakeReason> = [], limits: Partial<Limits.Limits> = {}) =>
  Effect.gen(function*() {
    const deadlines = yield* Deadlines.make
    // A Close waits for what is sent in answer to the messages before it: not here, where the clock stands still.
    const all = Limits.make({ settleTimeout: 0, ...limits })
    const host = (role: "client" | "server") =>
      Host.make({ role, limits: all, primitives: Primitives.plain, random, deadlines })
    const hosts = { client: host("client"), server: host("server") }
    const opened: Array<Opened> = []
    let attempts = 0
    const client: WebSocketClient.WebSocketClient["Type"] = {
      connect: (to, options) =>
        Effect.suspend(() => {
          attempts++
          const url = typeof to === "string" ? to : to.href
          const reason = refusals.shift()
          if (reason !== undefined) return Effect.fail(new HandshakeError({ url, reason }))
          const [near, far] = Loopback.make()
          const parts = { opening, compression: undefined }
          const server = Hosting.unsafeMake(far, hosts.server, { ...parts, incoming: "whole" })
          const connection = Hosting.unsafeMake(near, hosts.client, {
            ...parts,
            incoming: options?.incoming ?? "whole" as never
          })
          opened.push({ url, options, server, drop: () => near.reset(new Error("the network is gone")) })
          const close = Hosting.shutdown(connection, {
            status: goingAway,
            grace: "1 second",
            why: { _tag: "ScopeClosed" }
          })
          return Effect.as(Effect.addFinalizer(() => close), connection)
        })
    }
    return {
      client,
      opened,
      get attempts() {
        return attempts
      },
      at: (index: number): Opened => {
        const found = opened.at(index)
        if (found === undefined) throw new Error(`there is no connection ${index}`)
        return found
      }
    }
  })

export const unreachable = HandshakeReason.Unreachable({ cause: "test" })
export const refused = (status: number, headers: Headers = []) =>
  HandshakeReason.Refused({ status, headers, body: new Uint8Array(0) })

/** A turn of the event loop: all that is under way in memory has arrived, and every fiber has done what it can. */
export const turn: Effect.Effect<void> = Effect.promise(() =>
  new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve))
  })
)
