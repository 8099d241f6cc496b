/**
 * A small peer that echoes, on node:net (over HTTP/2: `testeeHttp2`), as strict as can be, and can be told to break any rule: what the examiner is proved on.
 */
import * as AcceptKey from "@effect-ws/codec/AcceptKey"
import * as Frame from "@effect-ws/codec/Frame"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as Mask from "@effect-ws/codec/Mask"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { isUtf8 } from "node:buffer"
import { randomBytes } from "node:crypto"
import * as net from "node:net"
import type { Duplex } from "node:stream"
import * as zlib from "node:zlib"
import type { PeerRole } from "../src/cases/Case.js"

export const faults = {
  RsvIgnored: "RSV bits are not looked at",
  ReservedOpcodesIgnored: "frames with undefined opcodes are skipped",
  FragmentedControlTaken: "control frames may come in fragments",
  LongControlTaken: "control frames may be longer than 125 octets",
  StrayContinuationTaken: "a continuation without a start is a message",
  InterleavedMessageTaken: "a new message may begin inside another",
  LongLengthsTaken: "lengths need not be in their shortest form",
  MaskingIgnored: "frames may be masked or not",
  CloseOfOneOctetTaken: "a Close may have a payload of one octet",
  CloseCodesIgnored: "a Close may carry any code",
  CloseReasonIgnored: "the reason of a Close need not be UTF-8",
  Utf8Ignored: "text may be anything",
  Utf8Late: "text is checked when the message is whole",
  Utf8PerFrame: "text is checked frame by frame",
  FailsWith1000: "the connection is failed with the code 1000",
  FailsLate: "the connection is failed two seconds later",
  FailsWithoutEnd: "a failed connection is kept open after the Close",
  NoCloseReply: "a Close is not answered",
  NoTcpDrop: "TCP is not dropped after the closing handshake",
  ReplyWith1001: "a Close is answered with 1001, whatever it said",
  EchoAfterClose: "messages behind a Close are echoed",
  PongAfterClose: "pings behind a Close are answered",
  NoPong: "pings are not answered",
  PongEmpty: "pongs carry no payload",
  PongsCombined: "only the last ping of a read is answered",
  EchoAsBinary: "text comes back as binary",
  EchoTwice: "messages come back twice",
  EchoCut: "messages come back without their last octet",
  LargeRefused: "messages of more than 100 KiB are refused",
  FewFragments: "messages of more than 200 fragments are refused",
  CompressionGarbled: "compressed messages come back with an octet wrong",
  WindowIgnored: "compressed messages refer back further than was agreed",
  NoCompression: "permessage-deflate is declined",
  Rsv1Always: "RSV1 is set on every message",
  MaskWrong: "frames are masked by a server, and not by a client",
  UnsolicitedPong: "a pong is sent when the connection opens"
} as const

export type Fault = keyof typeof faults

interface Deflate {
  readonly windowBits: number
}

export class Testee {
  private input = Buffer.alloc(0)
  private header: Frame.Header | undefined
  private payload: Array<Uint8Array> = []
  private got = 0
  private message: { kind: number; compressed: boolean; parts: Array<Uint8Array>; decoder: TextDecoder } | undefined
  private closed = false
  private replied = false
  private pending: Uint8Array | undefined

  constructor(
    private readonly socket: Duplex,
    private readonly role: PeerRole,
    private readonly broken: ReadonlySet<Fault>,
    private readonly deflate: Deflate | undefined
  ) {
    socket.on("data", (octets: Buffer) => this.receive(octets))
    socket.on("error", () => undefined)
    socket.on("end", () => socket.end())
    if (this.has("UnsolicitedPong")) this.send(Frame.opcode.pong, new Uint8Array(0))
  }

  receive(octets: Uint8Array): void {
    if (this.closed) return
    this.input = Buffer.concat([this.input, octets])
    while (this.step()) { /* until more is needed */ }
    this.flushPong()
  }

  private flushPong(): void {
    if (this.pending !== undefined) this.send(Frame.opcode.pong, this.pending)
    this.pending = undefined
  }

  private has(fault: Fault): boolean {
    return this.broken.has(fault)
  }

  private step(): boolean {
    if (this.closed) return false
    if (this.header === undefined) {
      const header = Frame.parseHeader(this.input, 0, this.input.length)
      if (header === undefined) return false
      this.input = this.input.subarray(Frame.headerSize(header.lengthBits, header.mask !== undefined))
      this.header = header
      this.got = 0
      this.payload = []
      if (!this.legal(header)) return this.fail(1002)
    }
    return this.take(this.header)
  }

