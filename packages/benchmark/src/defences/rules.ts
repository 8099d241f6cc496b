/** The rules of `Violation`, and those of the opening handshake: one defence for each. */
import type { Defence } from "./Defence.js"

const legality = "codec/src/Legality.ts"
const closeStatus = "codec/src/CloseStatus.ts"
const specimens = "codec/test/specimens.test.ts"
const protocol = "connection/test/Protocol.specimens.test.ts"

const violations: ReadonlyArray<Defence> = [
  {
    against: "Violation.ReservedBits",
    file: legality,
    edit: ["header.rsv !== 0 && !ownsRsv1(header, context)", "false"],
    test: [specimens, "ReservedBits"]
  },
  {
    against: "Violation.ReservedBits",
    part: "RSV1 is for the first data frame of a message only",
    file: legality,
    edit: [
      " &&\n  (header.opcode === Frame.opcode.text || header.opcode === Frame.opcode.binary)",
      ""
    ],
    test: [specimens, "ReservedBits"]
  },
  {
    against: "Violation.ReservedOpcode",
    file: legality,
    edit: ["kind > 0xa || (kind > 0x2 && kind < 0x8)", "false"],
    test: [specimens, "ReservedOpcode"]
  },
  {
    against: "Violation.LengthNotMinimal",
    file: legality,
    edit: ["header.lengthBits === Frame.lengthBits(header.length)", "true"],
    test: [specimens, "LengthNotMinimal"]
  },
  {
    against: "Violation.LengthTopBit",
    file: legality,
    edit: ["header.length >= topBit", "false"],
    test: [specimens, "LengthTopBit"]
  },
  {
    against: "Violation.UnmaskedFrame",
    file: legality,
    edit: ["context.receiver === \"server\"", "false"],
    test: [specimens, "UnmaskedFrame"]
  },
  {
    against: "Violation.MaskedFrame",
    file: legality,
    edit: ["context.receiver === \"client\"", "false"],
    test: [specimens, "MaskedFrame"]
  },
  {
    against: "Violation.FragmentedControl",
    file: legality,
    edit: ["!header.fin", "false"],
    test: [specimens, "FragmentedControl"]
  },
  {
    against: "Violation.ControlTooLong",
    file: legality,
    edit: ["header.length > Frame.maxControlPayload || header.lengthBits !== 7", "false"],
    test: [specimens, "ControlTooLong"]
  },
  {
    against: "Violation.UnexpectedContinuation",
    file: legality,
    edit: ["context.fragmented ? undefined : \"UnexpectedContinuation\"", "undefined"],
    test: [specimens, "UnexpectedContinuation"]
  },
  {
    against: "Violation.ExpectedContinuation",
    file: legality,
    edit: ["context.fragmented ? \"ExpectedContinuation\" : undefined", "undefined"],
    test: [specimens, "ExpectedContinuation"]
  },
  {
    against: "Violation.CloseTooShort",
    file: closeStatus,
    edit: ["if (low === undefined)", "if (false)"],
    test: [specimens, "CloseTooShort"]
  },
  {
    against: "Violation.CloseCodeInvalid",
    file: closeStatus,
    edit: ["return isLegalCode(code) ? { _tag: \"Legal\", status }", "return true ? { _tag: \"Legal\", status }"],
    test: [specimens, "CloseCodeInvalid"]
  },
  {
    against: "Violation.CloseReasonInvalid",
    file: closeStatus,
    edit: ["!primitives.isUtf8(payload, 2, payload.length)", "false"],
    test: [specimens, "CloseReasonInvalid"]
  },
  {
    against: "Violation.InvalidUtf8",
    part: "at the first bad octet",
    file: "connection/src/Assembler.ts",
    edit: ["if (utf8 === Utf8.rejected)", "if (false)"],
    test: [protocol, "InvalidUtf8"]
  },
  {
    against: "Violation.InvalidUtf8",
    part: "a code point must end with the text",
    file: "connection/src/Assembler.ts",
    edit: ["if (assembly.utf8 !== Utf8.complete)", "if (false)"],
    test: [protocol, "InvalidUtf8"]
  },
  {
    against: "Violation.InvalidUtf8",
    part: "in one piece",
    file: "connection/src/Assembler.ts",
    edit: ["primitives.isUtf8(octets, from, to) ?", "true ?"],
    test: [protocol, "InvalidUtf8"]
  },
  {
    against: "Violation.InvalidUtf8",
    part: "streamed",
    file: "connection/src/internal/batch.ts",
    edit: ["utf8 === Utf8.rejected || (ends && utf8 !== Utf8.complete)", "false"],
    test: [protocol, "InvalidUtf8"]
  },
  {
    against: "Violation.InvalidDeflate",
    file: "connection/src/internal/batch.ts",
    edit: ["return this.fail(\"InvalidDeflate\")", "return true"],
    test: [protocol, "InvalidDeflate"]
  },
  {
    against: "Violation.MessageTooBig",
    file: "connection/src/Assembler.ts",
    edit: ["!assembly.compressed && assembly.size + length > maxMessageSize", "false"],
    test: [protocol, "MessageTooBig"]
  },
  {
    against: "Violation.MessageTooBig",
    part: "in one frame",
    file: "connection/src/internal/batch.ts",
    edit: ["header.length <= this.settings.maxMessageSize || this.fail(\"MessageTooBig\")", "true"],
    test: [protocol, "MessageTooBig"]
  }
]

export const rules: ReadonlyArray<Defence> = violations
