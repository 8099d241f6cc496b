/**
 * The negotiation of permessage-deflate (RFC 7692 §5, §7.1). In: what an endpoint is willing to do, and the extensions that the other one
 * wrote. Out: what to write, and what was agreed; or the rule that an answer breaks.
 *
 * A server declines an offer that it cannot meet or that is wrong, and looks at the next; a client fails on a wrong answer. It compresses
 * nothing, and gets the header as parsed by `ExtensionHeader`.
 *
 * zlib cannot deflate with a window of 2^8: an endpoint that agreed to 8 deflates with 9, whose matches never reach back more than 250
 * bytes, so a peer that inflates with 8 can follow.
 *
 * A long file: it has both roles, so that what one writes and the other judges is side by side.
 *
 * @since 0.1.0
 */
import * as Excerpt from "./Excerpt.js"
import type { Extension, Parameter } from "./ExtensionHeader.js"
import { parameter } from "./ExtensionHeader.js"
import * as Options from "./Options.js"

/**
 * The extension's name (RFC 7692 §7).
 *
 * @since 0.1.0
 * @category constants
 */
export const name = "permessage-deflate"

/**
 * The base-2 logarithm of a window's size: 8 is 256 bytes, 15 is 32 KiB.
 *
 * @since 0.1.0
 * @category models
 */
export type WindowBits = 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15

/**
 * What both endpoints know once the extension is agreed on. The server deflates and the client inflates with the server's window, and the
 * other way around; without takeover, the context starts afresh with each message.
 *
 * @since 0.1.0
 * @category models
 */
export interface Agreed {
  readonly serverNoContextTakeover: boolean
  readonly clientNoContextTakeover: boolean
  readonly serverMaxWindowBits: WindowBits
  readonly clientMaxWindowBits: WindowBits
}

/**
 * What a server is willing to do.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServerConfig {
  /**
   * Whether the server gives up its context: if the client asks for it ("accept"), always ("prefer"), or never ("refuse": such an offer
   * is declined).
   */
  readonly serverNoContextTakeover: "accept" | "prefer" | "refuse"
  /**
   * Whether the client must give up its context: if it hints so ("accept"), always ("prefer"), or never ("refuse": the hint is ignored).
   */
  readonly clientNoContextTakeover: "accept" | "prefer" | "refuse"
  /** The largest window to deflate with: 8 to 15. */
  readonly serverMaxWindowBits: WindowBits
  /** Whether offers that ask the server for a smaller window are accepted or declined. */
  readonly serverWindowRequests: "accept" | "refuse"
  /** The largest window to inflate with: 8 to 15. It cannot bind clients that did not offer `client_max_window_bits`. */
  readonly clientMaxWindowBits: WindowBits
  /** What to do with such clients if the bound is below 15: inflate with 15 ("accept"), or decline the offer ("refuse"). */
  readonly unboundedClients: "accept" | "refuse"
}

/**
 * Accepts everything that a client asks for, and asks for nothing.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultServerConfig: ServerConfig = {
  serverNoContextTakeover: "accept",
  clientNoContextTakeover: "accept",
  serverMaxWindowBits: 15,
  serverWindowRequests: "accept",
  clientMaxWindowBits: 15,
  unboundedClients: "accept"
}

/**
 * What a client asks for and accepts.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientConfig {
  /**
   * Whether the server gives up its context: as it likes ("accept"), it is asked to but need not ("prefer"), it is asked to and must
   * ("require"), or it must not ("refuse").
   */
  readonly serverNoContextTakeover: "accept" | "prefer" | "require" | "refuse"
  /**
   * Whether the client gives up its context: if the server wants it ("accept"), always ("prefer": hinted), or never ("refuse").
   */
  readonly clientNoContextTakeover: "accept" | "prefer" | "refuse"
  /** The largest window to inflate with: 8 to 15. Below 15 the server is asked for it, which some gateways refuse. */
  readonly serverMaxWindowBits: WindowBits
  /**
   * What to do with servers that do not confirm a bound below 15, or answer with a larger one: inflate with as much as they may use
   * ("accept"), or fail ("refuse").
   */
  readonly unboundedServers: "accept" | "refuse"
  /**
   * The largest window to deflate with, even if the server allows more: 8 to 15; below 15 it is named in the offer. "fixed" means 15, and
   * that the server may not set one.
   */
  readonly clientMaxWindowBits: WindowBits | "fixed"
}

