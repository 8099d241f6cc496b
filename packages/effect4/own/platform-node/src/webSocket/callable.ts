/** A class that can do without `new`, as `Socket.WebSocketConstructor` is used, which has headers of its own besides. */
import type { WebSocketConstructorOptions } from "effect/socket/Socket"
import type { ClassOptions, WebSocketClass } from "./options.js"

export type Service = (url: string, options?: WebSocketConstructorOptions) => globalThis.WebSocket

export type Headers = ClassOptions["headers"]

/** The class whose connections have these headers. */
export type ClassWith = (headers: Headers) => WebSocketClass

export const callable = (classWith: ClassWith, common: Headers): WebSocketClass & Service => {
  const usual = classWith(common)
  const open: Service = (url, given) => {
    if (given === undefined || typeof given === "string" || Array.isArray(given)) return new usual(url, given)
    const { headers, protocols = [] } = given
    const own = headers === undefined ? usual : classWith(merged(common, headers))
    return new own(url, protocols)
  }
  return new Proxy(usual, {
    apply: (_, __, [url, given]: Parameters<Service>) => open(url, given)
  }) as WebSocketClass & Service
}

/** Of two lines of a name the later one counts. */
const merged = (first: Headers, later: Readonly<Record<string, string>>): Headers => {
  const names = Object.keys(later).map((name) => name.toLowerCase())
  const kept = Object.entries(first ?? {}).filter(([name]) => !names.includes(name.toLowerCase()))
  return { ...Object.fromEntries(kept), ...later }
}
