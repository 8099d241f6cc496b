/**
 * The little that the examiner needs of a socket, or of a stream of HTTP/2 in its place, and Node does not have.
 *
 * It knows no protocol.
 *
 * @since 0.1.0
 */
import { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { addAbortSignal } from "node:stream"

/**
 * What is heard of a socket.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ears {
  readonly data: (octets: Buffer) => void
  readonly end: () => void
  readonly error: (error: Error) => void
}

/**
 * Listens until the answer is called; from then on errors are ignored, and what is read waits.
 *
 * @since 0.1.0
 * @category listening
 */
export const listen = (socket: Duplex, ears: Ears): () => void => {
  socket.on("data", ears.data)
  socket.on("end", ears.end)
  socket.on("error", ears.error)
  return () => {
    socket.pause()
    socket.off("data", ears.data)
    socket.off("end", ears.end)
    socket.off("error", ears.error)
    socket.on("error", () => undefined)
  }
}

/**
 * Breaks a connection off: with the reset of TCP, or RST_STREAM with CANCEL, as RFC 8441 §5 has it. TLS has no reset of its own, so it
 * is cut.
 *
 * @since 0.1.0
 * @category ending
 */
export const reset = (socket: Duplex): void => {
  if (!(socket instanceof Socket)) abort(socket)
  else if ("encrypted" in socket) socket.destroy()
  else socket.resetAndDestroy()
}

/** All other ways of Node to end a stream of HTTP/2 write END_STREAM first. */
const abort = (stream: Duplex): void => {
  if (!stream.destroyed) addAbortSignal(AbortSignal.abort(), stream)
}

/**
 * Our half ends behind what was written, and with it the connection.
 *
 * @since 0.1.0
 * @category ending
 */
export const finish = (socket: Duplex): void => {
  if (socket instanceof Socket) socket.destroySoon()
  else if (!socket.destroyed) socket.end(() => socket.destroy())
}
