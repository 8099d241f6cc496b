/**
 * Answers requests, each exactly once. In: the decision. Out: a connection on the transport that the host accepted; or a refusal, which is
 * reported to the log and telemetry.
 */
import * as ExtensionHeader from "@effect-ws/codec/ExtensionHeader"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"
import type { Primitives } from "@effect-ws/codec/Primitives"
import * as ServerConnect from "@effect-ws/codec/ServerConnect"
import type { ResponseProblem } from "@effect-ws/codec/ServerHandshake"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import type * as Connection from "@effect-ws/connection/Connection"
import type { Compression } from "@effect-ws/connection/host/Compression"
import type { Host, Options } from "@effect-ws/connection/host/Host"
import type { Transport } from "@effect-ws/connection/host/Transport"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { isTagged } from "effect/Predicate"
import * as log from "../logging/log.js"
import { type Accepted, Refusal } from "../WebSocketServer.js"
import * as handshake from "../wireLog/handshake.js"
import type { Watching } from "../wireLog/Recorder.js"
import { ServerOpening } from "./request.js"
import type { Server } from "./Server.js"
import type { Upgrade } from "./upgrade.js"

/** Runs work for a host's event or a fiber's end, which must not see an exception: a defect is answered with 500 on this request. */
export const guard = (server: Server, upgrade: Upgrade, work: () => void): void => {
  try {
    work()
  } catch (defect) {
    fault(server, upgrade, "Answering a WebSocket upgrade failed", Cause.die(defect))
  }
}

// ---------------------------------------------------------------------------------------------------------------
// Yes
// ---------------------------------------------------------------------------------------------------------------

export interface AcceptedConnection<A, C extends Connection.Lifecycle> {
  readonly connection: C
  readonly accepted: A
}

/** Makes the connection, in the way that it will be read. */
export type Make<C extends Connection.Lifecycle> = (transport: Transport, host: Host, agreed: Agreed) => C

/** What the opening handshake agreed on. */
export type Agreed = Omit<Options, "incoming">

/** The connection and what `accept` gave, if the decision was yes and the client is still there. */
export const answer = <A, C extends Connection.Lifecycle>(
  server: Server,
  upgrade: Upgrade,
  decided: Exit.Exit<Accepted<A>, Refusal>,
  make: Make<C>
): AcceptedConnection<A, C> | undefined => {
  if (Exit.isFailure(decided)) {
    decline(server, upgrade, decided.cause)
    return undefined
  }
  const { compression, headers = [], subprotocol, value } = decided.value
  const deflate = compression === false ? withoutExtensions : negotiate(server, upgrade)
  const result = upgrade.accept({ subprotocol, headers, extensions: deflate.response })
  switch (result._tag) {
    case "Left":
      server.telemetry?.refused(upgrade, undefined)
      server.left()
      return undefined
    case "Problem":
      unwritable(server, upgrade, "Cannot accept a WebSocket upgrade", result)
      return undefined
    case "Opened": {
      const connection = open(server, upgrade, result.transport, make, { subprotocol, headers, deflate })
      return connection && { connection, accepted: value }
    }
  }
}

const open = <C extends Connection.Lifecycle>(
  server: Server,
  upgrade: Upgrade,
  opened: Transport,
  make: Make<C>,
  { deflate, headers, subprotocol }: Chosen
): C | undefined => {
  const { host, recorder, settings: { primitives }, telemetry } = server
  let watching: Watching | undefined
  try {
    const opening = new ServerOpening(upgrade, subprotocol, deflate.header)
    const compression = deflate.open?.()
    watching = recorder?.watch({
      role: "server",
      peer: upgrade.remoteAddress,
      opening,
      transport: opened,
      host,
      handshake: () => handshakeOf(upgrade, { subprotocol, headers, extensions: deflate.response }, primitives)
    })
    const connection = make(watching?.transport ?? opened, watching?.host ?? host, { opening, compression })
    const tracing = telemetry?.accepted(upgrade, connection)
    watching?.opened(connection, tracing)
    return connection
  } catch (defect) {
    watching?.failed()
    opened.destroy() // it is nobody's
    fault(server, upgrade, "Answering a WebSocket upgrade failed", Cause.die(defect))
    return undefined
  }
}

/** What the answer said. */
interface Chosen extends Pick<Accepted<unknown>, "subprotocol"> {
  readonly headers: NonNullable<Accepted<unknown>["headers"]>
  readonly deflate: Negotiated
}

