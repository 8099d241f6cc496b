/** What the fuzzing server answers in its own name: one word over an open connection, or a refusal. */
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as net from "node:net"
import * as Payload from "../cases/Payload.js"
import type { Asking } from "../examiner/ExamineClient.js"
import * as Opening from "../handshake/Opening.js"
import { Endpoint } from "../wire/Endpoint.js"

/** Completes the opening handshake. */
export const open = ({ log, socket }: Asking, response: string): void => {
  const octets = Buffer.from(response, "latin1")
  log.written(octets, false)
  log.preopen.outgoing += octets.length
  socket.write(octets)
}

/** Opens, says one thing when it is there, or nothing, and closes. */
export const converse = (asking: Asking, words: Effect.Effect<string | undefined>): Effect.Effect<void> =>
  Effect.gen(function*() {
    const answer = Opening.response(asking.head, undefined)
    if (typeof answer === "string") return yield* refuse(asking.socket, 400, answer)
    const lost = yield* Deferred.make<void>()
    const endpoint = new Endpoint(
      asking.socket,
      "client",
      asking.log,
      false,
      () => Deferred.unsafeDone(lost, Effect.void)
    )
    open(asking, answer.text)
    endpoint.start(asking.rest)
    const said = yield* Effect.raceFirst(Effect.asSome(words), Effect.as(Deferred.await(lost), Option.none()))
    if (Option.isNone(said)) return
    if (said.value !== undefined) endpoint.frame(1, Payload.text(said.value))
    endpoint.close()
    yield* Deferred.await(lost)
  })

const reasons = { 400: "Bad Request", 404: "Not Found", 426: "Upgrade Required", 500: "Internal Server Error" } as const

/** With a status and a sentence; the connection ends. */
export const refuse = (socket: net.Socket, status: keyof typeof reasons, why: string): Effect.Effect<void> =>
  Effect.sync(() => {
    const body = `${why}\n`
    const head = HttpHead.encodeResponse({
      version: "1.1",
      status,
      reason: reasons[status],
      headers: [
        ["Connection", "close"],
        ["Content-Type", "text/plain; charset=utf-8"],
        ["Content-Length", String(Buffer.byteLength(body))],
        ...(status === 426 ? [["Upgrade", "websocket"] as const, ["Sec-WebSocket-Version", "13"] as const] : [])
      ]
    })
    if (head._tag === "Encoded") socket.write(Buffer.concat([head.octets, Buffer.from(body)]))
    socket.end()
    const timer = setTimeout(() => socket.destroy(), 1000)
    socket.on("end", () => socket.destroy())
    socket.on("close", () => clearTimeout(timer))
    socket.resume()
  })
