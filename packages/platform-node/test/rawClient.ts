/** A TCP client that writes an opening handshake, and anything else, octet by octet. */
import * as Frame from "@effect-ws/codec/Frame"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"
import * as Tls from "node:tls"

export const key = "dGhlIHNhbXBsZSBub25jZQ=="
export const acceptKey = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

/** The lines of a right request, but for those replaced by name; `undefined` leaves one out. */
export const request = (
  lines: Readonly<Record<string, string | undefined>> = {},
  start = "GET / HTTP/1.1",
  more: ReadonlyArray<string> = []
): string => {
  const all: Record<string, string | undefined> = {
    Host: "a.example",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": key,
    "Sec-WebSocket-Version": "13",
    ...lines
  }
  const headers = Object.entries(all).flatMap(([name, value]) => value === undefined ? [] : [`${name}: ${value}`])
  return [start, ...headers, ...more, "", ""].join("\r\n")
}

export interface Response {
  readonly status: number
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** A frame with a mask of zeros, which leaves the payload legible. */
export const frame = (opcode: number, payload: string | Uint8Array = ""): Uint8Array => {
  const octets = typeof payload === "string" ? Buffer.from(payload) : payload
  return Frame.encode({ header: Frame.header(opcode, octets.length, { mask: 0 }), payload: octets })
}

export const close = (code: number): Uint8Array => frame(Frame.opcode.close, Uint8Array.of(code >> 8, code & 0xff))

export class RawClient {
  private received = Buffer.alloc(0)
  /** The server ended its side. */
  ended = false
  closed = false
  error: unknown = undefined
  private waiting: Array<() => void> = []

  constructor(readonly socket: Net.Socket) {
    socket.on("data", (chunk: Buffer) => this.wake(() => this.received = Buffer.concat([this.received, chunk])))
    socket.on("end", () => this.wake(() => this.ended = true))
    socket.on("close", () => this.wake(() => this.closed = true))
    socket.on("error", (error) => this.wake(() => this.error = error))
  }

  write(octets: string | Uint8Array): void {
    this.socket.write(octets)
  }

  end(): void {
    this.socket.end()
  }

  readonly response = Effect.promise(async (): Promise<Response> => {
    const head = (await this.take(() => {
      const end = this.received.indexOf("\r\n\r\n")
      return end < 0 ? undefined : end + 4
    })).toString("latin1")
    const [start = "", ...lines] = head.split("\r\n").slice(0, -2)
    const headers = Object.fromEntries(lines.map((line) => {
      const colon = line.indexOf(":")
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }))
    return { status: Number(/^HTTP\/1\.1 ([0-9]{3}) /.exec(start)?.[1]), headers }
  })

  /** A whole, small frame: `text hello`, `close 1000`, … */
  readonly frame = Effect.promise(async (): Promise<string> => {
    const [first = 0, second = 0] = await this.take(() => 2)
    const size = second === 126 ? (await this.take(() => 2)).readUInt16BE() : second
    const payload = await this.take(() => size)
    const opcode = first & 0x0f
    if (opcode === Frame.opcode.close) return `close ${size === 0 ? "empty" : payload.readUInt16BE()}`
    return `${opcode === Frame.opcode.text ? "text" : opcode} ${payload.toString()}`
  })

  /** All there is until the server ends its side. */
  readonly rest = Effect.promise(async (): Promise<string> => {
    await this.until(() => this.ended || this.closed)
    return (await this.take(() => this.received.length)).toString("latin1")
  })

  readonly gone = Effect.promise(() => this.until(() => this.closed))

  private async take(size: () => number | undefined): Promise<Buffer> {
    const has = () => this.received.length >= (size() ?? Infinity)
    await this.until(() => has() || this.closed || this.ended)
    if (!has()) throw new Error(`the server ended behind ${JSON.stringify(this.received.toString("latin1"))}`)
    const end = size() ?? 0
    const taken = this.received.subarray(0, end)
    this.received = this.received.subarray(end)
    return taken
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.waiting.push(resolve))
  }

  private wake(change: () => void): void {
    change()
    for (const resume of this.waiting.splice(0)) resume()
  }
}

/** Is cut when the scope closes. */
export const connect = (
  to: Net.NetConnectOpts | (Tls.ConnectionOptions & { readonly tls: true }),
  octets: string | Uint8Array = ""
): Effect.Effect<RawClient, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const options = { ...to, allowHalfOpen: true }
      const socket = "tls" in to ? Tls.connect(options) : Net.connect(options as Net.NetConnectOpts)
      const client = new RawClient(socket)
      await new Promise<void>((resolve, reject) => {
        socket.once("tls" in to ? "secureConnect" : "connect", resolve)
        socket.once("error", reject)
      })
      client.write(octets)
      return client
    }),
    (client) => Effect.sync(() => client.socket.destroy())
  )
