/** @effect/rpc end to end, by each of its ways over our sockets, in each serialization that can stream. */
import type { SocketServer } from "@effect/platform"
import { Headers, HttpRouter, HttpServer } from "@effect/platform"
import { Rpc, RpcClient, RpcGroup, RpcSerialization, RpcServer } from "@effect/rpc"
import { describe, expect, it } from "@effect/vitest"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as PlatformSocketServer from "@effect-ws/platform/PlatformSocketServer"
import { WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { createServer } from "node:http"

class TooFar extends Schema.TaggedError<TooFar>()("TooFar", { limit: Schema.Number }) {}

const group = RpcGroup.make(
  Rpc.make("Double", { payload: { value: Schema.Number }, success: Schema.Number, error: TooFar }),
  Rpc.make("Text", { payload: { size: Schema.Number }, success: Schema.String }),
  Rpc.make("Token", { success: Schema.String }),
  Rpc.make("Count", { payload: { to: Schema.Number }, success: Schema.Number, stream: true }),
  Rpc.make("Hang", { success: Schema.Void }),
  Rpc.make("Die", { success: Schema.Void })
)

/** What a test sees of the server. */
class Probe extends Context.Tag("Probe")<Probe, {
  /** Elements of `Count` that were made. */
  counted: number
  readonly hanging: Deferred.Deferred<void>
  readonly interrupted: Deferred.Deferred<void>
}>() {}

const makeProbe = Effect.gen(function*() {
  return { counted: 0, hanging: yield* Deferred.make<void>(), interrupted: yield* Deferred.make<void>() }
})

const handlers = group.toLayer(Effect.gen(function*() {
  const probe = yield* Probe
  return {
    Double: ({ value }) => value > 1000 ? Effect.fail(new TooFar({ limit: 1000 })) : Effect.succeed(value * 2),
    Text: ({ size }) => Effect.succeed("x".repeat(size)),
    Token: (_, { headers }) => Effect.succeed(Option.getOrElse(Headers.get(headers, "x-token"), () => "none")),
    Count: ({ to }) =>
      Stream.range(1, to, 1000).pipe(Stream.mapChunks((chunk) => {
        probe.counted += chunk.length
        return chunk
      })),
    Hang: () =>
      Effect.zipRight(Deferred.succeed(probe.hanging, undefined), Effect.never).pipe(
        Effect.onInterrupt(() => Deferred.succeed(probe.interrupted, undefined))
      ),
    Die: () => Effect.die(new Error("boom"))
  }
}))

const server = RpcServer.layer(group).pipe(Layer.provide(handlers))

type Serialization = Layer.Layer<RpcSerialization.RpcSerialization>

interface Way {
  readonly name: string
  /** Whether handlers see the headers of the upgrade. */
  readonly headers: boolean
  readonly listen: (
    port: number,
    probe: Probe["Type"],
    serialization: Serialization
  ) => Effect.Effect<number, unknown, Scope.Scope>
}

const portOf = (address: HttpServer.Address | SocketServer.Address): number =>
  address._tag === "TcpAddress" ? address.port : 0

const ways: ReadonlyArray<Way> = [
  {
    name: "layerProtocolSocketServer",
    headers: false,
    listen: (port, probe, serialization) =>
      Effect.gen(function*() {
        const node = yield* NodeWebSocketServer.make({ port, host: "127.0.0.1", grace: "200 millis" })
        yield* Layer.build(server.pipe(
          Layer.provide(RpcServer.layerProtocolSocketServer),
          Layer.provide(PlatformSocketServer.layer()),
          Layer.provide(Layer.succeed(WebSocketServer, node)),
          Layer.provide(Layer.succeed(Probe, probe)),
          Layer.provide(serialization)
        ))
        return node.address._tag === "Tcp" ? node.address.port : 0
      })
  },
  {
    name: "layerProtocolWebsocket",
    headers: true,
    listen: (port, probe, serialization) =>
      Effect.gen(function*() {
        const http = yield* NodeHttpServer.make(createServer, { port, host: "127.0.0.1" }, { grace: "200 millis" })
        yield* Layer.build(
          HttpRouter.Default.serve().pipe(
            Layer.provide(server),
            Layer.provide(RpcServer.layerProtocolWebsocket({ path: "/" })),
            Layer.provide(Layer.succeed(HttpServer.HttpServer, http)),
            Layer.provide(Layer.succeed(Probe, probe)),
            Layer.provide(serialization)
          )
        )
        return portOf(http.address)
      })
  }
]

const serializations: Readonly<Record<string, Serialization>> = {
  ndjson: RpcSerialization.layerNdjson,
  json: RpcSerialization.layerJson,
  msgpack: RpcSerialization.layerMsgPack
}

const connect = (port: number, serialization: Serialization, options: PlatformSocket.Options = {}) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(
      RpcClient.layerProtocolSocket({ retrySchedule: Schedule.spaced("20 millis") }).pipe(
        Layer.provide(PlatformSocket.layer(`ws://127.0.0.1:${port}`, options)),
        Layer.provide(NodeWebSocketClient.layer()),
        Layer.provide(serialization)
      )
    )
    return yield* Effect.provide(RpcClient.make(group), context)
  })