/** The request, and its answer, which is made again for this. */
const handshakeOf = ({ offer }: Upgrade, choice: ServerHandshake.Choice, primitives: Primitives) => {
  if (!("key" in offer)) {
    const answer = ServerConnect.accept(offer, choice)
    return {
      request: handshake.ofFields([
        [":method", "CONNECT"],
        [":path", offer.target],
        [":authority", offer.host],
        ...offer.headers
      ]),
      response: handshake.ofFields(answer._tag === "Problem" ? [] : answer.fields)
    }
  }
  const answer = ServerHandshake.accept(offer, choice, primitives)
  return {
    request: { startLine: `GET ${offer.target} HTTP/1.1`, headers: offer.headers },
    response: handshake.parse(answer._tag === "Problem" ? new Uint8Array(0) : answer.octets)
  }
}

/** What was agreed on, besides the subprotocol. */
interface Negotiated {
  readonly response: ReadonlyArray<ExtensionHeader.Extension>
  /** The response as the header has it. */
  readonly header: string
  readonly open?: () => Compression
}

const withoutExtensions: Negotiated = { response: [], header: "" }

const negotiate = ({ settings: { compression } }: Server, { offer }: Upgrade): Negotiated => {
  if (compression === undefined) return withoutExtensions
  const accepted = PermessageDeflate.accept(compression.config, offer.extensions)
  if (accepted._tag === "Declined") return withoutExtensions
  const header = ExtensionHeader.encode([accepted.response])
  return header._tag === "Problem"
    ? withoutExtensions
    : { response: [accepted.response], header: header.value, open: () => compression.open(accepted.agreed) }
}

// ---------------------------------------------------------------------------------------------------------------
// No
// ---------------------------------------------------------------------------------------------------------------

const decline = (server: Server, upgrade: Upgrade, cause: Cause.Cause<Refusal>): void => {
  const refusal = Cause.failureOption(cause)
  // Code without types may fail with anything.
  if (Option.isSome(refusal) && isTagged(refusal.value, "Refusal")) refuse(server, upgrade, refusal.value)
  else if (Cause.isInterruptedOnly(cause)) refuse(server, upgrade, unavailable)
  else fault(server, upgrade, "Deciding on a WebSocket upgrade failed", cause)
}

export const refuse = (server: Server, upgrade: Upgrade, { body = "", headers = [], status }: Refusal): void => {
  const isText = typeof body === "string"
  const octets = isText ? encode(server.settings.primitives, body) : body
  const lines = HttpHeaders.fromGiven(headers)
  const isTyped = !isText || body === "" || HttpHeaders.count(lines, "content-type") > 0
  const problem = upgrade.refuse(status, isTyped ? lines : [...lines, ...plainText], octets)
  if (problem !== undefined) {
    return unwritable(server, upgrade, "Cannot refuse a WebSocket upgrade as asked", problem)
  }
  refused(server, upgrade, status)
}

/** Refuses a request that the server did not admit, and so does not count. */
export const turnAway = ({ settings, telemetry }: Server, upgrade: Upgrade): void => {
  const { body, headers, status } = full
  upgrade.refuse(status, headers, encode(settings.primitives, body))
  telemetry?.refused(upgrade, status)
}

const fault = (server: Server, upgrade: Upgrade, message: string, cause: Cause.Cause<unknown>): void => {
  server.log(log.fault(message, cause, { target: upgrade.offer.target, remoteAddress: upgrade.remoteAddress }))
  failed(server, upgrade)
}

const unwritable = (server: Server, upgrade: Upgrade, message: string, problem: ResponseProblem): void => {
  server.log(log.unwritable(message, { ...problem, ...responseRules[problem.rule] }, {
    target: upgrade.offer.target,
    remoteAddress: upgrade.remoteAddress
  }))
  failed(server, upgrade)
}

/** Here, and not beside the other lines of the log: a page's client writes those, and needs none of these. */
const responseRules = { ...HttpHead.encodeRules, ...ServerHandshake.answerRules } as const

const failed = (server: Server, upgrade: Upgrade): void => {
  const body = "500 Internal Server Error: the server failed to answer this request\n"
  upgrade.refuse(500, plainText, encode(server.settings.primitives, body))
  refused(server, upgrade, 500)
}

const refused = (server: Server, upgrade: Upgrade, status: number): void => {
  server.telemetry?.refused(upgrade, status)
  server.left()
}

const encode = (primitives: Primitives, text: string): Uint8Array => {
  const octets = primitives.allocate(primitives.utf8Length(text))
  primitives.encodeUtf8(text, octets, 0)
  return octets
}

const plainText = [["Content-Type", "text/plain; charset=utf-8"]] as const
const unavailableFor = (why: string) => ({
  status: 503,
  headers: plainText,
  body: `503 Service Unavailable: ${why}\n`
})
const full = unavailableFor("the server has reached its limit of connections")
export const unavailable = new Refusal(unavailableFor("the server is not serving, or is shutting down"))
export const undecided = new Refusal(unavailableFor("the server did not decide on this request in time"))