/**
 * Offers `permessage-deflate; client_max_window_bits`: the server may bound the client's window, and is otherwise free.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultClientConfig: ClientConfig = {
  serverNoContextTakeover: "accept",
  clientNoContextTakeover: "accept",
  serverMaxWindowBits: 15,
  unboundedServers: "accept",
  clientMaxWindowBits: 15
}

const bits = Options.oneOf([8, 9, 10, 11, 12, 13, 14, 15], { default: 15, unit: "bits", range: "8 to 15" })
const acceptance = Options.oneOf(["accept", "refuse"], { default: "accept" })
const takeover = Options.oneOf(["accept", "prefer", "refuse"], { default: "accept" })

/**
 * The rules for a server's options, for `Options.read`. {@link accept} does not check its config.
 *
 * @since 0.1.0
 * @category options
 */
export const serverOptions: Options.Table<ServerConfig> = {
  serverNoContextTakeover: takeover,
  clientNoContextTakeover: takeover,
  serverMaxWindowBits: bits,
  serverWindowRequests: acceptance,
  clientMaxWindowBits: bits,
  unboundedClients: acceptance
}

/**
 * The rules for a client's options, for `Options.read`. {@link offer} does not check its config.
 *
 * @since 0.1.0
 * @category options
 */
export const clientOptions: Options.Table<ClientConfig> = {
  serverNoContextTakeover: Options.oneOf(["accept", "prefer", "require", "refuse"], { default: "accept" }),
  clientNoContextTakeover: takeover,
  serverMaxWindowBits: bits,
  unboundedServers: acceptance,
  clientMaxWindowBits: Options.oneOf([8, 9, 10, 11, 12, 13, 14, 15, "fixed"], {
    default: 15,
    unit: "bits",
    range: "8 to 15, or \"fixed\""
  })
}

/**
 * Makes the client's offer.
 *
 * @example
 * import * as ExtensionHeader from "@effect-ws/codec/ExtensionHeader"
 * import * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"
 *
 * ExtensionHeader.encode([PermessageDeflate.offer(PermessageDeflate.defaultClientConfig)])
 * // { _tag: "Encoded", value: "permessage-deflate; client_max_window_bits" }
 *
 * @since 0.1.0
 * @category negotiating
 */
export const offer = (config: ClientConfig): Extension => {
  const parameters: Array<Parameter> = []
  const { clientMaxWindowBits, serverMaxWindowBits } = config
  if (asksForTakeover(config)) parameters.push(parameter(serverTakeover))
  if (config.clientNoContextTakeover === "prefer") parameters.push(parameter(clientTakeover))
  if (serverMaxWindowBits < 15) parameters.push(parameter(serverBits, String(serverMaxWindowBits)))
  if (clientMaxWindowBits !== "fixed") {
    parameters.push(parameter(clientBits, clientMaxWindowBits === 15 ? undefined : String(clientMaxWindowBits)))
  }
  return { name, parameters }
}

const asksForTakeover = ({ serverNoContextTakeover: wish }: ClientConfig): boolean =>
  wish === "prefer" || wish === "require"

/**
 * A server's decision on a client's offers. `response` is the extension to send: an element of `Choice.extensions`.
 *
 * @since 0.1.0
 * @category models
 */
export type Acceptance =
  | { readonly _tag: "Accepted"; readonly agreed: Agreed; readonly response: Extension }
  | { readonly _tag: "Declined" }

/**
 * Answers the first offer that is right and can be met. Other extensions among the offers are skipped.
 *
 * @example
 * import * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"
 *
 * const config = { ...PermessageDeflate.defaultServerConfig, clientMaxWindowBits: 10 } as const
 * PermessageDeflate.accept(config, [PermessageDeflate.offer(PermessageDeflate.defaultClientConfig)])
 * // Accepted, with the response `permessage-deflate; client_max_window_bits=10`
 *
 * @since 0.1.0
 * @category negotiating
 */
export const accept = (config: ServerConfig, offers: ReadonlyArray<Extension>): Acceptance => {
  for (const extension of offers) {
    if (extension.name !== name) continue
    const asked = parse(extension.parameters)
    if (asked._tag === "Violated" || !canMeet(config, asked)) continue
    const agreed = agree(config, asked)
    return { _tag: "Accepted", agreed, response: respond(agreed, asked) }
  }
  return { _tag: "Declined" }
}

const canMeet = (config: ServerConfig, asked: Parameters): boolean =>
  !(asked.serverNoContextTakeover && config.serverNoContextTakeover === "refuse") &&
  !(asked.serverMaxWindowBits !== undefined && config.serverWindowRequests === "refuse") &&
  !(asked.clientMaxWindowBits === undefined && config.clientMaxWindowBits < 15 && config.unboundedClients === "refuse")

