/** The application of @effect/rpc's README, over WebSockets. */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { createServer } from "node:http"

// The requests

class User extends Schema.Class<User>("User")({ id: Schema.String, name: Schema.String }) {}

class UserRpcs extends RpcGroup.make(
  Rpc.make("UserList", { success: User, stream: true }),
  Rpc.make("UserById", { success: User, error: Schema.String, payload: { id: Schema.String } }),
  Rpc.make("UserCreate", { success: User, payload: { name: Schema.String } })
) {}

// The handlers

class UserRepository extends Effect.Service<UserRepository>()("UserRepository", {
  effect: Effect.gen(function*() {
    const users = yield* Ref.make<ReadonlyArray<User>>([
      new User({ id: "1", name: "Alice" }),
      new User({ id: "2", name: "Bob" })
    ])
    return {
      findMany: Ref.get(users),
      findById: (id: string) =>
        Effect.flatMap(Ref.get(users), (all) => {
          const user = all.find((user) => user.id === id)
          return user === undefined ? Effect.fail(`User not found: ${id}`) : Effect.succeed(user)
        }),
      create: (name: string) =>
        Ref.modify(users, (all) => {
          const user = new User({ id: String(all.length + 1), name })
          return [user, [...all, user]]
        })
    }
  })
}) {}

const UsersLive = UserRpcs.toLayer(Effect.gen(function*() {
  const db = yield* UserRepository
  return {
    UserList: () => Stream.fromIterableEffect(db.findMany),
    UserById: ({ id }) => db.findById(id),
    UserCreate: ({ name }) => db.create(name)
  }
})).pipe(Layer.provide(UserRepository.Default))

// The server

const RpcProtocol = RpcServer.layerProtocolWebsocket({ path: "/rpc" }).pipe(
  Layer.provide(RpcSerialization.layerNdjson)
)

export const server = (port: number) =>
  HttpRouter.Default.serve().pipe(
    Layer.provide(RpcServer.layer(UserRpcs)),
    Layer.provide(UsersLive),
    Layer.provide(RpcProtocol),
    Layer.provideMerge(NodeHttpServer.layer(createServer, { port, host: "127.0.0.1" }))
  )

// The client

const ProtocolLive = (url: string) =>
  RpcClient.layerProtocolSocket().pipe(
    Layer.provide(PlatformSocket.layer(url)),
    Layer.provide(NodeWebSocketClient.layer()),
    Layer.provide(RpcSerialization.layerNdjson)
  )

export const client = (url: string) =>
  Effect.gen(function*() {
    const client = yield* RpcClient.make(UserRpcs)
    let users = yield* Stream.runCollect(client.UserList())
    if (Option.isNone(Chunk.findFirst(users, ({ id }) => id === "3"))) {
      yield* client.UserCreate({ name: "Charlie" })
      users = yield* Stream.runCollect(client.UserList())
    }
    const nobody = yield* Effect.flip(client.UserById({ id: "4" }))
    return { users: Chunk.toReadonlyArray(users).map(({ name }) => name), nobody }
  }).pipe(Effect.scoped, Effect.provide(ProtocolLive(url)))
