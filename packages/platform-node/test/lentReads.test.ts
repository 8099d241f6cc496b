/**
 * Reads into one buffer of the process: where it is done, and what must not go wrong with it. On a Node that lacks what it takes, the
 * first test fails, and all others pass: sockets are then read as streams.
 */
import { afterEach, describe, expect, it } from "@effect/vitest"
import type { Receiver } from "@effect-ws/connection/host/Transport"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import * as Net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import * as Tls from "node:tls"
import { SocketTransport } from "../src/transport/SocketTransport.js"
import { selfSigned } from "./certificate.js"

const open: Array<Net.Socket> = []
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy()
})

const connected = async (
  server: Net.Server,
  event: string,
  connect: (to: Net.ListenOptions) => Net.Socket,
  at: Net.ListenOptions
) => {
  server.listen(at)
  await once(server, "listening")
  const address = server.address()
  const far = connect(typeof address === "string" || address === null ? at : { host: "127.0.0.1", port: address.port })
  const [near] = await once(server, event) as [Net.Socket]
  server.close()
  open.push(near, far)
  return [near, far] as const
}

const tcp = (at: Net.ListenOptions = { port: 0, host: "127.0.0.1" }) =>
  connected(
    Net.createServer({ allowHalfOpen: true, pauseOnConnect: true }),
    "connection",
    (to) => Net.connect({ ...to, port: to.port ?? 0, allowHalfOpen: true }),
    at
  )

const collector = (onOctets: (octets: Uint8Array) => void = () => {}) => {
  const chunks: Array<Buffer> = []
  let ended = (): void => {}
  const end = new Promise<void>((resolve) => {
    ended = resolve
  })
  const receiver: Receiver = {
    onOctets: (octets) => {
      chunks.push(Buffer.from(octets)) // a copy: they are lent
      onOctets(octets)
    },
    onDrained() {},
    onEnd: () => ended(),
    onClosed: () => ended()
  }
  return { receiver, end, text: () => Buffer.concat(chunks).toString("latin1"), chunks }
}

const turns = (count: number): Promise<void> =>
  count === 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(() => resolve(turns(count - 1))))

describe.skipIf(process.platform === "win32")("which streams", () => {
  it("TCP sockets, accepted and connected", async () => {
    for (const socket of await tcp()) {
      const transport = new SocketTransport(socket, 1024)
      transport.attach(collector().receiver)
      expect(transport.reads).toBe("lent")
    }
  })

  it("Unix sockets", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lent-"))
    try {
      const path = join(folder, "socket")
      const [near] = await connected(
        Net.createServer({ pauseOnConnect: true }),
        "connection",
        () => Net.connect(path),
        { path }
      )
      const transport = new SocketTransport(near, 1024)
      transport.attach(collector().receiver)
      expect(transport.reads).toBe("lent")
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it("not TLS, which may read amid a write", async () => {
    const { cert, key } = selfSigned()
    const [near, far] = await connected(
      Tls.createServer({ cert, key, pauseOnConnect: true }),
      "secureConnection",
      (to) => Tls.connect({ ...to, ca: cert, checkServerIdentity: () => undefined }),
      { port: 0, host: "127.0.0.1" }
    )
    const transport = new SocketTransport(near, 1024)
    const { end, receiver, text } = collector()
    transport.attach(receiver)
    expect(transport.reads).toBe("streamed")
    far.end("hello")
    await end
    expect(text()).toBe("hello")
  })

  it("not any other stream, and not a socket that reads into its user's memory", async () => {
    const stream = new PassThrough()
    const transport = new SocketTransport(stream, 1024)
    transport.attach(collector().receiver)
    expect(transport.reads).toBe("streamed")

    const server = Net.createServer()
    const [, far] = await connected(
      server,
      "connection",
      ({ port }) => {
        const onread: Net.OnReadOpts = { buffer: new Uint8Array(10), callback: () => true }
        const options: Net.TcpNetConnectOpts = { port: port ?? 0, host: "127.0.0.1", onread }
        return Net.connect(options)
      },
      { port: 0, host: "127.0.0.1" }
    )
    const own = new SocketTransport(far, 1024)
    own.attach(collector().receiver)
    expect(own.reads).toBe("streamed")
  })
})

describe("what is lent", () => {
  it("is the same memory for all sockets, and never larger", async () => {
    const memory = new Set<ArrayBufferLike>()
    const ends: Array<Promise<void>> = []
    for (let i = 0; i < 3; i++) {
      const [near, far] = await tcp()
      const { chunks, end, receiver } = collector((octets) => memory.add(octets.buffer))
      new SocketTransport(near, 1024).attach(receiver)
      far.end(Buffer.alloc(300_000, i))
      await end
      ends.push(end)
      expect(Buffer.concat(chunks).equals(Buffer.alloc(300_000, i))).toBe(true)
    }
    await Promise.all(ends)
    expect(memory.size).toBe(1)
  })

  it("comes behind what was given back, however late that is taken", async () => {
    const [near, far] = await tcp()
    const transport = new SocketTransport(near, 1024)
    const first = collector()
    transport.attach(first.receiver)
    far.write("b")
    while (first.text() !== "b") await turns(1)
    transport.pause()
    transport.unread(Buffer.from("b"))
    transport.unread(Buffer.from("a"))
    far.end("c")
    await turns(5)
    const { end, receiver, text } = collector()
    transport.attach(receiver)
    await end
    expect(text()).toBe("abc")
  })

  it("comes behind what the stream held", async () => {
    const [near, far] = await tcp()
    near.unshift(Buffer.from("a"))
    far.write("b")
    await turns(5)
    const { end, receiver, text } = collector()
    new SocketTransport(near, 1024).attach(receiver)
    far.end("c")
    await end
    expect(text()).toBe("abc")
  })
})

describe("pausing", () => {
  it("holds for one that resumed in the same turn", async () => {
    const [near, far] = await tcp()
    const { end, receiver, text } = collector()
    const transport = new SocketTransport(near, 1024)
    transport.attach(receiver)
    transport.pause()
    transport.resume()
    transport.pause()
    far.end("late")
    await turns(10)
    expect(text()).toBe("")
    transport.resume()
    await end
    expect(text()).toBe("late")
  })

  it("holds amid a read: at most what is under way still comes", async () => {
    const [near, far] = await tcp()
    const { chunks, end, receiver } = collector(() => transport.pause())
    const transport = new SocketTransport(near, 1024)
    transport.attach(receiver)
    far.end(Buffer.alloc(1_000_000))
    while (chunks.length === 0) await turns(1)
    await turns(10)
    expect(chunks.length).toBe(1)
    const again = setInterval(() => transport.resume(), 1)
    await end.finally(() => clearInterval(again))
    expect(Buffer.concat(chunks).length).toBe(1_000_000)
  })
})
