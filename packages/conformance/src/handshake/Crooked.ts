/**
 * Opening handshakes that are out of the ordinary: what a case has written, piece by piece, and what the peer makes of it. In: a
 * socket and a script. Out: whether the peer did as it should.
 *
 * Connections that are to open go on in `Script`; here is all the rest.
 *
 * @since 0.1.0
 */
import * as Frame from "@effect-ws/codec/Frame"
import type * as HttpHead from "@effect-ws/codec/HttpHead"
import type { Duplex } from "node:stream"
import type { Handshake, HandshakeFacts } from "../cases/Case.js"
import type { Finding, WireLog } from "../verdict/Record.js"
import * as Opening from "./Opening.js"

/**
 * Writes the pieces of a script, one after the other, from the moment it is made.
 *
 * @since 0.1.0
 * @category writing
 */
export class Writing {
  private readonly pieces: ReadonlyArray<string>
  private next = 0
  private timer: NodeJS.Timeout | undefined
  private done = false
  private onDone = (): void => undefined

  constructor(
    private readonly script: Handshake,
    facts: HandshakeFacts,
    private readonly socket: Duplex,
    private readonly log: WireLog
  ) {
    this.pieces = script.write(facts)
    this.step()
  }

  /** Runs it once the last piece has gone, which may be now. */
  whenDone(run: () => void): void {
    if (this.done) run()
    else this.onDone = run
  }

  /** Writes no more. */
  stop(): void {
    clearTimeout(this.timer)
  }

  /** What was written so far. */
  text(): string {
    return this.pieces.slice(0, this.next).join("")
  }

  private step(): void {
    const piece = this.pieces[this.next++]
    if (piece === undefined || this.socket.destroyed) return this.end()
    const octets = Buffer.from(piece, "latin1")
    this.log.written(octets, this.script.gap > 0)
    this.log.preopen.outgoing += octets.length
    this.socket.write(octets)
    if (this.next === this.pieces.length) this.end()
    else this.timer = setTimeout(() => this.step(), this.script.gap)
  }

  private end(): void {
    this.done = true
    this.onDone()
  }
}

/**
 * What is to be said of a server's answer where the request had to be refused.
 *
 * @since 0.1.0
 * @category judging
 */
export const refused = (
  { expected }: Handshake,
  head: HttpHead.ResponseHead | undefined,
  ended: boolean
): Finding => {
  if (expected._tag !== "Refused") return failed("The connection had to open.")
  if (head === undefined) return failed("There was no response.")
  if (!expected.statuses.includes(head.status)) {
    return failed(`The response has the status ${head.status}; it should be ${expected.statuses.join(" or ")}.`)
  }
  for (const [name, pattern] of Object.entries(expected.headers)) {
    const value = Opening.values(head, name).join(", ")
    if (!pattern.test(value)) return failed(`The response has the wrong ${name}: ${value}`)
  }
  return ended
    ? { behavior: "OK", result: `The request was refused with ${head.status}, and the stream ended.` }
    : failed("The request was refused, but the stream was not ended.")
}

const failed = (result: string): Finding => ({ behavior: "FAILED", result })

/**
 * What is to be said of a client that had to give up: it ended the stream or did not, and sent these octets before.
 *
 * @since 0.1.0
 * @category judging
 */
export const gaveUp = (octets: Uint8Array, ended: boolean): Finding => {
  const header = Frame.parseHeader(octets, 0, octets.length)
  if (header !== undefined && header.opcode !== Frame.opcode.close) {
    return failed("The client took the response for an opening handshake, and went on.")
  }
  return ended
    ? { behavior: "OK", result: "The client failed the handshake, and the stream ended." }
    : failed("The client did not end the stream.")
}

/**
 * Milliseconds that a peer has to end a handshake that must fail, after the last piece.
 *
 * @since 0.1.0
 * @category constants
 */
export const patience = 3000