const agree = (config: ServerConfig, asked: Parameters): Agreed => ({
  serverNoContextTakeover: config.serverNoContextTakeover === "prefer" || asked.serverNoContextTakeover,
  clientNoContextTakeover: config.clientNoContextTakeover === "prefer" ||
    (config.clientNoContextTakeover === "accept" && asked.clientNoContextTakeover),
  serverMaxWindowBits: smaller(config.serverMaxWindowBits, asked.serverMaxWindowBits ?? 15),
  clientMaxWindowBits: asked.clientMaxWindowBits === undefined
    ? 15
    : smaller(config.clientMaxWindowBits, asked.clientMaxWindowBits === "any" ? 15 : asked.clientMaxWindowBits)
})

/** A bound that was asked for is confirmed, 15 too; one that was not is named when it is one. */
const respond = (agreed: Agreed, asked: Parameters): Extension => {
  const parameters: Array<Parameter> = []
  const { clientMaxWindowBits, serverMaxWindowBits } = agreed
  if (agreed.serverNoContextTakeover) parameters.push(parameter(serverTakeover))
  if (agreed.clientNoContextTakeover) parameters.push(parameter(clientTakeover))
  if (serverMaxWindowBits < 15 || asked.serverMaxWindowBits !== undefined) {
    parameters.push(parameter(serverBits, String(serverMaxWindowBits)))
  }
  if (clientMaxWindowBits < 15 || (asked.clientMaxWindowBits !== undefined && asked.clientMaxWindowBits !== "any")) {
    parameters.push(parameter(clientBits, String(clientMaxWindowBits)))
  }
  return { name, parameters }
}

/**
 * The verdict on a server's answer.
 *
 * @since 0.1.0
 * @category models
 */
export type Verdict =
  | { readonly _tag: "Agreed"; readonly agreed: Agreed }
  | { readonly _tag: "Declined" }
  | Violated

/**
 * The rule that an answer breaks, and the text in question, cut after 200 characters.
 *
 * @since 0.1.0
 * @category models
 */
export interface Violated {
  readonly _tag: "Violated"
  readonly rule: RuleName
  readonly detail: string
}

/**
 * Judges the extensions of a server's answer to {@link offer}, of the same `config`.
 *
 * @example
 * import * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"
 *
 * const response = { name: "permessage-deflate", parameters: [{ name: "client_max_window_bits", value: "08" }] }
 * PermessageDeflate.verify(PermessageDeflate.defaultClientConfig, [response])
 * // { _tag: "Violated", rule: "WindowBitsInvalid", detail: "client_max_window_bits=08" }
 *
 * @since 0.1.0
 * @category negotiating
 */
export const verify = (config: ClientConfig, response: ReadonlyArray<Extension>): Verdict => {
  const [extension, ...more] = response.filter((extension) => extension.name === name)
  if (extension === undefined) return { _tag: "Declined" }
  if (more.length > 0) return problem("ExtensionRepeated", name)
  const answered = parse(extension.parameters)
  if (answered._tag === "Violated") return answered
  const clientNoContextTakeover = config.clientNoContextTakeover === "prefer" || answered.clientNoContextTakeover
  const own = config.clientMaxWindowBits === "fixed" ? 15 : config.clientMaxWindowBits
  const { clientMaxWindowBits: allowed = own, serverMaxWindowBits = 15, serverNoContextTakeover } = answered
  if (allowed === "any") return problem("ClientWindowBitsValueless", clientBits)
  const clientMaxWindowBits = smaller(own, allowed)
  return judgeTakeover(config, answered) ?? judgeBits(config, answered) ?? {
    _tag: "Agreed",
    agreed: { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits }
  }
}

/** 7692 §7.1.1: who accepts an offer that asks for no takeover confirms it; some servers do not, and keep theirs. */
const judgeTakeover = (config: ClientConfig, answered: Parameters): Violated | undefined => {
  if (config.serverNoContextTakeover === "require" && !answered.serverNoContextTakeover) {
    return problem("ServerTakeoverUnconfirmed", serverTakeover)
  }
  if (config.serverNoContextTakeover === "refuse" && answered.serverNoContextTakeover) {
    return problem("TakeoverRefused", serverTakeover)
  }
  return config.clientNoContextTakeover === "refuse" && answered.clientNoContextTakeover
    ? problem("TakeoverRefused", clientTakeover)
    : undefined
}

/** 7692 §7.1.2: who accepts an offer that bounds the server's window confirms it; some servers do not, as above. */
const judgeBits = (config: ClientConfig, answered: Parameters): Violated | undefined => {
  const { clientMaxWindowBits: client, serverMaxWindowBits: server } = answered
  if (config.unboundedServers === "refuse" && config.serverMaxWindowBits < 15) {
    if (server === undefined) return problem("ServerWindowBitsUnconfirmed", serverBits)
    if (server > config.serverMaxWindowBits) return problem("WindowBitsAboveOffer", `${serverBits}=${server}`)
  }
  return client !== undefined && config.clientMaxWindowBits === "fixed"
    ? problem("ClientWindowBitsUnoffered", `${clientBits}=${client}`)
    : undefined
}

