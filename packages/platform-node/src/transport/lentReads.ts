/**
 * One buffer for the reads of all TCP sockets of the process. In: a socket, and who is told. Out: bytes that are lent for the call.
 *
 * Left to itself, Node has libuv allocate 64 KiB for each read and gives back what stayed empty: memory that the system takes and
 * faults in again, message by message. `new net.Socket({ onread })` reads into the caller's buffer instead, and is documented; an
 * accepted socket is made by Node, so what that option sets is set here, found by making such a socket once. Where any of it is
 * missing sockets are read as streams, which is slower and no different otherwise: docs/internals/decisions/lent-reads.md.
 *
 * A plain TCP or Unix socket reads in this turn, one after the other; TLS may read amid a write, and Windows reads in advance.
 */
import * as Net from "node:net"

/** What takes a read: `this` is the socket. */
export type OnRead<S extends Net.Socket> = (this: S, size: number, memory: Uint8Array) => boolean

interface Handle {
  readonly useUserBuffer?: (memory: Uint8Array) => void
}

/** A message of 64 KiB and its header at once. More takes turns from other sockets: libuv reads one up to 32 times in a row. */
const size = 65 * 1024

interface Slots {
  readonly buffer: symbol
  readonly callback: symbol
}

/** Where Node keeps the buffer of a socket, and who is told: once a socket is to be read. */
let slots: Slots | undefined | "NotLookedFor" = "NotLookedFor"

const findSlots = (): Slots | undefined => {
  if (process.platform === "win32") return undefined
  const memory = new Uint8Array(1)
  const callback = (): boolean => true
  const options: Net.SocketConstructorOpts & { readonly onread: Net.OnReadOpts } = {
    onread: { buffer: memory, callback }
  }
  const probe = new Net.Socket(options)
  const slotOf = (value: unknown): symbol | undefined =>
    Object.getOwnPropertySymbols(probe).find((symbol) => Reflect.get(probe, symbol) === value)
  const found = { buffer: slotOf(memory), callback: slotOf(callback) }
  probe.destroy()
  return found.buffer === undefined || found.callback === undefined
    ? undefined
    : { buffer: found.buffer, callback: found.callback }
}

let memory: Uint8Array | undefined = undefined

/** Reads `socket` so from now on, if it can be, which it answers. What the stream holds already comes as from any stream. */
export const lend = <S extends Net.Socket>(socket: S, onRead: OnRead<S>): boolean => {
  const { _handle: handle }: { readonly _handle?: Handle | null } = socket as { readonly _handle?: Handle | null }
  if (slots === "NotLookedFor") slots = findSlots()
  if (slots === undefined || socket.constructor !== Net.Socket || typeof handle?.useUserBuffer !== "function") {
    return false
  }
  if (Reflect.get(socket, slots.buffer) !== null || Reflect.get(socket, slots.callback) !== null) return false
  memory ??= new Uint8Array(size)
  handle.useUserBuffer(memory)
  Reflect.set(socket, slots.buffer, memory)
  Reflect.set(socket, slots.callback, onRead)
  return true
}
