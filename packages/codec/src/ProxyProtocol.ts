/**
 * The header with which a proxy begins a TCP connection that it passes on: the PROXY protocol, version 1 (a line of text) and version 2
 * (binary). In: what was read so far. Out: the client's address and the length of the header, or that more is needed, or the rule that is
 * broken.
 *
 * It does not know who sent it: a client can write this header as well as any proxy.
 *
 * The specification is HAProxy's `doc/proxy-protocol.txt`; section numbers below refer to it.
 *
 * @since 0.1.0
 */
import { format, normalize, parse4, parse6 } from "./internal/address.js"
import { fromLatin1, latin1 } from "./internal/latin1.js"

/**
 * The client's end of the connection.
 *
 * @since 0.1.0
 * @category models
 */
export interface Source {
  /** An IP address in canonical form (RFC 5952). */
  readonly address: string
  readonly port: number
}

/**
 * The three results of {@link parse}.
 *
 * @since 0.1.0
 * @category models
 */
export type Parsed =
  | { readonly _tag: "NeedMore" }
  | {
    readonly _tag: "Header"
    readonly version: 1 | 2
    /** `undefined` if the proxy names no IP address: its own connection (a health check), or a client on a Unix socket. */
    readonly source: Source | undefined
    /** Bytes of the header. What follows comes from the client. */
    readonly length: number
  }
  | { readonly _tag: "Problem"; readonly rule: RuleName }

/**
 * Bytes that a header may take: a line of version 1 has at most 107 (§2.1), and version 2 is read up to 4 KiB, with its extensions
 * (TLVs), which are skipped.
 *
 * @since 0.1.0
 * @category constants
 */
export const maxLength = 4096

/**
 * Reads a header from the first bytes of a connection. Give it all that have arrived, until it returns something other than `NeedMore`.
 *
 * @example
 * import * as ProxyProtocol from "@effect-ws/codec/ProxyProtocol"
 *
 * ProxyProtocol.parse(new TextEncoder().encode("PROXY TCP4 192.0.2.7 198.51.100.1 40000 443\r\nGET /"))
 * // { _tag: "Header", version: 1, source: { address: "192.0.2.7", port: 40000 }, length: 45 }
 *
 * @since 0.1.0
 * @category parsing
 */
export const parse = (octets: Uint8Array): Parsed => {
  if (octets.length === 0) return needMore
  if (begins(octets, signature1)) return parse1(octets)
  return begins(octets, signature2) ? parse2(octets) : problem("SignatureMissing")
}

const needMore: Parsed = { _tag: "NeedMore" }

const problem = (rule: RuleName): Parsed => ({ _tag: "Problem", rule })

const signature1 = fromLatin1("PROXY ")

const signature2 = fromLatin1("\r\n\r\n\0\r\nQUIT\n")

/** As far as they go, whichever is shorter. */
const begins = (octets: Uint8Array, signature: Uint8Array): boolean =>
  signature.subarray(0, octets.length).every((octet, i) => octet === octets[i])

// ---------------------------------------------------------------------------------------------------------------
// Version 1, §2.1
// ---------------------------------------------------------------------------------------------------------------

const maxLine = 107

const parse1 = (octets: Uint8Array): Parsed => {
  const text = latin1(octets, Math.min(octets.length, maxLine))
  const end = text.indexOf("\r\n")
  if (end < 0) return text.length < maxLine ? needMore : problem("LineTooLong")
  const length = end + 2
  const [, family, ...fields] = text.slice(0, end).split(" ")
  if (family === "UNKNOWN") return { _tag: "Header", version: 1, source: undefined, length }
  const parseAddress = family === "TCP4" ? parse4 : family === "TCP6" ? parse6 : undefined
  const [from = "", to = "", fromPort = "", toPort = ""] = fields
  const isRight = fields.length === 4 && parseAddress?.(from) !== undefined && parseAddress(to) !== undefined &&
    isPort(fromPort) && isPort(toPort)
  const address = normalize(from)
  return isRight && address !== undefined
    ? { _tag: "Header", version: 1, source: { address, port: Number(fromPort) }, length }
    : problem("LineMalformed")
}

const isPort = (text: string): boolean => /^(?:0|[1-9][0-9]{0,4})$/.test(text) && Number(text) <= 65535

// ---------------------------------------------------------------------------------------------------------------
// Version 2, §2.2
// ---------------------------------------------------------------------------------------------------------------

const prefix2 = 16

const parse2 = (octets: Uint8Array): Parsed => {
  const [, , , , , , , , , , , , command, transport, high, low] = octets
  if (command === undefined) return needMore
  if (command !== commands.local && command !== commands.proxy) return problem("CommandUnknown")
  if (transport === undefined) return needMore
  const size = addressSizes.get(transport)
  // Of its own connection the proxy need not tell anything (§2.2), so all that it tells is skipped.
  if (command === commands.proxy && size === undefined) return problem("TransportUnknown")
  if (high === undefined || low === undefined) return needMore
  const length = prefix2 + high * 256 + low
  if (length > maxLength) return problem("HeaderTooLong")
  if (command === commands.proxy && size !== undefined && length < prefix2 + size) return problem("AddressCut")
  if (octets.length < length) return needMore
  const source = command === commands.proxy ? sourceOf(octets.subarray(prefix2, length), transport) : undefined
  return { _tag: "Header", version: 2, source, length }
}

const commands = { local: 0x20, proxy: 0x21 } as const

const transports = { unspecified: 0x00, tcp4: 0x11, tcp6: 0x21, unix: 0x31 } as const

/** Bytes of both addresses and both ports. Transports of datagrams cannot be meant. */
const addressSizes: ReadonlyMap<number, number> = new Map([
  [transports.unspecified, 0],
  [transports.tcp4, 12],
  [transports.tcp6, 36],
  [transports.unix, 216]
])

const sourceOf = (block: Uint8Array, transport: number): Source | undefined => {
  const size = transport === transports.tcp4 ? 4 : transport === transports.tcp6 ? 16 : undefined
  if (size === undefined) return undefined
  const [high = 0, low = 0] = block.subarray(2 * size)
  return { address: format(block.subarray(0, size)), port: high * 256 + low }
}

/**
 * The rules for a header.
 *
 * @since 0.1.0
 * @category rules
 */
export const rules = {
  SignatureMissing: { section: "§2", says: "the connection must begin with a PROXY header" },
  LineTooLong: { section: "§2.1", says: "a line of version 1 must end within 107 bytes" },
  LineMalformed: {
    section: "§2.1",
    says: "a line of version 1 must be UNKNOWN, or TCP4 or TCP6 with two addresses and two ports"
  },
  CommandUnknown: { section: "§2.2", says: "the version must be 2, and the command LOCAL or PROXY" },
  TransportUnknown: {
    section: "§2.2",
    says: "the transport must be unspecified, TCP over IPv4 or IPv6, or a Unix stream"
  },
  HeaderTooLong: { section: "§2.2", says: `a header of version 2 must have at most ${maxLength} bytes` },
  AddressCut: { section: "§2.2", says: "a header of version 2 must have room for its addresses" }
} as const satisfies Record<string, { readonly section: string; readonly says: string }>

/**
 * @since 0.1.0
 * @category models
 */
export type RuleName = keyof typeof rules
