/** Scenarios with an echo of our own in place of a foreign one. */
import { describe, expect, it } from "@effect/vitest"
import type { Connection } from "@effect-ws/connection/Connection"
import * as Scenario from "@effect-ws/interop/Scenario"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

type Message = string | Uint8Array

/** Echoes and obeys. */
const obedient = (connection: Connection, message: Message): Effect.Effect<unknown, unknown> => {
  if (typeof message !== "string" || !message.startsWith("!")) return connection.send(message)
  const [name, code = "0", ...reason] = message.slice(1).split(" ")
  if (name === "ping") return Effect.zipRight(connection.ping, connection.send("!pong"))
  if (name === "frag") return connection.sendStream("text", Stream.make("frag-", "é€😀", "-end"))
  return code === "0" ? connection.close() : connection.close(Number(code), reason.join(" "))
}

const run = (name: string, handler: typeof obedient, subprotocols: ReadonlyArray<string> = []) =>
  Effect.gen(function*() {
    const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
    yield* Effect.forkScoped(server.serve({
      accept: ({ subprotocols: [subprotocol] }) => Effect.succeed({ value: undefined, subprotocol }),
      handler: (connection) =>
        connection.run((message) => Effect.asVoid(Effect.forkDaemon(Effect.ignore(handler(connection, message)))))
    }))
    const client = yield* NodeWebSocketClient.make()
    const port = server.address._tag === "Tcp" ? server.address.port : 0
    const connection = yield* client.connect(`ws://127.0.0.1:${port}/`, { subprotocols })
    const scenario = [...Scenario.of("deflate"), ...Scenario.of("wb9"), ...Scenario.of("subprotocol")].find((
      scenario
    ) => scenario.name === name)
    const checks = scenario === undefined ? [] : yield* scenario.run(connection)
    return checks.map(({ error, name }) => error === undefined ? name : `${name}: ${error}`)
  })

describe("scenarios", () => {
  for (const name of ["few", "empty", "our-4000", "their-1000", "their-4999", "their-empty"]) {
    it.scopedLive(`${name}, with a peer that does all rightly`, () =>
      Effect.gen(function*() {
        const checks = yield* run(name, obedient)
        expect(checks.length).toBeGreaterThan(1)
        expect(checks.filter((check) => check.includes(":"))).toEqual([])
      }))
  }

  it.scopedLive("the subprotocol must be chosen", () =>
    Effect.gen(function*() {
      expect(yield* run("subprotocol", obedient, ["iop"])).toEqual(["subprotocol", "text", "close"])
      expect(yield* run("subprotocol", obedient)).toEqual(["subprotocol: Wrong: it is none", "text", "close"])
    }))

  it.scopedLive("what a peer does wrongly is named", () =>
    Effect.gen(function*() {
      const altering = (connection: Connection, message: Message) => connection.send(`${message}!`)
      expect((yield* run("our-1000", altering))[0]).toBe(
        "text: Wrong: sent text of 5 bytes, \"hello\", got text of 6 bytes, \"hello!\""
      )
      const other = (connection: Connection, message: Message) =>
        obedient(connection, message === "!close 1000 bye" ? "!close 4001 no" : message)
      expect(yield* run("their-1000", other)).toEqual(["text", "close", "status: Wrong: it says 4001 no"])
    }))
})
