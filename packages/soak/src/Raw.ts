/**
 * A client of bare octets: it writes what it likes, and understands of what comes back just enough to know how it was answered.
 */
import * as Frame from "@effect-ws/codec/Frame"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { randomBytes } from "node:crypto"
import { connect, type Socket } from "node:net"
import { host } from "./Sides.js"

/** A right request, but for those lines that are replaced; `undefined` leaves one out. */
export const request = (
  path: string,
  lines: Readonly<Record<string, string | undefined>> = {},
  start = `GET ${path} HTTP/1.1`
): string => {
  const all: Record<string, string | undefined> = {
    Host: host,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
    "Sec-WebSocket-Version": "13",
    ...lines
  }
  const headers = Object.entries(all).flatMap(([name, value]) => value === undefined ? [] : [`${name}: ${value}`])
  return [start, ...headers, "", ""].join("\r\n")
}

export class Raw {
  /** Of the answer to the request. */
  status: number | undefined = undefined
  /** Of the Close that came; 1005 of one without a code. */
  closeCode: number | undefined = undefined
  messages = 0
  isEnded = false
  isClosed = false
  private rest: Buffer = Buffer.alloc(0)
  private onChange: () => void = () => {}

  /** `wasDown` tells whether the server restarted since it was dialed. */
  constructor(readonly socket: Socket, readonly wasDown: () => boolean) {
    socket.on("data", (octets: Buffer) => {
      this.rest = this.rest.length === 0 ? octets : Buffer.concat([this.rest, octets])
      this.read()
      this.onChange()
    })
    socket.on("end", () => {
      this.isEnded = true
      this.onChange()
    })
    socket.on("error", () => {})
    socket.on("close", () => {
      this.isEnded = true
      this.isClosed = true
      this.onChange()
    })
  }

  write(octets: string | Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(octets)
  }

  /** Waits for it, or until nothing will come any more, or so many milliseconds; says whether it came true. */
  until(condition: () => boolean, milliseconds: number): Effect.Effect<boolean> {
    return Effect.async<boolean>((resume) => {
      const done = (): void => {
        clearTimeout(timer)
        this.onChange = () => {}
        resume(Effect.succeed(condition()))
      }
      const timer = setTimeout(done, milliseconds)
      this.onChange = () => {
        if (condition() || this.isEnded) done()
      }
      this.onChange()
      return Effect.sync(() => clearTimeout(timer))
    })
  }

  private read(): void {
    if (this.status === undefined) {
      const end = this.rest.indexOf("\r\n\r\n")
      if (end < 0) return
      this.status = Number(/^HTTP\/1\.1 (\d{3})/.exec(this.rest.subarray(0, 32).toString("latin1"))?.[1])
      this.rest = this.rest.subarray(end + 4)
    }
    if (this.status !== 101) return
    for (;;) {
      const header = Frame.parseHeader(this.rest, 0, this.rest.length)
      if (header === undefined) return
      const from = Frame.headerSize(header.lengthBits, false)
      if (this.rest.length < from + header.length) return
      if (header.opcode === Frame.opcode.close) this.closeCode = header.length < 2 ? 1005 : this.rest.readUInt16BE(from)
      if (!Frame.isControl(header.opcode) && header.fin) this.messages++
      this.rest = this.rest.subarray(from + header.length)
    }
  }
}

/** Is cut when the scope closes; nothing if nobody listens. */
export const dial = (
  port: number,
  octets: string | Uint8Array,
  wasDown: () => boolean
): Effect.Effect<Raw | undefined, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<Raw | undefined>((resume) => {
      const socket = connect({ port, host, noDelay: true, allowHalfOpen: true })
      const raw = new Raw(socket, wasDown)
      socket.once("error", () => resume(Effect.succeed(undefined)))
      socket.once("connect", () => {
        raw.write(octets)
        resume(Effect.succeed(raw))
      })
    }),
    (raw) => Effect.sync(() => raw?.socket.destroy())
  )