  private legal(header: Frame.Header): boolean {
    const { fin, length, lengthBits, mask, opcode, rsv } = header
    const control = Frame.isControl(opcode)
    const owned = this.deflate !== undefined && (opcode === 1 || opcode === 2) ? 4 : 0
    return (this.has("RsvIgnored") || (rsv & ~owned) === 0) &&
      (this.has("ReservedOpcodesIgnored") || [0, 1, 2, 8, 9, 10].includes(opcode)) &&
      (this.has("FragmentedControlTaken") || !control || fin) &&
      (this.has("LongControlTaken") || !control || length <= 125) &&
      (this.has("LongLengthsTaken") || lengthBits === Frame.lengthBits(length)) && length < 2 ** 63 &&
      (this.has("MaskingIgnored") || (mask !== undefined) === (this.role === "server")) &&
      (this.has("StrayContinuationTaken") || opcode !== 0 || this.message !== undefined) &&
      (this.has("InterleavedMessageTaken") || (opcode !== 1 && opcode !== 2) || this.message === undefined)
  }

  private take(header: Frame.Header): boolean {
    const part = Buffer.from(this.input.subarray(0, header.length - this.got))
    this.input = this.input.subarray(part.length)
    if (header.mask !== undefined) Mask.mask(part, 0, part.length, header.mask, this.got)
    this.got += part.length
    this.payload.push(part)
    const whole = this.got === header.length
    if (!Frame.isControl(header.opcode)) {
      if (header.opcode === 0) this.message ??= this.start(2, false)
      else if (this.got === part.length && this.payload.length === 1) {
        this.message = this.start(header.opcode, (header.rsv & 4) !== 0 && this.deflate !== undefined)
      }
      if (!this.check(part, header, whole)) return this.fail(1007)
    }
    if (!whole) return false
    this.header = undefined
    this.frame(header, Buffer.concat(this.payload))
    return true
  }

  private start(kind: number, compressed: boolean): NonNullable<Testee["message"]> {
    return { kind, compressed, parts: [], decoder: new TextDecoder("utf-8", { fatal: true }) }
  }

  /** UTF-8 as it comes in. */
  private check(part: Uint8Array, header: Frame.Header, whole: boolean): boolean {
    const { compressed, decoder, kind } = this.message!
    const off = compressed || kind !== 1 || this.has("Utf8Ignored") || this.has("Utf8Late") || this.has("Utf8PerFrame")
    if (off) {
      return !this.has("Utf8PerFrame") || !whole || kind !== 1 || compressed || isUtf8(Buffer.concat(this.payload))
    }
    try {
      decoder.decode(part, { stream: !(header.fin && whole) })
      return true
    } catch {
      return false
    }
  }

  private frame(header: Frame.Header, payload: Uint8Array): void {
    const { fin, opcode } = header
    if (Frame.isControl(opcode) && !fin) {
      this.message = this.start(opcode, false)
      this.message.parts.push(payload)
    } else if (opcode === 8) this.close(Buffer.from(payload))
    else if (opcode === 9) this.ping(payload)
    else if (opcode <= 2) {
      const { message } = this
      message!.parts.push(payload)
      const size = message!.parts.reduce((sum, { length }) => sum + length, 0)
      if (this.has("LargeRefused") && size > 100 * 1024) return void this.fail(1009)
      if (this.has("FewFragments") && message!.parts.length > 200) return void this.fail(1008)
      if (!fin) return
      this.message = undefined
      this.deliver(message!.kind, message!.compressed, Buffer.concat(message!.parts))
    }
  }

  private deliver(kind: number, compressed: boolean, octets: Buffer): void {
    if (kind === 9) return this.ping(octets)
    if (kind > 2) return
    this.flushPong()
    const message = compressed
      ? zlib.inflateRawSync(Buffer.concat([octets, Buffer.of(0, 0, 255, 255)]), {
        finishFlush: zlib.constants.Z_SYNC_FLUSH
      })
      : octets
    if (kind === 1 && !this.has("Utf8Ignored") && !isUtf8(message)) return void this.fail(1007)
    if (this.replied && !this.has("EchoAfterClose")) return
    const echo = this.has("EchoCut") ? message.subarray(0, -1) : message
    for (let i = this.has("EchoTwice") ? 2 : 1; i > 0; i--) this.echo(this.has("EchoAsBinary") ? 2 : kind, echo)
  }

  private echo(kind: number, message: Uint8Array): void {
    if (this.deflate === undefined) return this.send(kind, message, this.has("Rsv1Always") ? 4 : 0)
    const windowBits = this.has("WindowIgnored") ? 15 : this.deflate.windowBits
    const octets = zlib.deflateRawSync(message, { windowBits, finishFlush: zlib.constants.Z_SYNC_FLUSH }).subarray(
      0,
      -4
    )
    const middle = octets.length >> 1
    if (this.has("CompressionGarbled")) octets[middle] = (octets[middle] ?? 0) ^ 0x55
    this.send(kind, octets, 4)
  }

  private ping(payload: Uint8Array): void {
    if (this.has("NoPong") || (this.replied && !this.has("PongAfterClose"))) return
    if (this.has("PongsCombined")) this.pending = payload
    else this.send(Frame.opcode.pong, this.has("PongEmpty") ? new Uint8Array(0) : payload)
  }

