/**
 * What the host is asked for -> a WebSocket of its own that is open, as a transport; or why there is none, as far as it says. No way
 * out leaves one behind.
 */
import type * as Deadlines from "@effect-ws/connection/host/Deadlines"
import type { MessageTransport } from "@effect-ws/connection/host/MessageTransport"
import { HandshakeError, HandshakeReason, violation } from "@effect-ws/platform/HandshakeError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Globals } from "../page/globals.js"
import * as WebSocketStreamTransport from "../transport/WebSocketStreamTransport.js"
import * as WebSocketTransport from "../transport/WebSocketTransport.js"

export interface Wanted {
  readonly globals: Globals
  readonly deadlines: Deadlines.Deadlines
  readonly url: string
  /** What of it may be shown. */
  readonly shown: string
  readonly subprotocols: ReadonlyArray<string>
  /** Fails when the server chooses none of them. Some hosts do so by themselves. */
  readonly mustChoose: boolean
  readonly openTimeout: Duration.Duration
  readonly streams: boolean
  readonly webSocket: WebSocketTransport.WebSocketClass | undefined
}

export interface Opened {
  readonly transport: MessageTransport
  readonly subprotocol: string | undefined
  readonly extensions: string
}

export const open = (
  restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
  wanted: Wanted
): Effect.Effect<Opened, HandshakeError> => {
  let transport: MessageTransport | undefined
  const opening = Effect.async<Opened, HandshakeError>((resume) => {
    const { deadlines, openTimeout, shown, subprotocols } = wanted
    const fail = (reason: HandshakeReason): void => {
      deadlines.cancel(deadline)
      resume(Effect.fail(new HandshakeError({ url: shown, reason })))
    }
    const deadline = deadlines.start(Duration.toMillis(openTimeout), {
      onDeadline: () => {
        abandon()
        fail(HandshakeReason.Timeout({ after: openTimeout, during: "connecting" }))
      }
    })
    const opened = (found: MessageTransport, protocol: string, extensions: string): void => {
      transport = found
      if (protocol === "" && subprotocols.length > 0 && wanted.mustChoose) {
        return fail(violation({ _tag: "Violated", rule: "SubprotocolMissing", detail: subprotocols.join(", ") }))
      }
      deadlines.cancel(deadline)
      resume(Effect.succeed({ transport: found, subprotocol: protocol === "" ? undefined : protocol, extensions }))
    }
    const failed = (cause: unknown): void => fail(HandshakeReason.Undisclosed({ cause }))
    const abandon = begin(wanted, opened, failed)
    return Effect.sync(() => {
      deadlines.cancel(deadline)
      abandon()
    })
  })
  // Interrupted between its opening and the connection's own finalizer: nobody else has the transport.
  return Effect.onError(restore(opening), () => Effect.sync(() => transport?.destroy()))
}

/** Starts; answers how to give it up. Either is called once, and none once it was given up. */
const begin = (
  { globals, streams, subprotocols, url, webSocket }: Wanted,
  opened: (transport: MessageTransport, protocol: string, extensions: string) => void,
  failed: (cause: unknown) => void
): () => void => {
  const Stream = streams && webSocket === undefined ? globals.WebSocketStream : undefined
  const Socket = webSocket ?? globals.WebSocket
  try {
    if (Stream !== undefined) {
      return WebSocketStreamTransport.open(new Stream(url, { protocols: subprotocols }), opened, failed)
    }
    if (Socket !== undefined) return WebSocketTransport.open(new Socket(url, [...subprotocols]), opened, failed)
  } catch (cause) { // a page that may not connect there, as from https: to ws:
    failed(cause)
    return () => {}
  }
  failed(new TypeError("this host has no WebSocket class: globalThis.WebSocket is missing"))
  return () => {}
}
