/**
 * The examiner's side of an open connection: the protocol as Autobahn's engine speaks it, facts of closing included. In: octets
 * of the peer, and what a script wants done. Out: messages and pongs, the end, and the facts.
 *
 * It does what a script says, legal or not, and holds the peer to the RFC. Scripts are carried out by `Script`; nothing is
 * judged here. Cases must come out as they do with Autobahn, so its ways are kept: which of two timers wins, that a server
 * resets after a clean close, that a Close is answered with 1000.
 *
 * @since 0.1.0
 */
import * as Frame from "@effect-ws/codec/Frame"
import { showMask } from "@effect-ws/codec/report/ConnectionRecord"
import { isUtf8 } from "node:buffer"
import type { Duplex } from "node:stream"
import type { Pace, PeerRole } from "../cases/Case.js"
import * as Payload from "../cases/Payload.js"
import * as Record from "../verdict/Record.js"
import type { Compression } from "./Compression.js"
import type { Step } from "./FrameReader.js"
import { FrameReader } from "./FrameReader.js"
import { FrameWriter } from "./FrameWriter.js"
import { finish, reset } from "./Sockets.js"
import { Utf8 } from "./Utf8.js"
import { Wire } from "./Wire.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Listener {
  readonly message: (binary: boolean, octets: Uint8Array) => void
  readonly pong: (octets: Uint8Array) => void
}

/** Milliseconds that a peer has to answer a Close, and a server to drop TCP after that. */
const closeTimeout = 1000
const dropTimeout = 1000
/** Milliseconds that a server has to drop TCP when it closed first: Autobahn waits for ever. */
const watchdog = 5000
/** Milliseconds that we go on reading after our FIN, lest a reset take our last octets along. */
const linger = 1000

/**
 * The close codes that Autobahn takes from a peer, below 3000. (It is behind the registry: 1012 to 1014 are missing.)
 */
const acceptedCodes = new Set([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011])

/**
 * @since 0.1.0
 * @category connections
 */
export class Endpoint {
  readonly facts: Record.ClosingFacts
  /** Set by a script, before anything is read. */
  listener: Listener = { message: () => undefined, pong: () => undefined }
  compression: Compression | undefined
  private state: "open" | "closing" | "closed" = "open"
  private readonly reader: FrameReader
  private readonly wire: Wire
  private readonly writer: FrameWriter
  private readonly timers = new Set<() => void>()
  private cancelCloseTimer = nothing
  /** The message that is coming in. */
  private incoming: Incoming | undefined
  private over = false

  constructor(
    private readonly socket: Duplex,
    private readonly peer: PeerRole,
    readonly log: Record.WireLog,
    compressed: boolean,
    private readonly onLost: () => void
  ) {
    this.facts = Record.closingFacts(peer)
    this.reader = new FrameReader({ masked: peer === "client", compressed })
    this.wire = new Wire(socket, log)
    this.writer = new FrameWriter(this.wire, log, peer === "server")
  }

  /** Begins to read; `rest` came behind the peer's handshake. */
  start(rest: Uint8Array): void {
    this.socket.on("data", (octets: Buffer) => this.receive(octets, true))
    this.socket.on("end", () => this.lost())
    this.socket.on("close", () => this.lost())
    this.socket.on("error", () => undefined)
    this.receive(rest, false)
    if (this.socket.readableEnded || this.socket.destroyed) this.lost()
    else this.socket.resume()
  }

  isOpen(): boolean {
    return this.state === "open"
  }

  isClosed(): boolean {
    return this.state === "closed"
  }

  // ---------------------------------------------------------------------------------------------------------------------------
  // What scripts ask for
  // ---------------------------------------------------------------------------------------------------------------------------

  /** One frame, legal or not, in any state but closed. */
  frame(opcode: number, payload: Payload.Payload, fin = true, rsv = 0, pace: Pace = "joined"): void {
    if (this.state !== "closed") this.writer.frame(opcode, payload, fin, rsv, pace)
  }

  /** A message as a sender would send it, cut into frames of `fragment` octets if not 0; only while open. */
  message(binary: boolean, octets: Uint8Array, fragment: number): void {
    if (this.state === "open") this.writer.message(binary, octets, fragment, this.compression)
  }

  /** The header of a text frame without FIN, whose payload comes by {@link frameData}. */
  beginFrame(length: number): void {
    if (this.state === "open") this.writer.begin(length)
  }

  frameData(payload: Payload.Payload): void {
    if (this.state === "open") this.writer.data(payload)
  }

  /** Octets as they stand. */
  octets(octets: Uint8Array): void {
    if (this.state !== "closed") this.wire.write(octets)
  }