  private close(payload: Buffer): void {
    const code = payload.length < 2 ? undefined : payload.readUInt16BE(0)
    if (payload.length === 1 && !this.has("CloseOfOneOctetTaken")) return void this.fail(1002)
    if (code !== undefined && !legalCode(code) && !this.has("CloseCodesIgnored")) return void this.fail(1002)
    if (!isUtf8(payload.subarray(2)) && !this.has("CloseReasonIgnored")) return void this.fail(1007)
    if (this.has("NoCloseReply") || this.replied) return
    this.replied = true
    const reply = this.has("ReplyWith1001")
      ? codeOctets(1001)
      : payload.length === 1
      ? codeOctets(1000)
      : payload.subarray(0, code === undefined ? 0 : 2)
    this.send(Frame.opcode.close, reply)
    // What comes in the same read is still looked at by the two faults that need it.
    if (!this.has("EchoAfterClose") && !this.has("PongAfterClose")) this.closed = true
    if (this.role === "server" && !this.has("NoTcpDrop")) setTimeout(() => this.socket.end(), 5)
  }

  private fail(code: number): false {
    this.closed = true
    const body = this.has("FailsWith1000") ? 1000 : code
    const now = () => {
      if (this.socket.destroyed) return
      this.send(Frame.opcode.close, codeOctets(body))
      if (!this.has("FailsWithoutEnd")) this.socket.end()
    }
    if (this.has("FailsLate")) setTimeout(now, 2000)
    else now()
    return false
  }

  private send(opcode: number, payload: Uint8Array, rsv = 0): void {
    const masked = (this.role === "client") !== this.has("MaskWrong")
    const mask = masked ? randomBytes(4).readUInt32BE(0) : undefined
    if (this.socket.writable) {
      this.socket.write(Frame.encode({ header: Frame.header(opcode, payload.length, { mask, rsv }), payload }))
    }
  }
}

const codeOctets = (code: number): Buffer => Buffer.of(code >> 8, code & 255)

const legalCode = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999)

const value = (head: { readonly headers: ReadonlyArray<readonly [string, string]> }, name: string): string =>
  head.headers.filter(([each]) => each.toLowerCase() === name).map(([, each]) => each).join(", ")

/** The port of a server with these faults. */
export const server = (...broken: ReadonlyArray<Fault>): Effect.Effect<number, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<{ readonly server: net.Server; readonly sockets: Set<net.Socket> }>((resume) => {
        const sockets = new Set<net.Socket>()
        const listening = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
          sockets.add(socket)
          socket.on("close", () => sockets.delete(socket))
          accept(socket, new Set(broken))
        })
        listening.listen(0, "127.0.0.1", () => resume(Effect.succeed({ server: listening, sockets })))
      }),
      ({ server: listening, sockets }) =>
        Effect.sync(() => {
          for (const socket of sockets) socket.destroy()
          listening.close()
        })
    ),
    ({ server: listening }) => (listening.address() as net.AddressInfo).port
  )

const accept = (socket: net.Socket, broken: ReadonlySet<Fault>): void => {
  let carry = HttpHead.request()
  socket.on("error", () => undefined)
  const onData = (octets: Buffer): void => {
    const step = HttpHead.feed(carry, octets)
    if (step._tag === "NeedMore") return void (carry = step.carry)
    socket.off("data", onData)
    if (step._tag === "Problem") return void socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    const offer = value(step.head, "sec-websocket-extensions").split(",")[0] ?? ""
    const agreed = offer.includes("permessage-deflate") && !broken.has("NoCompression")
    const windowBits = offer.includes("server_max_window_bits=9") ? 9 : 15
    const extension = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; " +
      `client_no_context_takeover${windowBits === 9 ? "; server_max_window_bits=9" : ""}\r\n`
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${AcceptKey.accept(value(step.head, "sec-websocket-key"))}\r\n${
          agreed ? extension : ""
        }\r\n`
    )
    new Testee(socket, "server", broken, agreed ? { windowBits } : undefined).receive(step.rest)
  }
  socket.on("data", onData)
}

/** A client with these faults, which runs one case of a fuzzing server. */
export const client = (...broken: ReadonlyArray<Fault>) => (port: number, number: number): Effect.Effect<void> =>
  Effect.async((resume) => {
    const socket = net.connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true })
    const offer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits"
    let carry = HttpHead.response()
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.void))
    socket.write(
      `GET /runCase?case=${number}&agent=agent HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\n` +
        `Connection: Upgrade\r\nSec-WebSocket-Key: ${
          randomBytes(16).toString("base64")
        }\r\nSec-WebSocket-Version: 13\r\n` +
        `${broken.includes("NoCompression") ? "" : `Sec-WebSocket-Extensions: ${offer}\r\n`}\r\n`
    )
    const onData = (octets: Buffer): void => {
      const step = HttpHead.feed(carry, octets)
      if (step._tag === "NeedMore") return void (carry = step.carry)
      socket.off("data", onData)
      if (step._tag === "Problem" || step.head.status !== 101) return void socket.destroy()
      const answer = value(step.head, "sec-websocket-extensions")
      const windowBits = answer.includes("client_max_window_bits=9") ? 9 : 15
      new Testee(socket, "client", new Set(broken), answer === "" ? undefined : { windowBits }).receive(step.rest)
    }
    socket.on("data", onData)
  })
