/**
 * Libraries that take a `WebSocket` class, over ours: graphql-ws, reconnecting-websocket and y-websocket. Each connects, exchanges,
 * outlives a restart of the server, and understands the code with which it is closed. The servers are ours, with the server halves
 * that graphql-ws and y-protocols have for any transport.
 */
import { describe, expect, it } from "@effect/vitest"
import type { Connection } from "@effect-ws/connection/Connection"
import { WebSocketClient } from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketConstructor from "@effect-ws/platform-node/NodeWebSocketConstructor"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type * as GraphQL from "graphql"
import { createClient, makeServer } from "graphql-ws"
import * as decoding from "lib0/decoding"
import * as encoding from "lib0/encoding"
import { createRequire } from "node:module"
import type ReconnectingWebSocketType from "reconnecting-websocket"
import * as awareness from "y-protocols/awareness"
import * as sync from "y-protocols/sync"
import { WebsocketProvider } from "y-websocket"
import * as Y from "yjs"
import { until } from "./rawServer.js"
import { echo } from "./webSockets.js"

const require = createRequire(import.meta.url)

/** Its types speak of an ES module, and it is none. */
const ReconnectingWebSocket: typeof ReconnectingWebSocketType.default = require("reconnecting-websocket")

/** The one that graphql-ws has: Vitest would import another. */
const { buildSchema }: typeof GraphQL = require("graphql")

const constructors = { makeClass: NodeWebSocketConstructor.makeClass, make: NodeWebSocketConstructor.make }

const classOf = (name: keyof typeof constructors) =>
  Effect.flatMap(
    NodeWebSocketClient.make({ linger: "100 millis" }),
    (client) => Effect.provideService(constructors[name](), WebSocketClient, client)
  )

/** A server that can be stopped, and started again on the same port. */
const restartable = (makeHandler: () => (connection: Connection) => Effect.Effect<unknown, unknown>) =>
  Effect.gen(function*() {
    let port = 0
    let scope = yield* Scope.make()
    const listening = Effect.gen(function*() {
      const server = yield* NodeWebSocketServer.make({ port, host: "127.0.0.1", grace: "100 millis" })
      if (server.address._tag === "Tcp") port = server.address.port
      yield* Effect.forkScoped(server.serve({
        accept: ({ subprotocols }) => Effect.succeed({ value: undefined, subprotocol: subprotocols[0] }),
        handler: makeHandler()
      }))
    })
    const start = Effect.flatMap(Scope.make(), (made) => {
      scope = made
      return Scope.extend(listening, made)
    })
    const stop = Effect.suspend(() => Scope.close(scope, Exit.void))
    yield* start
    yield* Effect.addFinalizer(() => stop)
    return { url: `ws://127.0.0.1:${port}`, start, stop, restart: Effect.zipRight(stop, start) }
  })

