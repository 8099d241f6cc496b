/**
 * The options of one connection -> all that is known before anything is written: where to connect, the request, and what its answer must
 * be. Also what a redirect leads to. It knows no sockets.
 */
import * as AcceptKey from "@effect-ws/codec/AcceptKey"
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import { HandshakeError, type HandshakeReason } from "@effect-ws/platform/HandshakeError"
import * as Requesting from "@effect-ws/platform/host/Requesting"
import * as WebSocketUrl from "@effect-ws/platform/host/WebSocketUrl"
import type * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import type * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import { randomBytes } from "node:crypto"
import { primitives } from "../transport/primitives.js"
import type { HttpProxy } from "./proxy.js"
import type { ClientSettings } from "./settings.js"

/** What is asked for; of a redirect, what is asked for next. */
export interface Wanted {
  readonly to: string
  readonly connectOptions: WebSocketClient.ConnectOptions
  /** Header lines that are not the user's. */
  readonly added: Headers
  /** For all requests together. */
  readonly timeout: Duration.Duration
  /** When {@link timeout} is over, by the clock of the deadlines. */
  readonly due: number
}

export interface Plan extends Pick<Wanted, "due" | "timeout">, Pick<ClientSettings, "bodySize" | "head"> {
  readonly wanted: Wanted
  /** As errors show it. */
  readonly url: string
  readonly request: Requesting.Request
  readonly proxy: HttpProxy | undefined
}

export const plan = (
  wanted: Wanted,
  { bodySize, compression, head }: ClientSettings,
  proxy: HttpProxy | HandshakeReason | undefined
): Plan | HandshakeError => {
  const { added, connectOptions, due, timeout, to } = wanted
  const located = WebSocketUrl.parse(to)
  if (located._tag === "Invalid") return WebSocketUrl.invalidUrl(located)
  const { shown: url } = located
  if (proxy !== undefined && "_tag" in proxy) return new HandshakeError({ url, reason: proxy })
  const request = Requesting.request(located, connectOptions, { primitives, random: randomKey, compression, added })
  return request instanceof HandshakeError ? request : { wanted, url, request, proxy, head, bodySize, timeout, due }
}

const randomKey = (): Uint8Array => randomBytes(AcceptKey.keySize)

/** What a refusal asks for next; `undefined` if it is no redirect, or one that is not followed. */
export const redirect = (
  { request: { target }, wanted }: Plan,
  { headers, status }: Extract<HandshakeReason, { readonly _tag: "Refused" }>
): Wanted | undefined => {
  const locations = redirecting.includes(status) ? HttpHeaders.values(headers, "location") : []
  const [location] = locations
  const to = location === undefined || locations.length > 1 ? undefined : WebSocketUrl.redirected(target, location)
  const located = to === undefined ? undefined : WebSocketUrl.parse(to)
  if (to === undefined || located?._tag !== "Located") return undefined
  const { host, port, secure } = located.target
  const same = host === target.host && port === target.port && secure === target.secure
  // What the user gave was for the origin that the user named: any header may hold a secret.
  const authorization = same && target.authorization !== undefined ? Redacted.make(target.authorization) : undefined
  const kept = same ? wanted.connectOptions.headers : undefined
  return { ...wanted, to, connectOptions: { ...wanted.connectOptions, authorization, headers: kept } }
}

const redirecting: ReadonlyArray<number> = [301, 302, 303, 307, 308]
