/** A class that can do without `new`, as `Socket.WebSocketConstructor` is used. */
import type { WebSocketConstructor } from "@effect/platform/Socket"
import type * as Context from "effect/Context"
import type { ClassOptions, WebSocketClass } from "./options.js"

export type Service = Context.Tag.Service<typeof WebSocketConstructor>

export type Headers = ClassOptions["headers"]

/** The class whose connections have these headers. */
export type ClassWith = (headers: Headers) => WebSocketClass

export const callable = (classWith: ClassWith, headers: Headers): WebSocketClass & Service =>
  new Proxy(classWith(headers), {
    apply: (Class, _, [url, ...protocols]: ConstructorParameters<WebSocketClass>) => new Class(url, ...protocols)
  }) as WebSocketClass & Service
