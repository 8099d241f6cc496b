/**
 * The little that the examiner needs of a socket and node:net does not have.
 *
 * It knows no protocol.
 *
 * @since 0.1.0
 */
import type { Socket } from "node:net"

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
export const listen = (socket: Socket, ears: Ears): () => void => {
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
 * Breaks a connection off; TLS has no reset of its own, so it is cut.
 *
 * @since 0.1.0
 * @category ending
 */
export const reset = (socket: Socket): void => {
  if ("encrypted" in socket) socket.destroy()
  else socket.resetAndDestroy()
}