describe.each(["makeClass", "make"] as const)("the class of %s", (name) => {
  describe("graphql-ws", () => {
    const schema = buildSchema("type Query { hello: String } type Subscription { count(from: Int!): Int }")

    const graphql = (life: string) => {
      const server = makeServer({
        schema,
        onConnect: ({ connectionParams }) => {
          if (connectionParams?.["token"] === "broken") throw new Error("no such token")
          return connectionParams?.["token"] !== "wrong"
        },
        roots: {
          query: { hello: () => life },
          subscription: {
            async *count({ from }: { readonly from: number }) {
              for (let i = from;; i++) {
                yield { count: i }
                await new Promise((resolve) => setImmediate(resolve))
              }
            }
          }
        }
      })
      return (connection: Connection) =>
        Effect.suspend(() => {
          let receive: (text: string) => Promise<void> = () => Promise.resolve()
          const closed = server.opened({
            protocol: connection.opening.subprotocol ?? "",
            send: (text) => Effect.runPromise(Effect.ignore(connection.send(text))),
            close: (code, reason) => void Effect.runFork(Effect.ignore(connection.close(code ?? 1000, reason))),
            onMessage: (listener) => receive = listener
          }, {})
          const failed = (error: Error) => void Effect.runFork(Effect.ignore(connection.close(4500, error.message)))
          return connection.run((message) => void receive(String(message)).catch(failed)).pipe(
            Effect.ignore,
            Effect.zipRight(connection.outcome),
            Effect.flatMap(({ remote }) =>
              Effect.promise(async () => closed(remote?._tag === "Status" ? remote.code : 1005, ""))
            )
          )
        })
    }

    it.scopedLive("queries, subscribes over a restart, and ends", () =>
      Effect.gen(function*() {
        const webSocketImpl = yield* classOf(name)
        let lives = 0
        const server = yield* restartable(() => graphql(`life ${++lives}`))
        const closes: Array<number> = []
        const client = createClient({
          url: server.url,
          webSocketImpl,
          retryAttempts: 1000,
          retryWait: () => new Promise((resolve) => setTimeout(resolve, 5)),
          on: { closed: (event) => closes.push((event as CloseEvent).code) }
        })
        yield* Effect.addFinalizer(() => Effect.promise(async () => client.dispose()))
        const hello = Effect.promise(() => client.iterate({ query: "{ hello }" }).next())
        expect((yield* hello).value).toEqual({ data: { hello: "life 1" } })
        const counts: Array<number> = []
        const unsubscribe = client.subscribe<{ count: number }>(
          { query: "subscription { count(from: 5) }" },
          { next: ({ data }) => counts.push(data?.count ?? NaN), error: () => {}, complete: () => {} }
        )
        yield* until(() => counts.length > 10)
        expect(counts.slice(0, 3)).toEqual([5, 6, 7])
        const before = counts.length
        yield* server.restart
        yield* until(() => counts.slice(before).includes(5))
        expect(closes[0]).toBe(1001)
        expect((yield* hello).value).toEqual({ data: { hello: "life 2" } })
        unsubscribe()
        yield* until(() => closes.at(-1) === 1000)
      }))

    it.scopedLive("knows by the code whether to try again", () =>
      Effect.gen(function*() {
        const webSocketImpl = yield* classOf(name)
        const server = yield* restartable(() => graphql("life"))
        const ends = [["broken", 5, 4500, "no such token"], ["wrong", 0, 4403, "Forbidden"]] as const
        for (const [token, retryAttempts, code, reason] of ends) {
          let closes = 0
          const client = createClient({
            url: server.url,
            webSocketImpl,
            connectionParams: { token },
            retryAttempts,
            on: { closed: () => closes++ }
          })
          const query = client.iterate({ query: "{ hello }" })
          const error = yield* Effect.promise(() => query.next().catch((error: unknown) => error))
          expect(error).toMatchObject({ code, reason, wasClean: true })
          expect(closes).toBe(1)
        }
      }))

    it.scopedLive("terminates", () =>
      Effect.gen(function*() {
        const webSocketImpl = yield* classOf(name)
        const code = yield* Deferred.make<unknown>()
        const server = yield* restartable(() => (connection) =>
          Effect.zipRight(
            Effect.fork(graphql("life")(connection)),
            Effect.flatMap(connection.outcome, ({ remote }) => Deferred.succeed(code, remote))
          )
        )
        const client = createClient({ url: server.url, webSocketImpl, retryAttempts: 0 })
        const counts: Array<unknown> = []
        client.subscribe({ query: "subscription { count(from: 1) }" }, {
          next: (value) => counts.push(value),
          error: () => {},
          complete: () => {}
        })
        yield* until(() => counts.length > 3)
        client.terminate()
        expect(yield* Deferred.await(code)).toMatchObject({ code: 4499, reason: "Terminated" })
      }))
  })

  describe("reconnecting-websocket", () => {
    const options = { minReconnectionDelay: 5, maxReconnectionDelay: 20, minUptime: 1 }

    it.scopedLive("queues, exchanges text and octets, and reconnects over a restart", () =>
      Effect.gen(function*() {
        const WebSocket = yield* classOf(name)
        const server = yield* restartable(() => echo)
        const socket = new ReconnectingWebSocket(server.url, ["chat"], { ...options, WebSocket })
        const seen: Array<unknown> = []
        const closes: Array<number> = []
        let opens = 0
        socket.binaryType = "arraybuffer"
        socket.onopen = () => opens++
        socket.onmessage = ({ data }) => seen.push(typeof data === "string" ? data : [...new Uint8Array(data)])
        socket.onclose = ({ code }) => closes.push(code)
        socket.send("early")
        socket.send(Uint8Array.of(1, 2, 3))
        yield* until(() => seen.length === 2)
        expect([seen, socket.protocol, socket.url, socket.readyState]).toEqual([
          ["early", [1, 2, 3]],
          "chat",
          `${server.url}/`,
          1
        ])
        yield* server.stop
        yield* until(() => closes.length > 3)
        socket.send("meanwhile")
        yield* server.start
        yield* until(() => seen.length === 3)
        expect(seen[2]).toBe("meanwhile")
        expect([closes[0], new Set(closes.slice(1))]).toEqual([1001, new Set([1000])]) // its own, when it gives an attempt up
        expect(opens).toBe(2)
        socket.close(3001, "enough")
        yield* until(() => socket.readyState === 3)
      }))

    it.scopedLive("passes codes on, in both directions", () =>
      Effect.gen(function*() {
        const WebSocket = yield* classOf(name)
        const heard: Array<unknown> = []
        const server = yield* restartable(() => (connection) =>
          connection.run((message) => connection.close(Number(message), "bye")).pipe(
            Effect.ignore,
            Effect.zipRight(Effect.map(connection.outcome, ({ remote }) => heard.push(remote)))
          )
        )
        const socket = new ReconnectingWebSocket(server.url, [], { ...options, WebSocket })
        const closes: Array<string> = []
        let opens = 0
        socket.onclose = ({ code, reason }) => closes.push(`${code} ${reason}`)
        socket.onopen = () => {
          opens++
          if (opens < 4) socket.send(`${4000 + opens}`)
        }
        yield* until(() => opens === 4)
        expect(closes).toEqual(["4001 bye", "4002 bye", "4003 bye"])
        socket.close(3001, "enough")
        yield* until(() => heard.length === 4)
        expect(heard[3]).toEqual({ _tag: "Status", code: 3001, reason: "enough" })
      }))
  })

  describe("y-websocket", () => {
    const messageSync = 0
    const messageAwareness = 1

    /** What y-websocket's own server does for one document, without storing it. */
    const yServer = () => {
      const doc = new Y.Doc()
      const states = new awareness.Awareness(doc)
      const all = new Set<Connection>()
      const encode = (kind: number, write: (encoder: encoding.Encoder) => void) => {
        const encoder = encoding.createEncoder()
        encoding.writeVarUint(encoder, kind)
        write(encoder)
        return encoding.toUint8Array(encoder)
      }
      const broadcast = (message: Uint8Array) => {
        for (const connection of all) connection.trySend(message)
      }
      doc.on(
        "update",
        (update: Uint8Array) => broadcast(encode(messageSync, (encoder) => sync.writeUpdate(encoder, update)))
      )
      states.on("update", (changes: Record<"added" | "updated" | "removed", Array<number>>) => {
        const clients = [...changes.added, ...changes.updated, ...changes.removed]
        broadcast(
          encode(
            messageAwareness,
            (encoder) => encoding.writeVarUint8Array(encoder, awareness.encodeAwarenessUpdate(states, clients))
          )
        )
      })
      const onMessage = (connection: Connection, message: Uint8Array) => {
        const decoder = decoding.createDecoder(message)
        if (decoding.readVarUint(decoder) === messageAwareness) {
          awareness.applyAwarenessUpdate(states, decoding.readVarUint8Array(decoder), connection)
        } else {
          const answer = encode(messageSync, (encoder) => sync.readSyncMessage(decoder, encoder, doc, connection))
          if (answer.length > 1) connection.trySend(answer)
        }
      }
      return (connection: Connection) =>
        Effect.suspend(() => {
          all.add(connection)
          connection.trySend(encode(messageSync, (encoder) => sync.writeSyncStep1(encoder, doc)))
          return connection.run((message) => {
            if (typeof message === "string") return undefined
            if (doc.getText("secret").length > 0) return connection.close(4403, "not for you")
            return onMessage(connection, message)
          })
        }).pipe(Effect.ensuring(Effect.sync(() => {
          all.delete(connection)
          if (all.size === 0) states.destroy()
        })))
    }

    const provide = (url: string, WebSocketPolyfill: typeof WebSocket) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const doc = new Y.Doc()
          const provider = new WebsocketProvider(url, "room", doc, {
            WebSocketPolyfill,
            disableBc: true,
            maxBackoffTime: 20
          })
          return { doc, provider, text: doc.getText("text") }
        }),
        ({ doc, provider }) =>
          Effect.sync(() => {
            provider.destroy()
            provider.awareness.destroy()
            doc.destroy()
          })
      )

    it.scopedLive("two documents agree, over a restart of the server, and are aware of each other", () =>
      Effect.gen(function*() {
        const WebSocket = yield* classOf(name)
        const server = yield* restartable(yServer)
        const ada = yield* provide(server.url, WebSocket)
        const bob = yield* provide(server.url, WebSocket)
        ada.text.insert(0, "hello")
        yield* until(() => ada.provider.synced && bob.provider.synced && bob.text.toString() === "hello")
        ada.provider.awareness.setLocalStateField("name", "ada")
        yield* until(() => [...bob.provider.awareness.getStates().values()].some((state) => state["name"] === "ada"))
        const closes: Array<unknown> = []
        ada.provider.on("connection-close", (event: CloseEvent | null) => closes.push(event?.code))
        yield* server.stop
        yield* until(() => !ada.provider.wsconnected && !bob.provider.wsconnected)
        expect(closes[0]).toBe(1001)
        ada.text.insert(5, ", bob")
        bob.text.insert(0, "> ")
        yield* server.start
        yield* until(() => ada.text.toString() === "> hello, bob" && bob.text.toString() === "> hello, bob")
        expect([ada.provider.synced, bob.provider.synced]).toEqual([true, true])
        ada.text.insert(0, "x".repeat(200_000))
        yield* until(() => bob.text.length === ada.text.length)
      }))

    it.scopedLive("does not reconnect when it is told not to", () =>
      Effect.gen(function*() {
        const WebSocket = yield* classOf(name)
        const server = yield* restartable(yServer)
        const { doc, provider } = yield* provide(server.url, WebSocket)
        yield* until(() => provider.synced)
        const closed = yield* Deferred.make<unknown>()
        provider.on("closed", (event: unknown) => Deferred.unsafeDone(closed, Exit.succeed(event)))
        doc.getText("secret").insert(0, "a")
        doc.getText("text").insert(0, "b")
        expect(yield* Deferred.await(closed)).toEqual({ code: 4403, reason: "not for you" })
        expect(provider.shouldConnect).toBe(false)
      }))
  })
})
