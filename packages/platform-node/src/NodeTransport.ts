/**
 * Node's sockets, TLS sockets and other duplex streams as the `Transport` of a connection. In: a stream whose opening handshake
 * is done, and what was read behind it. Out: octets, and one write for all that is written in one go.
 *
 * Errors of the stream are caught from the moment it is wrapped. It knows neither HTTP nor frames.
 *
 * @since 0.1.0
 */
import * as OptionTable from "@effect-ws/codec/Options"
import type { Transport } from "@effect-ws/connection/host/Transport"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import type { Duplex } from "node:stream"
import { defaultHighWaterMark, SocketTransport } from "./transport/SocketTransport.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Octets that were read already, behind the head of the handshake: they are received first. */
  readonly head?: Uint8Array | undefined
  /** Unwritten bytes at which `write` answers `false`: 0 to 2^31 - 1. Default 64 KiB, and at least the stream's own mark. */
  readonly highWaterMark?: number | undefined
}

/**
 * What the numbers may be.
 *
 * @since 0.1.0
 * @category options
 */
export const options: OptionTable.Table<{ readonly highWaterMark: number }> = {
  highWaterMark: OptionTable.integer({ least: 0, unit: "bytes", default: defaultHighWaterMark })
}

/**
 * Wraps a stream, which nobody else may read or write from now on. Turns Nagle's algorithm and the idle timeout of sockets off,
 * and makes the stream half-open: whoever attaches ends our side when the peer has ended its own. Throws an `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (stream: Duplex, given: Options = {}): Transport => {
  const { head } = given
  const { highWaterMark } = InvalidOption.read(options, given)
  const transport = new SocketTransport(stream, Math.max(highWaterMark, stream.writableHighWaterMark))
  if (head !== undefined) transport.unread(head)
  return transport
}
