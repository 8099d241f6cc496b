/**
 * The opening handshake of a client, the same on every host: the request for a URL and options, and what the answer agrees on. In:
 * values. Out: bytes to write, and later a connection's opening; or an error.
 *
 * Hosts call it; applications do not need it. It knows no sockets, and does not wait.
 *
 * @since 0.1.0
 */
import * as AcceptKey from "@effect-ws/codec/AcceptKey"
import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as OptionTable from "@effect-ws/codec/Options"
import * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"
import type { Primitives } from "@effect-ws/codec/Primitives"
import type { Incoming, Opening } from "@effect-ws/connection/Connection"
import type { Compression, Deflate } from "@effect-ws/connection/host/Compression"
import * as Limits from "@effect-ws/connection/Limits"
import type * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import { HandshakeError, HandshakeReason, invalidRequest } from "../HandshakeError.js"
import type { ConnectOptions, Url } from "../WebSocketClient.js"
import * as Connecting from "./Connecting.js"
import * as WebSocketUrl from "./WebSocketUrl.js"

/**
 * The judged options of one connection; `undefined` where the client's option applies.
 *
 * @since 0.1.0
 * @category models
 */
export interface Asked<I extends Incoming> {
  readonly _tag: "Asked"
  readonly url: string
  readonly incoming: I
  readonly limits: Limits.Limits | undefined
  readonly openTimeout: Duration.Duration | undefined
  readonly linger: Duration.Duration | undefined
}

/**
 * Judges the options of one connection. `limits` are the client's own, as given.
 *
 * @since 0.1.0
 * @category asking
 */
export const judge = <I extends Incoming>(
  to: Url,
  options: ConnectOptions<I>,
  ...limits: ReadonlyArray<Limits.Input | undefined>
): Asked<I> | HandshakeError => {
  const url = WebSocketUrl.textOf(to)
  const read = OptionTable.read(Connecting.options, options)
  if (read._tag === "Problem") return invalidOption(url, read)
  const own = options.limits === undefined ? undefined : Limits.parse(Limits.hostDefaults, ...limits, options.limits)
  if (own?._tag === "Problem") return invalidOption(url, own)
  const { linger, openTimeout } = read.options
  return { _tag: "Asked", url, incoming: incomingOf(options), limits: own?.options, openTimeout, linger }
}

/** Left out, `I` is "whole": which the compiler does not know. */
function incomingOf<I>(options: { readonly incoming?: I | undefined }): I
function incomingOf({ incoming = "whole" }: { readonly incoming?: unknown }): unknown {
  return incoming
}

const invalidOption = (
  url: string,
  { advice, expected, option, value }: OptionTable.OptionProblem
): HandshakeError =>
  new HandshakeError({
    url: WebSocketUrl.parse(url).shown,
    reason: HandshakeReason.InvalidOption({ option, value, expected, advice })
  })

/**
 * What a host provides for a request.
 *
 * @since 0.1.0
 * @category models
 */
export interface Asking {
  readonly primitives: Primitives
  /** Makes {@link AcceptKey.keySize} unpredictable bytes for the key. */
  readonly random: () => Uint8Array
  /** permessage-deflate to offer; `undefined` offers none. */
  readonly compression: Deflate<PermessageDeflate.ClientConfig> | undefined
  /** Header lines to add to the user's. */
  readonly added: Headers
}

/**
 * A request to write, and what its answer must be.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request {
  readonly target: ClientHandshake.UrlParts
  readonly octets: Uint8Array
  /** What the request asks for, for hosts that write it in another way. */
  readonly wishes: ClientHandshake.Wishes
  readonly expected: ClientHandshake.Expected
  /** What was offered. */
  readonly compression: Asking["compression"]
}

/**
 * The request for a connection, or why it cannot be written.
 *
 * @since 0.1.0
 * @category asking
 */
export const request = (
  { shown, target: located }: WebSocketUrl.Located,
  { authorization, compression: wanted, headers, origin, subprotocols = [], withoutSubprotocol }: ConnectOptions,
  { added, compression: usual, primitives, random }: Asking
): Request | HandshakeError => {
  const compression = wanted === false ? undefined : usual
  const target = authorization === undefined
    ? located
    : { ...located, authorization: Redacted.value(authorization) }
  const wishes = ClientHandshake.wishes(AcceptKey.fromOctets(random(), primitives), {
    subprotocols,
    extensions: compression === undefined ? [] : [PermessageDeflate.offer(compression.config)],
    origin,
    headers: [...HttpHeaders.fromGiven(headers), ...added]
  })
  const encoded = ClientHandshake.request(target, wishes)
  return encoded._tag === "Problem"
    ? new HandshakeError({ url: shown, reason: invalidRequest(encoded.rule, encoded.part) })
    : {
      target,
      octets: encoded.octets,
      wishes,
      expected: ClientHandshake.expected(wishes, withoutSubprotocol),
      compression
    }
}

/**
 * What was agreed on.
 *
 * @since 0.1.0
 * @category models
 */
export interface Agreement {
  readonly _tag: "Agreement"
  readonly opening: Opening
  /** Makes the contexts, if permessage-deflate was agreed on. */
  readonly compression: (() => Compression) | undefined
}

/**
 * What the answer of an established connection agrees on, or the rule of RFC 7692 that it breaks.
 *
 * @since 0.1.0
 * @category judging
 */
export const agreement = (
  { extensions, headers, subprotocol }: ClientHandshake.Established,
  { compression, target: { path } }: Pick<Request, "compression" | "target">
): Agreement | PermessageDeflate.Violated => {
  const verdict = compression === undefined ? undefined : PermessageDeflate.verify(compression.config, extensions)
  if (verdict?._tag === "Violated") return verdict
  return {
    _tag: "Agreement",
    opening: {
      subprotocol,
      extensions: HttpHeaders.values(headers, "sec-websocket-extensions").join(", "),
      headers,
      target: path
    },
    compression: compression === undefined || verdict?._tag !== "Agreed"
      ? undefined
      : () => compression.open(verdict.agreed)
  }
}
