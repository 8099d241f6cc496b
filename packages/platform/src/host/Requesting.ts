/**
 * The opening handshake of a client, as every host has it: the request that a URL and the options of a connection ask for, and what its
 * answer agrees on. In: values. Out: octets to write, and later a connection's opening; or the error why not.
 *
 * Hosts call it; applications have no use for it. It knows no sockets, and does not wait.
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
 * What is asked of one connection, judged: `undefined` where it is as the client is set.
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
 * Judges what is asked of one connection. `limits` are the client's own, as they were given.
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
 * What a host gives to ask with.
 *
 * @since 0.1.0
 * @category models
 */
export interface Asking {
  readonly primitives: Primitives
  /** Octets for the key: unpredictable, {@link AcceptKey.keySize} of them. */
  readonly random: () => Uint8Array
  /** permessage-deflate to offer; `undefined` offers none. */
  readonly compression: Deflate<PermessageDeflate.ClientConfig> | undefined
  /** Header lines that are not the user's. */
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
  /** What the octets ask for: for those who ask in another way. */
  readonly wishes: ClientHandshake.Wishes
  readonly expected: ClientHandshake.Expected
  /** What was offered. */
  readonly compression: Asking["compression"]
}

/**
 * The request for a connection, or why there is none to write.
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
 * What an answer agrees on that established a connection; or the rule of RFC 7692 that it breaks.
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
