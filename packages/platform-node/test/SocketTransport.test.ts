import { afterEach, describe, expect, it } from "@effect/vitest"
import type { Receiver, Transport } from "@effect-ws/connection/host/Transport"
import { once } from "node:events"
import * as Net from "node:net"
import { Duplex, PassThrough } from "node:stream"
import * as Tls from "node:tls"
import { SocketTransport } from "../src/transport/SocketTransport.js"
import { selfSigned } from "./certificate.js"

/** Both ends of a TCP connection. */
const sockets: Array<Net.Socket> = []
const connected = async (
  { allowHalfOpen } = { allowHalfOpen: true }
): Promise<readonly [near: Net.Socket, far: Net.Socket]> => {
  const server = Net.createServer({ allowHalfOpen: true, pauseOnConnect: true })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const far = Net.connect({ port: (server.address() as Net.AddressInfo).port, host: "127.0.0.1", allowHalfOpen })
  const [near] = await once(server, "connection") as [Net.Socket]
  server.close()
  sockets.push(near, far)
  return [near, far]
}

/** Both ends of a TLS session. */
const connectedByTls = async (): Promise<readonly [near: Net.Socket, far: Net.Socket]> => {
  const { cert, key } = selfSigned()
  const server = Tls.createServer({ cert, key, allowHalfOpen: true, pauseOnConnect: true })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as Net.AddressInfo
  const far = Tls.connect({ port, host: "127.0.0.1", ca: cert, checkServerIdentity: () => undefined })
  const [near] = await once(server, "secureConnection") as [Net.Socket]
  server.close()
  sockets.push(near, far)
  return [near, far]
}

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})

