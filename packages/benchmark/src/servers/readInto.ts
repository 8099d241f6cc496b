/**
 * Reading into a buffer of one's own, as the floor does. What Node has for it is public for sockets that connect, and here used by its
 * names inside: so it is looked for, and not assumed.
 */
import { Socket } from "node:net"

/**
 * Has a socket that a server accepted read into `buffer`, as `new Socket({ onread })` does for one that connects: Node has no such
 * option for a server. `false` if this one, or this Node, cannot.
 */
export const readInto = (socket: Socket, buffer: Uint8Array, onRead: (size: number) => void): boolean => {
  if (socket.constructor !== Socket || kBuffer === undefined || kBufferCb === undefined) return false
  const { _handle: handle } = socket as unknown as { _handle?: { useUserBuffer?: (buffer: Uint8Array) => void } }
  if (handle?.useUserBuffer === undefined) return false
  Object.assign(socket, { [kBuffer]: buffer, [kBufferCb]: onRead })
  handle.useUserBuffer(buffer)
  return true
}

const symbols = Object.getOwnPropertySymbols(new Socket())
const kBuffer = symbols.find(({ description }) => description === "kBuffer")
const kBufferCb = symbols.find(({ description }) => description === "kBufferCb")
