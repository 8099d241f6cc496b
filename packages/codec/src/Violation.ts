/**
 * Every rule of RFC 6455 and RFC 7692 that we enforce on what a peer sends: its name, the Close code that answers a breach, the section
 * it comes from, and what it says. Types, Close codes, documentation and tests are all made from this table.
 *
 * It does not know how a breach is found (see `Legality`, `Utf8`, `CloseStatus`) or what is done about it.
 *
 * @since 0.1.0
 */

/**
 * A rule.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rule {
  /** The Close code with which an endpoint fails the connection. */
  readonly closeCode: 1002 | 1007 | 1009
  /** The document and section that state it. */
  readonly rfc: string
  readonly says: string
}

/**
 * The rules, by name.
 *
 * @since 0.1.0
 * @category rules
 */
export const rules = {
  ReservedBits: {
    closeCode: 1002,
    rfc: "6455 §5.2",
    says: "an RSV bit must be 0 unless a negotiated extension owns it"
  },
  ReservedOpcode: { closeCode: 1002, rfc: "6455 §5.2", says: "opcodes 3 to 7 and 11 to 15 are reserved" },
  LengthNotMinimal: { closeCode: 1002, rfc: "6455 §5.2", says: "a length must be encoded in the fewest bytes" },
  LengthTopBit: { closeCode: 1002, rfc: "6455 §5.2", says: "the top bit of a 64-bit length must be 0" },
  UnmaskedFrame: { closeCode: 1002, rfc: "6455 §5.1", says: "a client must mask all frames" },
  MaskedFrame: { closeCode: 1002, rfc: "6455 §5.1", says: "a server must not mask any frame" },
  FragmentedControl: { closeCode: 1002, rfc: "6455 §5.5", says: "a control frame must not be fragmented" },
  ControlTooLong: { closeCode: 1002, rfc: "6455 §5.5", says: "a control frame must carry at most 125 bytes" },
  UnexpectedContinuation: {
    closeCode: 1002,
    rfc: "6455 §5.4",
    says: "a continuation frame needs a message to continue"
  },
  ExpectedContinuation: {
    closeCode: 1002,
    rfc: "6455 §5.4",
    says: "a new message must not begin before the last fragment of the current one"
  },
  CloseTooShort: {
    closeCode: 1002,
    rfc: "6455 §5.5.1",
    says: "a Close body must be empty or begin with a two-byte code"
  },
  CloseCodeInvalid: { closeCode: 1002, rfc: "6455 §7.4", says: "this Close code must not be sent in a Close frame" },
  CloseReasonInvalid: { closeCode: 1007, rfc: "6455 §5.5.1", says: "a Close reason must be UTF-8" },
  InvalidUtf8: { closeCode: 1007, rfc: "6455 §8.1", says: "text must be UTF-8" },
  InvalidDeflate: { closeCode: 1007, rfc: "7692 §7.2.2", says: "a compressed message must be a DEFLATE stream" },
  MessageTooBig: { closeCode: 1009, rfc: "6455 §7.4.1", says: "a message must not exceed the receiver's limit" }
} as const satisfies Record<string, Rule>

/**
 * @since 0.1.0
 * @category models
 */
export type RuleName = keyof typeof rules

/**
 * All names, in the order of the table.
 *
 * @since 0.1.0
 * @category rules
 */
export const names: ReadonlyArray<RuleName> = [
  "ReservedBits",
  "ReservedOpcode",
  "LengthNotMinimal",
  "LengthTopBit",
  "UnmaskedFrame",
  "MaskedFrame",
  "FragmentedControl",
  "ControlTooLong",
  "UnexpectedContinuation",
  "ExpectedContinuation",
  "CloseTooShort",
  "CloseCodeInvalid",
  "CloseReasonInvalid",
  "InvalidUtf8",
  "InvalidDeflate",
  "MessageTooBig"
]
