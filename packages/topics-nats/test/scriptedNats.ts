/** As much of a NATS server as a test needs that says itself what is answered, and when: it accepts all, and delivers what it is told to. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createServer, type Socket } from "node:net"

export interface ScriptedNats {
  readonly port: number
  /** From now on pings wait for `pong`. */
  readonly hold: () => void
  /** Pings that wait. */
  readonly held: () => number
  /** Answers the ping that has waited for the longest. */
  readonly pong: () => void
  /** Cuts all connections, and refuses so many of those that come. */
  readonly refuse: (count: number) => void
  /** From now on requests are answered so, in JSON. */
  readonly answer: (answer: (subject: string, asked: string) => unknown) => void
  /** Delivers a message, as a stream republishes it with this place. */
  readonly republish: (subject: string, place: number, text: string) => void
}

/** Of one connection: subjects by the numbers of its subscriptions, and the request whose payload comes next. */
interface Peer {
  readonly subjects: Map<string, string>
  asking: { readonly subject: string; readonly reply: string } | undefined
}

const matches = (pattern: string, subject: string): boolean =>
  pattern === subject || (pattern.endsWith(".*") && subject.startsWith(pattern.slice(0, -1)))

export const scriptedNats: Effect.Effect<ScriptedNats, never, Scope.Scope> = Effect.gen(function*() {
  let isHolding = false
  let toRefuse = 0
  let answer: (subject: string, asked: string) => unknown = () => ({})
  const waiting: Array<Socket> = []
  const peers = new Map<Socket, Peer>()
  const deliver = (socket: Socket, { subjects }: Peer, subject: string, write: (sid: string) => string): void => {
    for (const [sid, pattern] of subjects) if (matches(pattern, subject)) socket.write(write(sid))
  }
  const onLine = (socket: Socket, peer: Peer, line: string): void => {
    if (peer.asking !== undefined) {
      const { reply, subject } = peer.asking
      peer.asking = undefined
      const said = JSON.stringify(answer(subject, line))
      return deliver(socket, peer, reply, (sid) => `MSG ${reply} ${sid} ${said.length}\r\n${said}\r\n`)
    }
    const [verb, ...words] = line.split(" ")
    if (verb === "SUB") peer.subjects.set(words.at(-1) ?? "", words[0] ?? "")
    else if (verb === "UNSUB") peer.subjects.delete(words[0] ?? "")
    else if (verb === "PUB" && words.length === 3) peer.asking = { subject: words[0] ?? "", reply: words[1] ?? "" }
    else if (verb === "CONNECT" && toRefuse > 0) {
      toRefuse--
      socket.end("-ERR 'Authorization Violation'\r\n")
    } else if (verb === "PING") {
      if (isHolding) waiting.push(socket)
      else socket.write("PONG\r\n")
    }
  }
  const server = createServer((socket) => {
    const peer: Peer = { subjects: new Map(), asking: undefined }
    peers.set(socket, peer)
    let rest = ""
    socket.on("error", () => {})
    socket.on("data", (bytes) => {
      const lines = (rest + bytes.toString("latin1")).split("\r\n")
      rest = lines.pop() ?? ""
      for (const line of lines) onLine(socket, peer, line)
    })
    socket.write(
      `INFO ${
        JSON.stringify({ server_id: "scripted", version: "2.10.0", proto: 1, max_payload: 1e6, headers: true })
      }\r\n`
    )
  })
  const cut = (): void => {
    for (const socket of peers.keys()) socket.destroy()
    peers.clear()
  }
  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.async<void>((resume) => {
        cut()
        server.close(() => resume(Effect.void))
      })
  )
  const address = server.address()
  return {
    port: address !== null && typeof address === "object" ? address.port : 0,
    hold: () => void (isHolding = true),
    held: () => waiting.length,
    pong: () => void waiting.shift()?.write("PONG\r\n"),
    refuse: (count) => {
      toRefuse = count
      cut()
    },
    answer: (given) => void (answer = given),
    republish: (subject, place, text) => {
      const headers = `NATS/1.0\r\nNats-Sequence: ${place}\r\n\r\n`
      const rest = `${headers.length} ${headers.length + text.length}\r\n${headers}${text}\r\n`
      for (const [socket, peer] of peers) deliver(socket, peer, subject, (sid) => `HMSG ${subject} ${sid} ${rest}`)
    }
  }
})
