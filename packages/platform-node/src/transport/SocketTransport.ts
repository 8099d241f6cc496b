/**
 * Node's sockets, TLS sockets and other duplex streams as the `Transport` of a connection. In: a stream whose opening handshake is
 * done. Out: bytes, and one write for all that is written in one go. It knows neither HTTP nor frames.
 *
 * Listeners are functions of the module, which find the transport on the stream, and one callback serves all writes: an idle
 * connection that has written nothing holds one small object and no closure.
 */
import type { Receiver, Task, Transport } from "@effect-ws/connection/host/Transport"
import * as Net from "node:net"
import type { Duplex } from "node:stream"
import { lend } from "./lentReads.js"

const transport = Symbol("@effect-ws/platform-node/transport")

type Carrier = Duplex & { [transport]?: SocketTransport }

/** What Node's own idle timeout of sockets looks at: bytes of the write under way, and how many of them are still to leave. */
interface Writing {
  /** That of TLS has the one of TCP under it. */
  readonly _handle?:
    | { readonly writeQueueSize?: number; readonly _parent?: { readonly writeQueueSize?: number } }
    | null
  readonly _writableState?: { readonly writelen?: number }
}

interface Flushing {
  /** The number of the write that must have left. */
  readonly behind: number
  readonly task: () => void
}

/**
 * Nobody else may read or write the stream from now on, and its errors are caught. Nagle's algorithm and the idle timeout of a socket
 * are turned off, and the stream is half-open: whoever attaches ends our side when the peer has ended its own.
 */
export class SocketTransport implements Transport {
  /** With bytes that were read behind the head of the handshake: they are received first. */
  static of(stream: Duplex, head: Uint8Array): SocketTransport {
    const transport = new SocketTransport(stream)
    transport.unread(head)
    return transport
  }

  receiver: Receiver | undefined = undefined
  error: unknown = undefined
  over = false
  /** How bytes come: into memory that all share, or as of any stream; and what came before is as of any stream. */
  reads: "lent" | "streamed" | "buffered" = "buffered"
  paused = false
  /** What was given back, and waits to be told. */
  private early: Uint8Array | undefined = undefined
  /** Writes begun, and how many of them have left: who waits for a flush waits for the last one begun by then. */
  private begun = 0
  private left = 0
  private flushing: Array<Flushing> | undefined = undefined
  /** Made with the first write: 1 % of what a message of 64 bytes costs on TCP, there and back (Node 20). */
  private onWritten: ((error?: Error | null) => void) | undefined = undefined

  /** Unwritten bytes at which `write` answers `false`; at least the stream's own mark. */
  private readonly mark: number

  constructor(readonly stream: Duplex, mark = defaultMark) {
    this.mark = Math.max(mark, stream.writableHighWaterMark)
    stream.on("error", onError)
    stream.on("close", onClose)
    stream.on("end", onEnd)
    stream.on("drain", onDrain)
    const carrier: Carrier = stream
    carrier[transport] = this
    // Otherwise Node ends our side when the peer ends its own, and a Close that is due cannot be sent (https and net do so).
    stream.allowHalfOpen = true
    if (stream instanceof Net.Socket) {
      stream.setNoDelay(true)
      if (stream.timeout) stream.setTimeout(0)
    }
  }

  /** Other streams may keep what they are given, as a pass-through does. */
  get releases(): boolean {
    return this.stream instanceof Net.Socket
  }

  /** Without what has left of the write under way, where Node tells: a large one may take a slow peer minutes. */
  get pending(): number {
    const { _handle: handle, _writableState: state, writableLength }: Duplex & Writing = this.stream
    const left = handle?._parent?.writeQueueSize ?? handle?.writeQueueSize
    return left === undefined ? writableLength : writableLength - Math.max(0, (state?.writelen ?? 0) - left)
  }

  attach(receiver: Receiver): void {
    const { stream } = this
    if (this.receiver === undefined) {
      if (stream.readableLength === 0) this.lend()
      if (this.reads !== "lent") stream.on("data", onData)
    }
    this.receiver = receiver
    if (stream.closed) queueMicrotask(() => this.close())
    else if (stream.readableEnded && this.early === undefined) queueMicrotask(() => this.tellEnd())
    else this.resume()
  }

  /** Once the stream holds nothing that came before. */
  lend(): void {
    this.reads = this.stream instanceof Net.Socket && lend(this.stream, onLent) ? "lent" : "streamed"
  }

  /** Gives bytes back, to be told before all others. */
  unread(octets: Uint8Array): void {
    if (octets.length > 0) this.early = this.early === undefined ? octets : Buffer.concat([octets, this.early])
  }