class Recorder implements Receiver {
  readonly log: Array<string> = []
  readonly octets: Array<Uint8Array> = []
  private waiting: Array<() => void> = []
  onOctets(octets: Uint8Array) {
    this.octets.push(octets)
    this.note(`octets ${Buffer.from(octets).toString("latin1")}`)
  }
  onDrained() {
    this.note("drained")
  }
  onEnd() {
    this.note("end")
  }
  onClosed(error: unknown) {
    this.note(error === undefined ? "closed" : `closed ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
  async until(line: string): Promise<void> {
    while (!this.log.includes(line)) await new Promise<void>((resolve) => this.waiting.push(resolve))
  }
  private note(line: string) {
    this.log.push(line)
    for (const resume of this.waiting.splice(0)) resume()
  }
}

const attached = (stream: Duplex, mark?: number): readonly [Transport, Recorder] => {
  const transport = new SocketTransport(stream, mark)
  const recorder = new Recorder()
  transport.attach(recorder)
  return [transport, recorder]
}

const octets = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))

const textFrom = async (socket: Net.Socket): Promise<string> => {
  let text = ""
  for await (const chunk of socket) text += String(chunk)
  return text
}

describe("reading", () => {
  it("gives plain octets, those of the head first, and the end", async () => {
    const [near, far] = await connected()
    const transport = SocketTransport.of(near, octets("head "))
    far.write("and more")
    const recorder = new Recorder()
    await new Promise(setImmediate)
    expect(recorder.log).toEqual([])
    transport.attach(recorder)
    far.end()
    await recorder.until("end")
    expect(recorder.log).toEqual(["octets head ", "octets and more", "end"])
    for (const each of recorder.octets) expect(Object.getPrototypeOf(each)).toBe(Uint8Array.prototype)
    transport.halfClose()
    await recorder.until("closed")
    expect(recorder.log.slice(3)).toEqual(["closed"])
  })

  it("pauses and resumes", async () => {
    const [near, far] = await connected()
    const [transport, recorder] = attached(near)
    transport.pause()
    far.end("late")
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(recorder.log).toEqual([])
    transport.resume()
    await recorder.until("end")
    expect(recorder.log).toEqual(["octets late", "end"])
  })
})

describe("writing", () => {
  it("writes several chunks as one segment, in order", async () => {
    const [near, far] = await connected()
    const [transport] = attached(near)
    expect(transport.write([octets("a"), octets("b"), octets("c")])).toBe(true)
    const [segment] = await once(far, "data") as [Buffer]
    expect(segment.toString()).toBe("abc")
    expect(transport.pending).toBe(0)
  })

  it("tells when it is over its mark, and when it drained, once", async () => {
    const [near, far] = await connected()
    const [transport, recorder] = attached(near, 100_000)
    far.pause()
    const chunk = new Uint8Array(1_000_000)
    let written = 0
    do written += chunk.length
    while (transport.write([chunk]))
    expect(transport.pending).toBeGreaterThan(0) // less than the mark: some has left already
    let read = 0
    far.on("data", ({ length }: Buffer) => read += length).resume()
    await recorder.until("drained")
    expect(transport.pending).toBe(0)
    while (read < written) await once(far, "data")
    expect(recorder.log).toEqual(["drained"])
  })

  it("is not over its mark while the system takes all at once", async () => {
    const [near, far] = await connected()
    const [transport, recorder] = attached(near)
    far.resume()
    expect(transport.write([new Uint8Array(60_000), new Uint8Array(40_000)])).toBe(true)
    await new Promise(setImmediate)
    expect(recorder.log).toEqual([])
  })

  it("says when what was written so far is flushed: before and behind the end of our side", async () => {
    const [near, far] = await connected()
    const [transport] = attached(near)
    const log: Array<string> = []
    transport.whenFlushed(() => log.push("at once"))
    expect(log).toEqual(["at once"])
    far.pause()
    while (transport.write([new Uint8Array(1_000_000)])) { /* until it is over its mark */ }
    transport.whenFlushed(() => log.push("open"))
    transport.halfClose()
    await new Promise<void>((resolve) => {
      transport.whenFlushed(() => {
        log.push("ended")
        resolve()
      })
      expect(log).toEqual(["at once"])
      far.resume()
    })
    expect(log).toEqual(["at once", "open", "ended"])
    expect(transport.pending).toBe(0)
  })

  it("says nothing of flushing once destroyed", async () => {
    const [near, far] = await connected()
    const [transport, recorder] = attached(near)
    const log: Array<string> = []
    far.pause()
    while (transport.write([new Uint8Array(1_000_000)])) { /* until it is over its mark */ }
    transport.whenFlushed(() => log.push("flushed"))
    transport.destroy()
    transport.whenFlushed(() => log.push("flushed"))
    await recorder.until("closed")
    expect(transport.write([octets("x")])).toBe(true)
    expect(log).toEqual([])
    expect(recorder.log).toEqual(["closed"])
  })

  it("half-closes once, behind what was written, and reads on", async () => {
    const [near, far] = await connected()
    const [transport, recorder] = attached(near)
    transport.write([octets("bye")])
    transport.halfClose()
    transport.halfClose()
    expect(transport.write([octets("too late")])).toBe(true)
    expect(await textFrom(far)).toBe("bye")
    far.end()
    await recorder.until("closed")
    expect(recorder.log).toEqual(["end", "closed"])
  })
})

describe("flushing", () => {
  /** A stream whose writes leave when the test says so. */
  const held = () => {
    const writes: Array<{ readonly text: string; readonly done: (error?: Error) => void }> = []
    const stream = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _, done) => void writes.push({ text: String(chunk), done }),
      final: (done) => done()
    })
    return { stream, writes, leave: () => writes.at(-1)?.done() }
  }

  it("waits for what was written before, and for nothing that was written behind", async () => {
    const { leave, stream, writes } = held()
    const [transport] = attached(stream)
    const log: Array<string> = []
    transport.whenFlushed(() => log.push("nothing"))
    transport.write([octets("a"), octets("b")])
    transport.whenFlushed(() => log.push("ab"))
    transport.whenFlushed(() => log.push("ab again"))
    transport.write([octets("c")])
    transport.whenFlushed(() => log.push("c"))
    expect(log).toEqual(["nothing"])
    leave()
    leave()
    await new Promise(setImmediate)
    expect(log).toEqual(["nothing", "ab", "ab again"])
    transport.halfClose()
    transport.whenFlushed(() => log.push("ended"))
    leave()
    await new Promise(setImmediate)
    expect(log).toEqual(["nothing", "ab", "ab again", "c", "ended"])
    expect(writes.map(({ text }) => text).filter((text) => text === "")).toEqual([])
  })

  it("never comes behind a write that failed", async () => {
    const { stream, writes } = held()
    const [transport, recorder] = attached(stream)
    transport.write([octets("a")])
    transport.write([octets("b")])
    transport.whenFlushed(() => recorder.log.push("flushed"))
    writes[0]?.done(new Error("EPIPE"))
    await recorder.until("closed Error: EPIPE")
    await new Promise(setImmediate)
    expect(recorder.log).toEqual(["closed Error: EPIPE"])
  })

  for (const over of ["TCP", "TLS"] as const) {
    for (const end of [false, true]) {
      it(`over ${over} takes no write of its own${end ? ", behind the end of our side" : ""}`, async () => {
        const [near, far] = await (over === "TCP" ? connected() : connectedByTls())
        const sizes: Array<number> = []
        const stream = near as Net.Socket & Required<Pick<Duplex, "_writev">>
        const { _write: write, _writev: writev } = stream
        stream._write = (chunk: Buffer, ...rest) => {
          sizes.push(chunk.length)
          write.call(stream, chunk, ...rest)
        }
        stream._writev = (chunks, done) => {
          sizes.push(...chunks.map(({ chunk }) => (chunk as Buffer).length))
          writev.call(stream, chunks, done)
        }
        const [transport] = attached(near)
        const size = 16 * 1024 * 1024
        let taken = 0
        const flushed = new Promise<number>((resolve) => {
          transport.write([new Uint8Array(size / 2), new Uint8Array(size / 2)])
          if (end) transport.halfClose()
          transport.whenFlushed(() => resolve(taken))
        })
        await new Promise((resolve) => setTimeout(resolve, 20))
        far.on("data", (chunk: Buffer) => taken += chunk.length)
        // more than the system takes of a peer that does not read: some of it had to be read before
        expect(await flushed).toBeGreaterThan(0)
        expect(near.writableLength).toBe(0)
        transport.halfClose()
        await once(far, "end")
        expect([taken, sizes.filter((each) => each === 0), sizes.length]).toEqual([size, [], 2])
      })
    }
  }
})

describe("ending", () => {
  it("leaves our side to us when the peer ends its own, whatever the stream was made for", async () => {
    const [near, far] = await connected({ allowHalfOpen: false })
    const [transport, recorder] = attached(far)
    near.end()
    await recorder.until("end")
    await new Promise(setImmediate)
    transport.write([octets("our Close")])
    transport.halfClose()
    expect(await textFrom(near)).toBe("our Close")
  })

  it("tells of a reset, last and once", async () => {
    const [near, far] = await connected()
    const [, recorder] = attached(near)
    far.resetAndDestroy()
    await recorder.until("closed ECONNRESET")
    expect(recorder.log).toEqual(["closed ECONNRESET"])
  })

  it("keeps an error that came before anybody was attached", async () => {
    const [near, far] = await connected()
    near.resume()
    const transport = new SocketTransport(near)
    far.resetAndDestroy()
    await new Promise((resolve) => near.once("close", resolve))
    const recorder = new Recorder()
    transport.attach(recorder)
    expect(recorder.log).toEqual([])
    await recorder.until("closed ECONNRESET")
  })

  it("takes any duplex", async () => {
    const there = new PassThrough()
    const back = new PassThrough()
    const [transport, recorder] = attached(Duplex.from({ readable: there, writable: back }))
    there.write(Buffer.from("in"))
    transport.write([octets("o"), octets("ut")])
    await recorder.until("octets in")
    expect(String(await new Promise((resolve) => back.once("data", resolve)))).toBe("o")
    transport.destroy()
    await recorder.until("closed ABORT_ERR")
  })
})

describe("the end of a turn", () => {
  it("comes once for all, behind what is being read, and what it adds has a turn of its own", async () => {
    const [near] = await connected()
    const [other] = await connected()
    const one = new SocketTransport(near)
    const two = new SocketTransport(other)
    const log: Array<string> = []
    const task = (name: string, then?: () => void) => ({
      runTask: () => {
        log.push(name)
        then?.()
      }
    })
    one.atEndOfTurn(task("first", () => two.atEndOfTurn(task("third"))))
    two.atEndOfTurn(task("second"))
    await Promise.resolve()
    log.push("microtask")
    await new Promise(setImmediate)
    log.push("turn")
    await new Promise(setImmediate)
    expect(log).toEqual(["microtask", "first", "second", "turn", "third"])
  })
})

describe("a stream of what is no bytes", () => {
  const read = () => {}
  const write = (_chunk: unknown, _encoding: unknown, done: () => void) => done()
  const streams: ReadonlyArray<readonly [string, () => Duplex, unknown]> = [
    ["text, as of setEncoding", () => new Duplex({ read, write }).setEncoding("latin1"), Buffer.from("a")],
    ["objects", () => new Duplex({ read, write, readableObjectMode: true }), { a: 1 }]
  ]
  for (const [name, make, chunk] of streams) {
    it(`${name}: it is over, and says why`, async () => {
      const stream = make()
      const [, recorder] = attached(stream)
      stream.push(chunk)
      await once(stream, "close")
      expect(recorder.log).toEqual([
        "closed TypeError: the stream emits text or objects, not bytes: set neither an encoding nor object mode"
      ])
    })
  }
})
