/** Messages of any size with permessage-deflate: compressed and inflated as they go. */
import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { peakMemory, zeros } from "./memory.js"
import { connect, frame, request } from "./rawClient.js"
import { until } from "./rawServer.js"

const mib = 1024 * 1024

/** Text that deflates to about a third, of which no two pieces are the same. */
const piece = (i: number): string => {
  let state = i + 1
  let text = `${i} `
  while (text.length < 48 * 1024) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    text += `${(state >>> 20).toString(36)}-é `
  }
  return text
}

const pieces = Array.from({ length: 8 }, (_, i) => piece(i))
const rounds = 50

/** About 20 MiB. */
const huge = Stream.flatMap(Stream.range(1, rounds), () => Stream.fromIterable(pieces))
const hugeSize = rounds * pieces.reduce((size, text) => size + text.length, 0)

const portOf = (server: { readonly address: object }): number =>
  "port" in server.address ? Number(server.address.port) : 0

describe("messages of any size", () => {
  for (const noTakeover of ["accept", "prefer"] as const) {
    it.scopedLive(
      `are sent and received as streams, in bounded memory: no takeover: ${noTakeover}`,
      () =>
        Effect.gen(function*() {
          const server = yield* NodeWebSocketServer.make({
            port: 0,
            host: "127.0.0.1",
            compression: { serverNoContextTakeover: noTakeover, clientNoContextTakeover: noTakeover, level: 1 }
          })
          // what comes back is what was sent, as it is received
          yield* Effect.forkScoped(server.serve({
            accept: () => Effect.succeed({ value: undefined }),
            incoming: "streamed",
            handler: (connection) =>
              Stream.runForEach(
                connection.messageStreams,
                (message) =>
                  message.kind === "text"
                    ? connection.sendStream("text", message.payload)
                    : connection.sendStream("binary", message.payload)
              )
          }))
          const client = yield* NodeWebSocketClient.make({ compression: { level: 1 } })
          const connection = yield* client.connect(`ws://127.0.0.1:${portOf(server)}/`, { incoming: "streamed" })
          expect(connection.extensions).toContain("permessage-deflate")
          const peak = yield* peakMemory("live")
          yield* Effect.forkScoped(connection.sendStream("text", huge))
          const expected = pieces.join("")
          let size = 0
          let same = true
          yield* Stream.runForEach(Stream.take(connection.messageStreams, 1), (message) =>
            Stream.runForEach(message.kind === "text" ? message.payload : Stream.die("not text"), (text) =>
              Effect.sync(() => {
                const from = size % expected.length
                const run = expected.slice(from, from + text.length)
                same = same && text === run + expected.slice(0, text.length - run.length)
                size += text.length
              })))
          expect([size, same]).toEqual([hugeSize, true])
          // four budgets of 1 MiB, and what is under way
          expect(peak() / mib).toBeLessThan(8)
        }),
      60_000
    )
  }

  it.scopedLive("are inflated no faster than they are read: a bomb of 1 GiB costs what the inbox may hold", () =>
    Effect.gen(function*() {
      const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", grace: "100 millis" })
      let taken = 0
      yield* Effect.forkScoped(server.serve({
        accept: () => Effect.succeed({ value: undefined }),
        incoming: "streamed",
        handler: (connection) =>
          Stream.runForEach(
            connection.messageStreams,
            (message) =>
              Stream.runForEach(message.kind === "binary" ? message.payload : Stream.die("not binary"), (octets) =>
                Effect.suspend(() => {
                  taken += octets.length
                  return taken < 10 * mib ? Effect.void : Effect.never
                }))
          )
      }))
      const client = yield* connect(
        { port: portOf(server), host: "127.0.0.1" },
        request({ "Sec-WebSocket-Extensions": "permessage-deflate" })
      )
      yield* client.response
      const payload = zeros(1024 * mib)
      const header = Frame.header(Frame.opcode.binary, payload.length, { mask: 0, rsv: Frame.rsv1 })
      const octets = Frame.encode({ header, payload })
      const peak = yield* peakMemory("all")
      client.write(octets)
      yield* until(() => taken >= 10 * mib)
      client.write(frame(Frame.opcode.ping, "not read any more"))
      yield* Effect.sleep("100 millis")
      expect(taken / mib).toBeLessThan(12)
      expect(peak() / mib).toBeLessThan(16)
    }))
})