  /** The first step of the closing handshake, if it was not taken: `code` and `reason`, or `reason` alone. */
  close(code?: number, reason: Uint8Array = noOctets): void {
    this.sendClose(code, reason, false)
  }

  /** If it is not closed by then, the connection is failed. */
  killAfter(seconds: number): void {
    this.log.add(["KL", seconds])
    this.later(seconds * 1000, () => {
      this.log.add(["KLE"])
      this.fail(1001, "Going Away")
    })
  }

  /** If it is open by then, it is closed. */
  closeAfter(seconds: number): void {
    this.log.add(["TI", seconds])
    this.later(seconds * 1000, () => {
      this.log.add(["TIE"])
      this.close()
    })
  }

  /**
   * Does it once what has arrived by then is read, unless the connection is closed; the answer cancels it. Time counts from when
   * all that was written before has left: octets that go one by one take a turn of the event loop each, which may be long.
   */
  later(ms: number, run: () => void): () => void {
    if (this.state === "closed") return nothing
    let canceled = false
    let timer: NodeJS.Timeout | undefined
    const cancel = () => {
      canceled = true
      clearTimeout(timer)
    }
    const due = () =>
      setImmediate(() => {
        this.timers.delete(cancel)
        if (this.state !== "closed" && !canceled) run()
      })
    this.timers.add(cancel)
    this.wire.whenIdle(() => {
      if (!canceled) timer = setTimeout(due, ms)
    })
    return cancel
  }

  /** The end of our half of the stream, and nothing else. */
  halfClose(): void {
    this.socket.end()
  }

  /** Drops TCP: with a reset, or behind all that was written. */
  drop(abort: boolean): void {
    if (this.state === "closed") return
    this.facts.droppedByMe = true
    this.state = "closed"
    if (abort) {
      reset(this.socket)
      this.lost()
      return
    }
    const timer = setTimeout(() => this.socket.destroy(), linger)
    this.socket.once("close", () => clearTimeout(timer))
    this.wire.end(() => this.lost())
  }

  /** Without a word: the run was interrupted. */
  abandon(): void {
    this.finish()
    this.socket.destroy()
  }

  // ---------------------------------------------------------------------------------------------------------------------------
  // What the peer sends
  // ---------------------------------------------------------------------------------------------------------------------------

  private receive(octets: Uint8Array, read: boolean): void {
    if (this.over) return
    if (read) this.log.read(octets)
    if (this.state === "closed") return
    this.reader.push(octets)
    for (let step = this.reader.next(); step !== undefined; step = this.reader.next()) {
      this.take(step)
      if (this.isClosed()) return
    }
  }

  private take(step: Step): void {
    switch (step._tag) {
      case "Breach":
        return this.fail(1002, step.says)
      case "Piece":
        return this.receivePiece(step.header, step.octets)
      case "Frame":
        return this.receiveFrame(step.header, step.payload)
    }
  }

  private receiveFrame(header: Frame.Header, payload: Uint8Array): void {
    const { fin, mask, opcode, rsv } = header
    Record.count(this.log.framesIn, opcode)
    if (this.log.on) {
      const shown = Payload.of(payload)
      this.log.add(["RF", [payload.length, Payload.show(shown)], opcode, fin, rsv, mask !== undefined, showMask(mask)])
    }
    switch (opcode) {
      case Frame.opcode.close:
        return this.receiveClose(payload)
      case Frame.opcode.ping:
        return this.state === "open" ? this.frame(Frame.opcode.pong, Payload.of(payload)) : undefined
      case Frame.opcode.pong:
        return this.listener.pong(payload)
    }
    if (!Frame.isControl(opcode)) this.receiveData(fin, payload)
  }

  /** A message begins with whatever is not inside another, be it a continuation; text is looked at as it comes in. */
  private receivePiece({ opcode, rsv }: Frame.Header, octets: Uint8Array): void {
    const compressed = this.compression !== undefined && rsv === Frame.rsv1
    this.incoming ??= {
      fragments: [],
      binary: opcode === Frame.opcode.binary,
      compressed,
      text: opcode === Frame.opcode.text ? new Utf8() : undefined
    }
    const { compressed: later, text } = this.incoming
    if (!later && text !== undefined && !text.push(octets)) this.fail(1007, "text that is not UTF-8")
  }

