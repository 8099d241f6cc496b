/** One message to many connections: to a room, by `Topics`; and to a set of your own. */
import type { Connection } from "@effect-ws/connection/Connection"
import { PreparedMessage } from "@effect-ws/connection/Message"
import * as Topics from "@effect-ws/platform/Topics"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"

/** What one says in a room, the others hear. The room is named by the path: `/blue`. */
const room = (connection: Connection) =>
  Effect.gen(function*() {
    const topics = yield* Topics.Topics
    const name = `room.${connection.opening.target.slice(1)}`
    yield* topics.subscribe(connection, name)
    yield* connection.send("welcome")
    yield* connection.run((message) => void topics.publishNow(name, message, { except: connection }))
  })

/** To every room at once. `publish` says how many connections of this process took it, and how many had no room. */
const announce = (text: string, rooms: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const topics = yield* Topics.Topics
    return yield* Effect.forEach(rooms, (name) => topics.publish(`room.${name}`, text))
  })

/** Without `Topics`: the message is encoded once, and nobody waits for whoever is slow. */
export const sendNow = (connections: Iterable<Connection>, text: string): number => {
  const message = new PreparedMessage(text)
  let dropped = 0
  for (const connection of connections) if (connection.trySend(message) === "full") dropped++
  return dropped
}

export const program = Effect.gen(function*() {
  const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
  yield* Effect.forkScoped(server.serve(room))
  const url = `ws://127.0.0.1:${server.address._tag === "Tcp" ? server.address.port : 0}`

  const enter = (name: string) => Effect.tap(WebSocketClient.connect(`${url}/${name}`), ({ receive }) => receive)
  const ann = yield* enter("blue")
  const bob = yield* enter("blue")
  const cid = yield* enter("red")

  yield* ann.send("hello, blue")
  const heard = [yield* bob.receive]
  const told = yield* announce("the server restarts at noon", ["blue", "red"])
  heard.push(yield* ann.receive, yield* bob.receive, yield* cid.receive)
  return { heard, accepted: told.map(({ accepted }) => accepted) }
}).pipe(Effect.scoped, Effect.provide([NodeWebSocketClient.layer(), Topics.layer()]))
