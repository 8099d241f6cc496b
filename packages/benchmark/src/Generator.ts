/**
 * The load: connections that keep messages in flight and check what comes back. In: a {@link Load} and a port. Out: how many
 * messages returned, in what time, and how long their round trips took.
 *
 * On bare node:net with frames that are built and masked once, so that it takes little of the machine. It checks the opcode
 * and the length of every message and the content of a sample, and understands only what a server answers to this load.
 *
 * @since 0.1.0
 */
import * as Frame from "@effect-ws/codec/Frame"
import { randomBytes } from "node:crypto"
import type { Socket } from "node:net"
import * as deflated from "./internal/deflated.js"
import { open } from "./internal/opening.js"
import type { Load } from "./Load.js"
import type { Driven } from "./Measurement.js"
import * as Statistics from "./Statistics.js"

/** Round trips that are remembered; later ones take the place of the first. */
const remembered = 1 << 20
/** How many connections are opened at a time: fewer than a listener's backlog. */
const openedAtOnce = 100

/** What all connections of a load share. */
interface Script {
  /** As many masked frames as are in flight, one behind the other. */
  readonly frames: Buffer
  readonly frameSize: number
  /** The header that each answer must have. */
  readonly answer: Uint8Array
  readonly payload: Buffer
  /** Every so many messages, the content is compared. */
  readonly sample: number
}

const hex = (octets: Buffer): string => octets.subarray(0, 32).toString("hex") || "nothing"

/**
 * @since 0.1.0
 * @category generators
 */
export class Generator {
  private readonly latencies = new Float64Array(remembered)
  private connections: ReadonlyArray<Sender> = []
  private messages = 0
  private outstanding = 0
  private driving = false
  private onQuiet: () => void = () => {}
  private onFailure: (error: Error) => void = () => {}

  private constructor(private readonly load: Load) {}

  /** Opens all connections. */
  static async open(port: number, load: Load): Promise<Generator> {
    const generator = new Generator(load)
    const openOne = opener(port, load, generator)
    const opened: Array<Sender> = []
    while (opened.length < load.connections) {
      const count = Math.min(openedAtOnce, load.connections - opened.length)
      const batch = Array.from({ length: count }, (_, i) => openOne(opened.length + i))
      opened.push(...await Promise.all(batch))
    }
    generator.connections = opened
    return generator
  }

  /** Keeps messages in flight for so long, then waits until all are back. Fails when one comes back changed. */
  async drive(seconds: number): Promise<Driven> {
    const begin = performance.now()
    const timer = setTimeout(() => {
      this.driving = false
    }, seconds * 1000)
    await this.start(this.load.inFlight, true).finally(() => clearTimeout(timer))
    const elapsed = (performance.now() - begin) / 1000
    const latencies = this.latencies.subarray(0, Math.min(this.messages, remembered))
    return {
      messages: this.messages,
      seconds: elapsed,
      p50: Statistics.quantile(latencies, 0.5),
      p99: Statistics.quantile(latencies, 0.99)
    }
  }

  /** One message on each connection, and back. */
  touch(): Promise<void> {
    return this.start(1, false)
  }

  close(): void {
    for (const connection of this.connections) connection.close()
  }

  private start(messages: number, driving: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.messages = 0
      this.outstanding = 0
      this.driving = driving
      this.onQuiet = resolve
      this.onFailure = reject
      for (const connection of this.connections) {
        connection.send(messages, performance.now())
        this.outstanding += messages
      }
    })
  }

  /** So many messages came back; says how many may follow. */
  returned(count: number): number {
    if (this.driving) return count
    this.outstanding -= count
    if (this.outstanding === 0) this.onQuiet()
    return 0
  }

  note(latency: number): void {
    this.latencies[this.messages++ % remembered] = latency
  }

  fail(error: Error): void {
    this.onFailure(error)
  }
}