  /** In a turn of its own, as what is read. */
  private tellEarly(): void {
    const { early, receiver, stream } = this
    if (early === undefined || this.paused || stream.destroyed) return
    this.early = undefined
    receiver?.onOctets(new Uint8Array(early.buffer, early.byteOffset, early.length))
    if (stream.readableEnded) this.tellEnd()
    else if (!this.paused) this.resume()
  }

  onOctets(octets: Uint8Array): void {
    if (this.early === undefined) this.receiver?.onOctets(octets)
    else this.early = Buffer.concat([this.early, octets])
  }

  write(chunks: ReadonlyArray<Uint8Array>): boolean {
    const { stream } = this
    const last = chunks.length - 1
    if (last < 0 || stream.destroyed || stream.writableEnded) return true
    this.begun++
    this.onWritten ??= (error) => this.written(error)
    try {
      if (last === 0) {
        stream.write(chunks[0], this.onWritten)
      } else {
        stream.cork()
        for (let i = 0; i < last; i++) stream.write(chunks[i])
        stream.write(chunks[last], this.onWritten)
        stream.uncork()
      }
    } catch (error) { // a stream of the user's may do anything
      stream.destroy(error instanceof Error ? error : new Error(String(error)))
      return true
    }
    this.over = stream.writableLength >= this.mark
    return !this.over
  }

  whenFlushed(task: () => void): void {
    const { stream } = this
    if (stream.destroyed) return
    // No write of its own to wait for: an empty one fails on Deno, over TLS.
    if (this.flushing === undefined && (this.left === this.begun || stream.writableLength === 0)) return task()
    this.flushing ??= []
    this.flushing.push({ behind: this.begun, task })
  }

  /** A write has left. What follows one that failed does not: the stream is being destroyed. */
  private written(error: Error | null | undefined): void {
    if (error || this.stream.destroyed) return
    this.left++
    if (this.flushing === undefined) return
    for (let next = this.flushing[0]; next !== undefined && next.behind <= this.left; next = this.flushing[0]) {
      this.flushing.shift()
      next.task()
    }
    if (this.flushing.length === 0) this.flushing = undefined
  }

  pause(): void {
    this.paused = true
    this.stream.pause()
  }

  resume(): void {
    this.paused = false
    if (this.early !== undefined) return queueMicrotask(() => this.tellEarly())
    // A stream resumes in its next tick, and would then read for one that has paused again.
    if (this.reads === "lent") this.stream.read(0)
    else this.stream.resume()
  }

  halfClose(): void {
    if (!this.stream.writableEnded && !this.stream.destroyed) this.stream.end()
  }

  destroy(): void {
    this.stream.destroy()
  }

  atEndOfTurn(task: Task): void {
    if (tasks.length === 0) setImmediate(runTasks)
    tasks.push(task)
  }

  /** The peer has ended its side. */
  tellEnd(): void {
    this.receiver?.onEnd()
  }

  close(): void {
    const receiver = this.receiver
    if (receiver === gone) return
    // Nobody to tell yet: `attach` will see that the stream is closed.
    if (receiver === undefined) return
    this.receiver = gone
    receiver.onClosed(this.error)
  }
}

/** In bytes. */
const defaultMark = 64 * 1024

const gone: Receiver = { onOctets() {}, onDrained() {}, onEnd() {}, onClosed() {} }

/** What runs after the reads of this turn, for all connections of the process. */
let tasks: Array<Task> = []

const runTasks = (): void => {
  const due = tasks
  tasks = []
  for (const task of due) task.runTask()
}

function onLent(this: Carrier, size: number, memory: Uint8Array): boolean {
  const self = this[transport]
  self?.onOctets(new Uint8Array(memory.buffer, memory.byteOffset, size))
  return self?.paused !== true
}

function onData(this: Carrier, chunk: Uint8Array): void {
  // Text, or objects: a stream of the user's may be set so, and bytes would be lost without a word.
  if (!(chunk instanceof Uint8Array)) return onError.call(this, new TypeError(noBytes))
  const self = this[transport]
  self?.onOctets(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length))
  if (self?.reads === "buffered" && this.readableLength === 0) self.lend()
}

const noBytes = "the stream emits text or objects, not bytes: set neither an encoding nor object mode"

function onDrain(this: Carrier): void {
  const self = this[transport]
  if (self === undefined || !self.over) return
  self.over = false
  self.receiver?.onDrained()
}

function onEnd(this: Carrier): void {
  this[transport]?.tellEnd()
}

function onError(this: Carrier, error: unknown): void {
  const self = this[transport]
  if (self !== undefined) self.error ??= error
  this.destroy()
}

function onClose(this: Carrier): void {
  this[transport]?.close()
}