for (const way of ways) {
  for (const [name, serialization] of Object.entries(serializations)) {
    describe(`${way.name}, ${name}`, () => {
      const start = (options?: PlatformSocket.Options) =>
        Effect.gen(function*() {
          const probe = yield* makeProbe
          const port = yield* way.listen(0, probe, serialization)
          return { probe, port, client: yield* connect(port, serialization, options) }
        })

      it.scopedLive("calls, and fails with the error", () =>
        Effect.gen(function*() {
          const { client } = yield* start()
          expect(yield* client.Double({ value: 21 })).toBe(42)
          expect(yield* Effect.flip(client.Double({ value: 1001 }))).toEqual(new TooFar({ limit: 1000 }))
          expect((yield* client.Text({ size: 500_000 })).length).toBe(500_000)
          const all = yield* Effect.all(
            Array.from({ length: 200 }, (_, value) => client.Double({ value })),
            { concurrency: "unbounded" }
          )
          expect(all).toEqual(Array.from({ length: 200 }, (_, value) => value * 2))
        }))

      it.scopedLive("a stream of 100,000 does not run ahead of a slow consumer", () =>
        Effect.gen(function*() {
          const { client, probe } = yield* start()
          let taken = 0
          let ahead = 0
          yield* Stream.runForEachChunk(client.Count({ to: 100_000 }, { streamBufferSize: 256 }), (chunk) =>
            Effect.suspend(() => {
              taken += chunk.length
              ahead = Math.max(ahead, probe.counted - taken)
              return Effect.yieldNow()
            }))
          expect(taken).toBe(100_000)
          expect(ahead).toBeLessThan(4000)
        }))

      it.scopedLive("interrupts", () =>
        Effect.gen(function*() {
          const { client, probe } = yield* start()
          const call = yield* Effect.fork(client.Hang())
          yield* Deferred.await(probe.hanging)
          yield* Fiber.interrupt(call)
          yield* Deferred.await(probe.interrupted)
        }))

      it.scopedLive("dies of the server's defect", () =>
        Effect.gen(function*() {
          const { client } = yield* start()
          const exit = yield* Effect.exit(client.Die())
          expect(Exit.isFailure(exit) && String(exit.cause)).toContain("boom")
          expect(yield* client.Double({ value: 1 })).toBe(2)
        }))

      it.scopedLive("goes on when the server is back", () =>
        Effect.gen(function*() {
          const probe = yield* makeProbe
          const scope = yield* Scope.make()
          const port = yield* Scope.extend(way.listen(0, probe, serialization), scope)
          let connections = 0
          const client = yield* connect(port, serialization, {
            headers: Effect.sync(() => ({ "X-Token": `token ${++connections}` }))
          })
          expect(yield* client.Double({ value: 1 })).toBe(2)
          expect(yield* client.Token()).toBe(way.headers ? "token 1" : "none")
          const hanging = yield* Effect.fork(client.Hang())
          yield* Deferred.await(probe.hanging)
          yield* Scope.close(scope, Exit.void)
          expect(Exit.isFailure(yield* Fiber.await(hanging))).toBe(true)
          yield* Deferred.await(probe.interrupted)
          yield* way.listen(port, probe, serialization)
          const again = yield* Effect.retry(client.Double({ value: 2 }), Schedule.spaced("10 millis"))
          expect(again).toBe(4)
          expect(yield* client.Token()).toBe(way.headers ? `token ${connections}` : "none")
        }))
    })
  }
}
