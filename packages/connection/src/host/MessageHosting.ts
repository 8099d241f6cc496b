/**
 * How a host that speaks the protocol itself makes connections: `Hosting` makes them on bytes, this module on whole messages. For what
 * they can and cannot do, see docs/guides/browser.md.
 *
 * Platform packages call it; applications get connections from them.
 *
 * @since 0.1.0
 */
import type { ConnectionFor, Incoming, Opening } from "../Connection.js"
import { DelegatedFragments, DelegatedMessages } from "../delegated/connections.js"
import type { Shared } from "../delegated/DelegatedShell.js"
import { type ByteMessage, type Message, weigh, weighFragment } from "../Message.js"
import type { MessageTransport } from "./MessageTransport.js"

/**
 * What all connections of a layer share. Limits that the host controls have no effect: pongs, keepalive, and how long a Close waits for
 * answers.
 *
 * @since 0.1.0
 * @category models
 */
export type MessageHost = Shared

/**
 * Makes a client's connection on an open WebSocket. The caller must shut it down with `Hosting.shutdown`.
 *
 * @since 0.1.0
 * @category constructors
 */
export function unsafeMake<I extends Incoming>(
  transport: MessageTransport,
  host: MessageHost,
  options: { readonly incoming: I; readonly opening: Opening }
): ConnectionFor<I>
export function unsafeMake(
  transport: MessageTransport,
  host: MessageHost,
  { incoming, opening }: { readonly incoming: Incoming; readonly opening: Opening }
): DelegatedMessages<Message> | DelegatedMessages<ByteMessage> | DelegatedFragments {
  const connection = connectionOf(transport, host, incoming, opening)
  transport.attach(connection)
  return connection
}

const connectionOf = (
  transport: MessageTransport,
  host: MessageHost,
  incoming: Incoming,
  opening: Opening
): DelegatedMessages<Message> | DelegatedMessages<ByteMessage> | DelegatedFragments => {
  switch (incoming) {
    case "whole":
      return new DelegatedMessages<Message>(transport, host, opening, weigh, (message) => message)
    case "bytes":
      return new DelegatedMessages<ByteMessage>(
        transport,
        host,
        opening,
        weigh,
        (message) => typeof message === "string" ? host.text.toBytes(message) : message
      )
    case "streamed":
      return new DelegatedFragments(transport, host, opening, weighFragment)
  }
}