interface Sender {
  readonly send: (count: number, now: number) => void
  readonly close: () => void
}

const opener = (port: number, load: Load, generator: Generator): (index: number) => Promise<Sender> => {
  if (load.compression === undefined) {
    const script = scriptOf(load)
    return () => LoadConnection.open(port, load, script, generator)
  }
  const script = deflated.scriptOf(load)
  return (index) => deflated.DeflatedConnection.open(port, load, script, generator, index)
}

class LoadConnection {
  /** How far into an answer we are, header included. */
  private position = 0
  private received = 0
  private checking = false
  /** When the messages in flight left: a ring. */
  private readonly sentAt: Float64Array
  private sent = 0
  private closed = false

  private constructor(
    private readonly socket: Socket,
    private readonly script: Script,
    private readonly generator: Generator,
    inFlight: number
  ) {
    this.sentAt = new Float64Array(inFlight)
    socket.on("data", (octets: Buffer) => this.onData(octets))
    socket.on("error", (error) => this.onEnd(error))
    socket.on("close", () => this.onEnd(new Error("the server closed a connection")))
  }

  static async open(port: number, load: Load, script: Script, generator: Generator): Promise<LoadConnection> {
    return new LoadConnection(await open(port), script, generator, load.inFlight)
  }

  send(count: number, now: number): void {
    const { frameSize, frames } = this.script
    for (let i = 0; i < count; i++) this.sentAt[this.sent++ % this.sentAt.length] = now
    const octets = count * frameSize
    this.socket.write(octets === frames.length ? frames : frames.subarray(0, octets))
  }

  close(): void {
    this.closed = true
    this.socket.destroy()
  }

  private onEnd(error: Error): void {
    if (!this.closed) this.generator.fail(error)
    this.closed = true
  }

  private onData(octets: Buffer): void {
    if (this.closed) return
    const count = this.read(octets)
    if (count < 0) {
      this.close()
      return this.generator.fail(
        new Error(`answer ${this.received} is not what was sent, at octet ${this.position} of it, in ${hex(octets)}`)
      )
    }
    const now = performance.now()
    for (let i = this.received - count; i < this.received; i++) {
      this.generator.note(now - (this.sentAt[i % this.sentAt.length] ?? now))
    }
    const next = this.generator.returned(count)
    if (next > 0) this.send(next, now)
  }

  /** How many answers ended in these octets; -1 if one is wrong. */
  private read(octets: Buffer): number {
    const { answer, payload, sample } = this.script
    const total = answer.length + payload.length
    let count = 0
    let i = 0
    while (i < octets.length) {
      if (this.position === 0) this.checking = this.received % sample === 0
      for (; this.position < answer.length && i < octets.length; i++) {
        if (octets[i] !== answer[this.position++]) return -1
      }
      const take = Math.min(total - this.position, octets.length - i)
      const from = this.position - answer.length
      if (this.checking && take > 0 && payload.compare(octets, i, i + take, from, from + take) !== 0) return -1
      i += take
      this.position += take
      if (this.position === total) {
        this.position = 0
        this.received++
        count++
      }
    }
    return count
  }
}

const scriptOf = ({ inFlight, kind, size }: Load): Script => {
  const payload = kind === "text" ? Buffer.alloc(size, words) : randomBytes(size)
  const frames = Array.from({ length: inFlight }, () =>
    Frame.encode({
      header: Frame.header(Frame.opcode[kind], size, { mask: randomBytes(4).readUInt32BE() || 1 }),
      payload
    }))
  const answer = new Uint8Array(Frame.headerSize(Frame.lengthBits(size), false))
  Frame.encodeHeader(Frame.header(Frame.opcode[kind], size), answer, 0)
  return {
    frames: Buffer.concat(frames),
    frameSize: frames[0]?.length ?? 0,
    answer,
    payload,
    sample: size < 4096 ? 64 : 4
  }
}

const words =
  "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want "
