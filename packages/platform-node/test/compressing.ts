/** A server that compresses, and a raw client that speaks to it. */
import { expect } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as Zlib from "node:zlib"
import { connect, type RawClient, request } from "./rawClient.js"

export const serve = (options: Partial<NodeWebSocketServer.ServingOptions> = {}) =>
  Effect.map(
    NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", grace: "200 millis", ...options }),
    (server) => ({ server, to: { port: server.address._tag === "Tcp" ? server.address.port : 0, host: "127.0.0.1" } })
  )

export const echo = (options: Partial<NodeWebSocketServer.ServingOptions> = {}) =>
  Effect.tap(
    serve(options),
    ({ server }) => Effect.forkScoped(server.serve((connection) => Stream.run(connection.messages, connection.sink)))
  )

export const offering = (offer: string): string => request({ "Sec-WebSocket-Extensions": offer })

export const opened = (to: { readonly port: number; readonly host: string }, offer = "permessage-deflate") =>
  Effect.gen(function*() {
    const client = yield* connect(to, offering(offer))
    expect(yield* client.response).toMatchObject({ status: 101, headers: { "sec-websocket-extensions": offer } })
    return client
  })

/** A frame that says it is compressed, and the last one unless told otherwise. */
export const compressed = (payload: Uint8Array, opcode: number = Frame.opcode.text, fin = true): Uint8Array =>
  Frame.encode({ header: Frame.header(opcode, payload.length, { mask: 0, rsv: Frame.rsv1, fin }), payload })

export const deflated = (octets: string | Uint8Array): Buffer =>
  Zlib.deflateRawSync(octets, { finishFlush: Zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4)

export const gone = (client: RawClient) => Effect.zipRight(Effect.sync(() => client.end()), client.gone)

export const nothing = new Uint8Array(0)

export const quietly = Effect.provide(Logger.remove(Logger.defaultLogger))