  private receiveData(fin: boolean, payload: Uint8Array): void {
    const { incoming } = this
    if (incoming === undefined) return
    incoming.fragments.push(payload)
    this.log.incoming.frames++
    this.log.incoming.webSocket += payload.length
    if (!fin) return
    this.incoming = undefined
    const { binary, compressed, fragments, text } = incoming
    const joined = fragments.length === 1 ? payload : Buffer.concat(fragments)
    const message = compressed ? this.compression?.inflate(joined) : joined
    if (message === undefined) {
      this.facts.wasNotCleanReason = "the peer's compressed message cannot be inflated"
      this.facts.failedByMe = true
      return this.drop(true)
    }
    if (compressed && text !== undefined && !text.push(message)) this.fail(1007, "text that is not UTF-8")
    // Wrong text fails the connection a second time where the message ends, and with that TCP is dropped.
    if (text !== undefined && !text.isWhole()) this.fail(1007, "text that ends inside a character")
    if (this.facts.failedByMe) return
    this.log.incoming.messages++
    this.log.incoming.app += message.length
    this.listener.message(binary, message)
  }

  private receiveClose(payload: Uint8Array): void {
    const octets = Buffer.from(payload)
    const code = octets.length < 2 ? null : octets.readUInt16BE(0)
    const reason = octets.subarray(2)
    this.facts.remoteCloseCode = code
    this.facts.remoteCloseReason = reason.length === 0 || !isUtf8(reason) ? null : reason.toString("utf8")
    if (code !== null && !acceptedCodes.has(code) && (code < 3000 || code > 4999)) {
      this.fail(1002, `Close with the code ${code}`)
    }
    if (!isUtf8(reason)) {
      this.fail(1007, "Close with a reason that is not UTF-8")
      this.facts.wasNotCleanReason = "the peer's Close has a reason that is not UTF-8"
      return this.drop(false)
    }
    if (this.state === "closing") this.answered()
    else if (this.state === "open") this.answer()
  }

  /** The peer's Close has come behind ours. A server drops TCP; a client waits for that. */
  private answered(): void {
    this.cancelCloseTimer()
    this.facts.wasClean = true
    if (this.peer === "client") return this.drop(true)
    this.cancelCloseTimer = this.later(dropTimeout, () => {
      this.facts.wasClean = false
      this.facts.wasServerConnectionDropTimeout = true
      this.facts.wasNotCleanReason = "the server did not drop TCP in time"
      this.drop(true)
    })
  }

  /** The peer closes first. */
  private answer(): void {
    this.facts.wasClean = true
    this.sendClose(1000, noOctets, true)
    if (this.peer === "client") this.drop(false)
    else this.later(watchdog, () => this.drop(true))
  }

  // ---------------------------------------------------------------------------------------------------------------------------
  // Ways to end
  // ---------------------------------------------------------------------------------------------------------------------------

  private sendClose(code: number | undefined, reason: Uint8Array, reply: boolean): void {
    if (this.state !== "open") return
    const body = code === undefined ? reason : Buffer.concat([Buffer.of(code >> 8, code & 0xff), reason])
    this.frame(Frame.opcode.close, Payload.of(body))
    this.state = "closing"
    this.facts.closedByMe = !reply
    this.facts.localCloseCode = code ?? null
    this.facts.localCloseReason = reason.length === 0 ? null : shownReason(reason)
    if (reply) return
    this.cancelCloseTimer = this.later(closeTimeout, () => {
      this.facts.wasClean = false
      this.facts.wasCloseHandshakeTimeout = true
      this.facts.wasNotCleanReason = "the peer did not finish the closing handshake in time"
      this.drop(true)
    })
  }

  /** By a Close if none was sent; otherwise TCP is dropped. */
  private fail(code: number, reason: string): void {
    if (this.state === "closed") return
    this.facts.failedByMe = true
    if (this.state === "open") this.sendClose(code, Buffer.from(reason), false)
    else this.drop(false)
  }

  /** TCP is gone, or our part in it. */
  private lost(): void {
    if (this.over) return
    this.finish()
    if (!this.facts.wasClean && !this.facts.droppedByMe && this.facts.wasNotCleanReason === null) {
      this.facts.wasNotCleanReason = "the peer dropped TCP without a closing handshake"
    }
    // Whoever dropped it, our half ends too; after our own FIN the socket is left to read and discard.
    if (!this.facts.droppedByMe) finish(this.socket)
    // A script may drop TCP in its first step, before those who wait for the end are ready.
    setImmediate(this.onLost)
  }

  private finish(): void {
    this.over = true
    this.state = "closed"
    this.wire.discard()
    for (const cancel of this.timers) cancel()
    this.timers.clear()
  }
}

interface Incoming {
  readonly fragments: Array<Uint8Array>
  readonly binary: boolean
  readonly compressed: boolean
  readonly text: Utf8 | undefined
}

const nothing = (): void => undefined
const noOctets = new Uint8Array(0)

const shownReason = (reason: Uint8Array): string => Buffer.from(reason).toString(isUtf8(reason) ? "utf8" : "hex")
