/**
 * permessage-deflate in opening handshakes (RFC 7692 §7.1), as the examiner needs it: it takes any answer that can be parsed
 * and holds nobody to what was asked. In: header values. Out: the parameters, and for a server what to answer.
 *
 * The examiner's own, so that it does not judge codec's negotiation by itself. It transforms nothing: see `Deflate`.
 *
 * @since 0.1.0
 */
import type { AnswerPolicy } from "../cases/Case.js"
import type { Direction } from "../wire/Deflate.js"

/**
 * The four parameters, of an offer or of an answer.
 *
 * @since 0.1.0
 * @category models
 */
export interface Parameters {
  readonly serverNoContextTakeover: boolean
  readonly clientNoContextTakeover: boolean
  readonly serverMaxWindowBits: number | undefined
  /** `true` when it stands without a value. */
  readonly clientMaxWindowBits: number | true | undefined
}

/**
 * What was agreed on, from the examiner's side.
 *
 * @since 0.1.0
 * @category models
 */
export interface Agreed {
  readonly incoming: Direction
  readonly outgoing: Direction
}

type Parsed =
  | { readonly _tag: "Elements"; readonly elements: ReadonlyArray<Parameters> }
  | { readonly _tag: "Malformed"; readonly why: string }

/**
 * What a server answered to an offer; `undefined` when it declined, a sentence when the answer makes no sense.
 *
 * @since 0.1.0
 * @category client
 */
export const accept = (values: ReadonlyArray<string>): Agreed | undefined | string => {
  const others = names(values).filter((name) => name !== "permessage-deflate")
  if (others.length > 0) return `the server uses the extension ${others[0]}, which was not offered`
  const parsed = parse(values)
  if (parsed._tag === "Malformed") return parsed.why
  if (parsed.elements.length > 1) return "the server answers with permessage-deflate more than once"
  const [answer] = parsed.elements
  if (answer === undefined) return undefined
  const { clientMaxWindowBits } = answer
  return {
    incoming: { takeover: !answer.serverNoContextTakeover, windowBits: answer.serverMaxWindowBits ?? 15 },
    outgoing: {
      takeover: !answer.clientNoContextTakeover,
      windowBits: typeof clientMaxWindowBits === "number" ? clientMaxWindowBits : 15
    }
  }
}

/**
 * What to answer to a client's offers by this policy, and what is agreed on then; `undefined` to decline, a sentence to refuse
 * the handshake.
 *
 * @since 0.1.0
 * @category server
 */
export const answer = (
  values: ReadonlyArray<string>,
  policy: AnswerPolicy
): { readonly value: string; readonly agreed: Agreed } | undefined | string => {
  const parsed = parse(values)
  if (parsed._tag === "Malformed") return parsed.why
  for (const offer of parsed.elements) {
    const allowed = offer.clientMaxWindowBits !== undefined
    if (policy.windowBits !== undefined && !allowed && !policy.fallback) continue
    const windowBits = allowed ? policy.windowBits : undefined
    return {
      value: [
        "permessage-deflate",
        ...(offer.serverNoContextTakeover ? ["server_no_context_takeover"] : []),
        ...(offer.serverMaxWindowBits === undefined ? [] : [`server_max_window_bits=${offer.serverMaxWindowBits}`]),
        ...(policy.noContextTakeover ? ["client_no_context_takeover"] : []),
        ...(windowBits === undefined ? [] : [`client_max_window_bits=${windowBits}`])
      ].join("; "),
      agreed: {
        incoming: { takeover: !policy.noContextTakeover, windowBits: windowBits ?? 15 },
        outgoing: { takeover: !offer.serverNoContextTakeover, windowBits: offer.serverMaxWindowBits ?? 15 }
      }
    }
  }
  return undefined
}

const elementsOf = (values: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> =>
  values.flatMap((value) => value.split(",")).map((element) => element.split(";").map((part) => part.trim()))
    .filter(([name]) => name !== "")

const names = (values: ReadonlyArray<string>): ReadonlyArray<string> => elementsOf(values).map(([name]) => name ?? "")

const parse = (values: ReadonlyArray<string>): Parsed => {
  const elements: Array<Parameters> = []
  for (const [name, ...parameters] of elementsOf(values)) {
    if (name !== "permessage-deflate") continue
    const parsed = parameter(parameters)
    if (typeof parsed === "string") return { _tag: "Malformed", why: parsed }
    elements.push(parsed)
  }
  return { _tag: "Elements", elements }
}

const parameter = (parts: ReadonlyArray<string>): Parameters | string => {
  const seen = new Map<string, string | undefined>()
  for (const part of parts) {
    const [name = "", value] = part.split("=", 2).map((side) => side.trim())
    if (seen.has(name)) return `permessage-deflate: the parameter ${name} stands there twice`
    seen.set(name, value?.replace(/^"(.*)"$/, "$1"))
  }
  for (const [name, value] of seen) {
    const wrong = misuse(name, value)
    if (wrong !== undefined) return `permessage-deflate: ${wrong}`
  }
  const client = seen.get("client_max_window_bits")
  const server = seen.get("server_max_window_bits")
  return {
    serverNoContextTakeover: seen.has("server_no_context_takeover"),
    clientNoContextTakeover: seen.has("client_no_context_takeover"),
    serverMaxWindowBits: server === undefined ? undefined : Number(server),
    clientMaxWindowBits: client === undefined ? (seen.has("client_max_window_bits") ? true : undefined) : Number(client)
  }
}

const misuse = (name: string, value: string | undefined): string | undefined => {
  switch (name) {
    case "server_no_context_takeover":
    case "client_no_context_takeover":
      return value === undefined ? undefined : `${name} takes no value`
    case "server_max_window_bits":
      return value !== undefined && isBits(value) ? undefined : `${name} needs a value from 8 to 15`
    case "client_max_window_bits":
      return value === undefined || isBits(value) ? undefined : `${name} needs a value from 8 to 15, or none`
  }
  return `there is no parameter ${name}`
}

const isBits = (value: string): boolean => /^([89]|1[0-5])$/.test(value)