const problem = (rule: RuleName, detail: string): Violated => ({ _tag: "Violated", rule, detail: Excerpt.cut(detail) })

/** The parameters of one offer or answer. `"any"` is `client_max_window_bits` without a value. */
interface Parameters {
  readonly _tag: "Parameters"
  readonly serverNoContextTakeover: boolean
  readonly clientNoContextTakeover: boolean
  readonly serverMaxWindowBits: WindowBits | undefined
  readonly clientMaxWindowBits: WindowBits | "any" | undefined
}

const none: Parameters = {
  _tag: "Parameters",
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: undefined,
  clientMaxWindowBits: undefined
}

/** 7692 §7.1: only these four, none twice, and each with a value that it can have. */
const parse = (parameters: ReadonlyArray<Parameter>): Parameters | Violated => {
  const seen = new Set<string>()
  let parsed = none
  for (const { name, value } of parameters) {
    if (seen.has(name)) return problem("ParameterRepeated", name)
    seen.add(name)
    const next = parseParameter(parsed, name, value)
    if (next._tag === "Violated") return next
    parsed = next
  }
  return parsed
}

const parseParameter = (parsed: Parameters, name: string, value: string | undefined): Parameters | Violated => {
  const words = value === undefined ? name : `${name}=${value}`
  const bits = value === undefined ? undefined : windowBits.get(value)
  switch (name) {
    case serverTakeover:
      return value === undefined ? { ...parsed, serverNoContextTakeover: true } : problem("ValueUnexpected", words)
    case clientTakeover:
      return value === undefined ? { ...parsed, clientNoContextTakeover: true } : problem("ValueUnexpected", words)
    case serverBits:
      return bits === undefined ? problem("WindowBitsInvalid", words) : { ...parsed, serverMaxWindowBits: bits }
    case clientBits:
      if (value === undefined) return { ...parsed, clientMaxWindowBits: "any" }
      return bits === undefined ? problem("WindowBitsInvalid", words) : { ...parsed, clientMaxWindowBits: bits }
    default:
      return problem("ParameterUnknown", words)
  }
}

const serverTakeover = "server_no_context_takeover"
const clientTakeover = "client_no_context_takeover"
const serverBits = "server_max_window_bits"
const clientBits = "client_max_window_bits"

/** The only ways to write them: no leading zero, no sign, no other base. */
const windowBits: ReadonlyMap<string, WindowBits> = new Map([
  ["8", 8],
  ["9", 9],
  ["10", 10],
  ["11", 11],
  ["12", 12],
  ["13", 13],
  ["14", 14],
  ["15", 15]
])

const smaller = (a: WindowBits, b: WindowBits): WindowBits => a < b ? a : b

/**
 * The rules for an answer. An offer that breaks one of the first four is declined.
 *
 * @since 0.1.0
 * @category rules
 */
export const rules = {
  ParameterUnknown: { rfc: "7692 §7.1", says: "permessage-deflate has four parameters and no others" },
  ParameterRepeated: { rfc: "7692 §7.1", says: "a parameter must not be repeated" },
  ValueUnexpected: { rfc: "7692 §7.1.1", says: "the parameters about context takeover must not have a value" },
  WindowBitsInvalid: { rfc: "7692 §7.1.2", says: "window bits must be 8 to 15, in decimal without leading zeros" },
  ExtensionRepeated: { rfc: "7692 §5", says: "a response must name permessage-deflate once" },
  ClientWindowBitsValueless: { rfc: "7692 §7.1.2.2", says: "in a response, client_max_window_bits must have a value" },
  ClientWindowBitsUnoffered: {
    rfc: "7692 §7.1.2.2",
    says: "a response may have client_max_window_bits only if it was offered"
  },
  WindowBitsAboveOffer: {
    rfc: "7692 §7.1.2",
    says: "a response's server_max_window_bits must not exceed what was asked for"
  },
  ServerWindowBitsUnconfirmed: { rfc: "7692 §7.1.2.1", says: "a server must confirm the window bits it was asked for" },
  ServerTakeoverUnconfirmed: {
    rfc: "7692 §7.1.1.1",
    says: "a server must confirm that it gives up its context when asked to"
  },
  TakeoverRefused: { rfc: "7692 §5", says: "a response must not have parameters that the client does not support" }
} as const satisfies Record<string, { readonly rfc: string; readonly says: string }>

/**
 * @since 0.1.0
 * @category models
 */
export type RuleName = keyof typeof rules
