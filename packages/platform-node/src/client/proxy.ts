/** The proxy of the options -> where it is, and what to ask it; or the rule that it breaks. */
import type { UrlParts } from "@effect-ws/codec/ClientHandshake"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import type { HandshakeReason } from "@effect-ws/platform/HandshakeError"
import { invalidRequest } from "@effect-ws/platform/HandshakeError"
import * as WebSocketUrl from "@effect-ws/platform/host/WebSocketUrl"
import * as Redacted from "effect/Redacted"
import type { ProxyOptions, TlsOptions } from "./options.js"

export interface HttpProxy {
  readonly target: UrlParts
  readonly tls: TlsOptions | undefined
  /** The request to connect us with `to`. */
  readonly connect: (to: UrlParts) => Uint8Array
}

export const make = ({ authorization, headers, tls, url: at }: ProxyOptions): HttpProxy | HandshakeReason => {
  const located = WebSocketUrl.parse(WebSocketUrl.textOf(at))
  if (located._tag === "Invalid") return invalidRequest(located.rule, located.part)
  const { target } = located
  const credentials = authorization === undefined ? target.authorization : Redacted.value(authorization)
  const lines = [
    ...credentials === undefined ? [] : [["Proxy-Authorization", credentials] as const],
    ...HttpHeaders.fromGiven(headers)
  ]
  const invalid = HttpHead.checkHeaders(lines)
  if (invalid !== undefined) return invalidRequest(invalid.rule, invalid.part)
  const connect = (to: UrlParts): Uint8Array => {
    const authority = `${to.host}:${to.port}` // of a URL that was parsed: nothing that could break out of its line
    const request = HttpHead.encodeRequest({
      method: "CONNECT",
      target: authority,
      version: "1.1",
      headers: [["Host", authority], ...lines]
    })
    return request._tag === "Encoded" ? request.octets : new Uint8Array(0)
  }
  return { target, tls, connect }
}
