/** What a page, or a program on another host, finds around it, as far as this package looks for it. No host has all of it. */
import type { Octets } from "@effect-ws/codec/Primitives"
import type { WebSocketStreamClass } from "../transport/WebSocketStreamTransport.js"
import type { WebSocketClass } from "../transport/WebSocketTransport.js"

/** What happens to a page or its network. */
export interface Events {
  addEventListener(type: string, listener: (event: PageEvent) => void): void
  removeEventListener(type: string, listener: (event: PageEvent) => void): void
}

export interface PageEvent {
  /** Of `pagehide` and `pageshow`: the page goes into the back/forward cache, or comes out of it. */
  readonly persisted?: boolean
}

export interface Globals extends Partial<Events> {
  readonly TextEncoder: new() => { encode(text: string): Octets }
  readonly WebSocket?: WebSocketClass
  readonly WebSocketStream?: WebSocketStreamClass
  readonly document?: Events & { readonly visibilityState: string }
}
