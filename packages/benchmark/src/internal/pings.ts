/**
 * Keepalive pings of a server, which come between messages when a load takes long. In: octets, and where a frame begins. Out: where a ping
 * ends, and its answer; without it, the server would take the load for gone.
 */
import * as Frame from "@effect-ws/codec/Frame"

export interface Ping {
  readonly end: number
  readonly pong: Uint8Array
}

/** FIN, ping. */
const first = 0x89

export const isPing = (octets: Buffer, at: number): boolean => octets[at] === first

/** `undefined` while not all of it has come. */
export const pingAt = (octets: Buffer, at: number): Ping | undefined => {
  const end = at + 2 + (octets[at + 1] ?? 0)
  if (octets.length < at + 2 || octets.length < end) return undefined
  const payload = octets.subarray(at + 2, end)
  const header = Frame.header(Frame.opcode.pong, payload.length, { mask: 0x01020304 })
  return { end, pong: Frame.encode({ header, payload: Uint8Array.from(payload) }) }
}
