/** The request of a client that has connected, over HTTP/1.1: from its first octet to the end of its head; and how it is answered. */
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as Effect from "effect/Effect"
import type * as net from "node:net"
import type { Asking, Refusal } from "../examiner/ExamineClient.js"
import { HeadReader } from "../handshake/HeadReader.js"
import * as Opening from "../handshake/Opening.js"
import { WireLog } from "../verdict/Record.js"
import * as Sockets from "../wire/Sockets.js"

/** Milliseconds to send a request. */
const requestTimeout = 10_000

/** Reads it; `undefined` when there is none, and the connection has been dealt with. */
export const read = (socket: net.Socket): Effect.Effect<Asking | undefined> =>
  Effect.async((resume) => {
    const started = new Date()
    const log = new WireLog()
    const reader = HeadReader.ofRequest()
    const end = (asking: Asking | undefined): void => {
      clearTimeout(timer)
      deaf()
      if (asking === undefined) socket.destroy()
      resume(Effect.succeed(asking))
    }
    const timer = setTimeout(() => end(undefined), requestTimeout)
    const deaf = Sockets.listen(socket, {
      data: (octets) => {
        log.read(octets)
        const step = reader.push(octets)
        if (step._tag === "NeedMore") return
        if (step._tag === "Problem") return end(undefined)
        log.preopen.incoming += reader.size
        const { head, rest } = step
        end({
          socket,
          log,
          started,
          head,
          target: head.target,
          httpRequest: reader.text(),
          rest,
          wrong: wrong(head),
          open: (extension) => {
            const response = Opening.response(head, extension)
            if (typeof response !== "string") write(socket, log, response.text)
            return response
          },
          refuse: (status, why) => refuse(socket, status, why)
        })
      },
      end: () => end(undefined),
      error: () => end(undefined)
    })
  })

const wrong = (head: HttpHead.RequestHead): Asking["wrong"] => {
  if (Opening.values(head, "upgrade").length === 0) return { status: 426, why: "this is a WebSocket server" }
  const why = Opening.refusal(head)
  return why === undefined ? undefined : { status: 400, why }
}

const write = (socket: net.Socket, log: WireLog, response: string): void => {
  const octets = Buffer.from(response, "latin1")
  log.written(octets, false)
  log.preopen.outgoing += octets.length
  socket.write(octets)
}

const reasons = { 400: "Bad Request", 404: "Not Found", 426: "Upgrade Required", 500: "Internal Server Error" } as const

const refuse = (socket: net.Socket, status: Refusal, why: string): void => {
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
}
