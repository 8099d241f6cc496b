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
import type { Socket } from "node:net"
import type { Handshake, HandshakeFacts } from "./Case.js"
import * as Opening from "./Opening.js"
import type { Finding, WireLog } from "./Record.js"

/**
 * Writes the pieces of a script, and says when the last one has gone; the answer stops it, and tells what was written so far.
 *
 * @since 0.1.0
 * @category writing
 */
export const write = (
  script: Handshake,
  facts: HandshakeFacts,
  socket: Socket,
  log: WireLog,
  done: () => void
): () => string => {
  const pieces = script.write(facts)
  let next = 0
  let timer: NodeJS.Timeout | undefined
  const step = (): void => {
    const piece = pieces[next++]
    if (piece === undefined || socket.destroyed) return done()
    const octets = Buffer.from(piece, "latin1")
    log.written(octets, script.gap > 0)
    log.preopen.outgoing += octets.length
    socket.write(octets)
    if (next === pieces.length) done()
    else timer = setTimeout(step, script.gap)
  }
  step()
  return () => {
    clearTimeout(timer)
    return pieces.slice(0, next).join("")
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
