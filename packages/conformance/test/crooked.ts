/** Peers on raw sockets that keep to the opening handshake, and from then on to what a test tells them. */
import * as AcceptKey from "@effect-ws/codec/AcceptKey"
import * as Frame from "@effect-ws/codec/Frame"
import * as Mask from "@effect-ws/codec/Mask"
import * as Effect from "effect/Effect"
import * as net from "node:net"
import type { PeerRole } from "../src/cases/Case.js"
import type { Result, Results } from "../src/verdict/Results.js"
import { judgeClient, judgeServer } from "./peers.js"

export interface Say {
  readonly frame: (opcode: number, payload?: Uint8Array | string, fields?: Partial<Frame.Header>) => void
  /** One after the other, each in a read of its own as far as TCP allows. */
  readonly pieces: (...pieces: ReadonlyArray<Uint8Array>) => void
  readonly end: () => void
}

/** What a peer does when the connection opens, and with each frame. */
export interface Ways {
  readonly open?: (say: Say) => void
  readonly frame?: (opcode: number, payload: Buffer, say: Say, header: Frame.Header) => void
  /** For a server: what it answers to the offer of an extension. */
  readonly extension?: string
}

export const text = 1
export const binary = 2
export const close = 8
export const ping = 9
export const pong = 10

export const code = (value: number, reason: Uint8Array | string = ""): Buffer =>
  Buffer.concat([Buffer.of(value >> 8, value & 255), Buffer.from(reason)])

/** A frame as this role sends it. */
export const frame = (
  role: PeerRole,
  opcode: number,
  payload: Uint8Array | string = "",
  fields: Partial<Frame.Header> = {}
): Uint8Array => {
  const octets = Buffer.from(payload)
  const mask = role === "client" ? 0x01020304 : undefined
  return Frame.encode({ header: Frame.header(opcode, octets.length, { mask, ...fields }), payload: octets })
}

const speak = (socket: net.Socket, role: PeerRole, ways: Ways, first: Uint8Array): void => {
  const write = (octets: Uint8Array): void => void (socket.writable && socket.write(octets))
  const say: Say = {
    frame: (opcode, payload, fields) => write(frame(role, opcode, payload, fields)),
    pieces: (...pieces) => pieces.forEach((piece, i) => setTimeout(() => write(piece), 20 * i)),
    end: () => socket.end()
  }
  let input: Buffer = Buffer.alloc(0)
  const receive = (octets: Uint8Array): void => {
    input = Buffer.concat([input, octets])
    for (;;) {
      const header = Frame.parseHeader(input, 0, input.length)
      if (header === undefined) return
      const size = Frame.headerSize(header.lengthBits, header.mask !== undefined)
      if (input.length < size + header.length) return
      const payload = Buffer.from(input.subarray(size, size + header.length))
      if (header.mask !== undefined) Mask.mask(payload, 0, payload.length, header.mask, 0)
      input = input.subarray(size + header.length)
      ways.frame?.(header.opcode, payload, say, header)
    }
  }
  ways.open?.(say)
  receive(first)
  socket.on("data", receive)
}

/** Reads a head, gives it to `onHead` with what comes behind it. */
const afterHead = (socket: net.Socket, onHead: (head: string, rest: Uint8Array) => void): void => {
  let input: Buffer = Buffer.alloc(0)
  const onData = (octets: Buffer): void => {
    input = Buffer.concat([input, octets])
    const end = input.indexOf("\r\n\r\n")
    if (end < 0) return
    socket.off("data", onData)
    onHead(input.toString("latin1", 0, end), input.subarray(end + 4))
  }
  socket.on("data", onData)
  socket.on("error", () => undefined)
}

/** The port of such a server. It writes its answer and what it says at the opening in one go. */
const server = (ways: Ways) =>
  Effect.acquireRelease(
    Effect.async<{ readonly server: net.Server; readonly sockets: Set<net.Socket> }>((resume) => {
      const sockets = new Set<net.Socket>()
      const listening = net.createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
        sockets.add(socket)
        afterHead(socket, (head, rest) => {
          const key = /sec-websocket-key: (\S+)/i.exec(head)?.[1] ?? ""
          const extension = ways.extension === undefined ? "" : `Sec-WebSocket-Extensions: ${ways.extension}\r\n`
          socket.cork()
          socket.write(
            `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${extension}` +
              `Sec-WebSocket-Accept: ${AcceptKey.accept(key)}\r\n\r\n`
          )
          speak(socket, "server", ways, rest)
          socket.uncork()
        })
      })
      listening.listen(0, "127.0.0.1", () => resume(Effect.succeed({ server: listening, sockets })))
    }),
    ({ server, sockets }) =>
      Effect.async<void>((resume) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resume(Effect.void))
      })
  ).pipe(Effect.map(({ server }) => (server.address() as net.AddressInfo).port))

/** Such a client runs one case. With `early`, it says its first words with its request. */
const client = (ways: Ways, early: boolean) => (port: number, number: number): Effect.Effect<void> =>
  Effect.async((resume) => {
    const socket = net.connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true })
    socket.on("close", () => resume(Effect.void))
    socket.on("end", () => socket.end())
    socket.cork()
    socket.write(
      `GET /runCase?case=${number}&agent=agent HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\n` +
        "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    const { open, ...rest } = ways
    if (early) {
      open?.({
        frame: (opcode, payload, fields) => socket.write(frame("client", opcode, payload, fields)),
        pieces: () => undefined,
        end: () => undefined
      })
    }
    socket.uncork()
    afterHead(socket, (_, first) => speak(socket, "client", early ? rest : ways, first))
  })

/** What becomes of one case, or of several. */
export const examine = (
  role: PeerRole,
  ids: string,
  ways: Ways,
  early = false
): Effect.Effect<{ readonly verdicts: ReadonlyArray<string>; readonly result: Result; readonly results: Results }> =>
  Effect.scoped(Effect.gen(function*() {
    const results = role === "server"
      ? yield* judgeServer(yield* server(ways), ids)
      : yield* judgeClient(ids, client(ways, early))
    const verdicts = results.all().map(({ case: { id }, verdict: { behavior, behaviorClose } }) =>
      `${id} ${behavior}/${behaviorClose}`
    )
    const [result] = results.all()
    return { verdicts, result: result!, results }
  }))

/** As a peer should, echo and answer; a server drops TCP when the closing handshake is done. */
export const wellBehaved: NonNullable<Ways["frame"]> = (opcode, payload, say) => {
  if (opcode === text || opcode === binary) say.frame(opcode, payload)
  if (opcode === ping) say.frame(pong, payload)
  if (opcode === close) {
    say.frame(close, payload.subarray(0, 2))
    say.end()
  }
}
