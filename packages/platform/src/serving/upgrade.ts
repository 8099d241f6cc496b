/** Requests to upgrade, as a host hands them over. Types only: `host/Serving` exports them. */
import type * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import type * as ServerConnect from "@effect-ws/codec/ServerConnect"
import type * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import type { Transport } from "@effect-ws/connection/host/Transport"
import type { Certificate } from "../WebSocketServer.js"

/**
 * A valid request that waits for its answer. It is answered once: by `accept` or by `refuse`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Upgrade {
  readonly offer: ServerHandshake.Offer | ServerConnect.Offer
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  /** The peer's certificate, if it showed one. */
  readonly certificate: Certificate | undefined
  /** Whether it came over TLS. */
  readonly secure: boolean
  /** Calls `onLeave` if the client leaves before it is answered. Bytes that come meanwhile are kept for the connection. */
  readonly watch: (onLeave: () => void) => void
  /** Accepts. The transport has the bytes that came after the request. A problem means that nothing was written. */
  readonly accept: (choice: ServerHandshake.Choice) => AcceptResult
  /** Refuses, and ends the transport. A problem means that nothing was written. */
  readonly refuse: (
    status: number,
    headers?: HttpHeaders.Given,
    body?: Uint8Array
  ) => ServerHandshake.ResponseProblem | undefined
}

/**
 * The result of accepting an upgrade.
 *
 * @since 0.1.0
 * @category models
 */
export type AcceptResult =
  | { readonly _tag: "Opened"; readonly transport: Transport }
  /** The client has left. */
  | { readonly _tag: "Left" }
  | ServerHandshake.ResponseProblem

/**
 * A request that was refused by a rule.
 *
 * @since 0.1.0
 * @category models
 */
export interface Refused {
  readonly status: number
  readonly rule: string
  readonly rfc: string
  readonly says: string
  /** The part of the request that the log may show; it is cut there. */
  readonly detail?: string | undefined
  readonly remoteAddress: string | undefined
}
