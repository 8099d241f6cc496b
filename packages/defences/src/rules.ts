/**
 * The rules of the protocol and of the opening handshake: each has the edit after which it is no more told, or one for each place
 * that tells it. A rule without one does not compile.
 */
import type * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import type * as HttpHead from "@effect-ws/codec/HttpHead"
import type * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"
import type * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import type * as Violation from "@effect-ws/codec/Violation"
import type { urlRules } from "@effect-ws/connection/HandshakeError"
import type { Defence } from "./Defence.js"

type Edit = Defence["edit"]

/** The edit, or those of its parts. */
type Edits<Rule extends string> = Readonly<Record<Rule, Edit | Readonly<Record<string, Edit>>>>

/** Of a table whose tests are named after its rules. */
const of = <Rule extends string>(
  table: string,
  file: string,
  test: (rule: string) => Defence["test"],
  edits: Edits<Rule>
): ReadonlyArray<Defence> =>
  Object.entries<Edit | Readonly<Record<string, Edit>>>(edits).flatMap(([rule, edit]) => {
    const defence = { against: `${table}.${rule}`, file, test: test(rule) }
    return isEdit(edit)
      ? [{ ...defence, edit }]
      : Object.entries(edit).map(([part, edit]) => ({ ...defence, part, edit }))
  })

const isEdit = (edit: Edit | Readonly<Record<string, Edit>>): edit is Edit => Array.isArray(edit)

type Judged = Exclude<Violation.RuleName, "InvalidUtf8" | "InvalidDeflate" | "MessageTooBig" | OfClose>
type OfClose = "CloseTooShort" | "CloseCodeInvalid" | "CloseReasonInvalid"

const ofHeaders = of<Judged>(
  "Violation.rules",
  "codec/src/Legality.ts",
  (rule) => ["codec/test/specimens.test.ts", `${rule}, `],
  {
    ReservedBits: {
      "any": ["header.rsv !== 0 && !ownsRsv1(header, context)", "false"],
      "RSV1 without permessage-deflate": [
        "context.compression && header.rsv === Frame.rsv1",
        "header.rsv === Frame.rsv1"
      ],
      "RSV1 beyond the first frame of a message": [
        " &&\n  (header.opcode === Frame.opcode.text || header.opcode === Frame.opcode.binary)",
        ""
      ]
    },
    ReservedOpcode: ["kind > 0xa || (kind > 0x2 && kind < 0x8)", "false"],
    LengthNotMinimal: ["header.lengthBits === Frame.lengthBits(header.length)", "true"],
    LengthTopBit: ["header.length >= topBit", "false"],
    UnmaskedFrame: ["context.receiver === \"server\"", "false"],
    MaskedFrame: ["context.receiver === \"client\"", "false"],
    FragmentedControl: ["!header.fin", "false"],
    ControlTooLong: {
      "125 octets": ["header.length > Frame.maxControlPayload", "false"],
      "in the short form": [" || header.lengthBits !== 7", ""]
    },
    UnexpectedContinuation: ["context.fragmented ? undefined : \"UnexpectedContinuation\"", "undefined"],
    ExpectedContinuation: ["context.fragmented ? \"ExpectedContinuation\" : undefined", "undefined"]
  }
)

const ofCloses = of<OfClose>(
  "Violation.rules",
  "codec/src/CloseStatus.ts",
  (rule) => ["codec/test/specimens.test.ts", `${rule}, `],
  {
    CloseTooShort: ["if (low === undefined)", "if (false)"],
    CloseCodeInvalid: [
      "return isLegalCode(code) ? { _tag: \"Legal\", status }",
      "return true ? { _tag: \"Legal\", status }"
    ],
    CloseReasonInvalid: ["!primitives.isUtf8(payload, 2, payload.length)", "false"]
  }
)

const named = (name: string) => (): Defence["test"] => ["connection/test/Protocol.specimens.test.ts", name]
const specimen = (rule: string): Defence["test"] => named(`: ${rule}: `)()

const ofMessages = [
  ...of<"InvalidUtf8" | "MessageTooBig">("Violation.rules", "connection/src/Assembler.ts", specimen, {
    InvalidUtf8: {
      "at the first wrong octet": ["if (utf8 === Utf8.rejected)", "if (false)"],
      "at the end, amid a code point": ["if (assembly.utf8 !== Utf8.complete)", "if (false)"],
      "in one piece": ["primitives.isUtf8(octets, from, to) ?", "true ?"]
    },
    MessageTooBig: {
      "in fragments": ["size <= maxMessageSize\n", "true\n"]
    }
  }),
  ...of<"MessageTooBig">(
    "Violation.rules",
    "connection/src/Assembler.ts",
    named("a flood of empty fragments is charged"),
    {
      MessageTooBig: { "in very many": ["!(charge <= most)", "false"] }
    }
  ),
  ...of<"InvalidUtf8" | "InvalidDeflate" | "MessageTooBig">(
    "Violation.rules",
    "connection/src/internal/batch.ts",
    specimen,
    {
      InvalidUtf8: { "streamed": ["utf8 === Utf8.rejected || (ends && utf8 !== Utf8.complete)", "false"] },
      InvalidDeflate: ["return this.fail(\"InvalidDeflate\")", "return true"],
      MessageTooBig: {
        "in one frame": [
          "header.length <= limit || this.failTooBig(Excess.Declared({ limit, length: header.length }))",
          "true"
        ],
        "inflated": [
          "case \"TooBig\":\n        return this.failTooBig(Excess.Inflated({ limit: this.settings.maxMessageSize }))",
          "case \"TooBig\":\n        return true"
        ]
      }
    }
  )
]

const ofHeads = [
  ...of<HttpHead.RuleName>(
    "HttpHead.rules",
    "codec/src/HttpHead.ts",
    (rule) => ["codec/test/HttpHead.test.ts", `rules of reading ${rule}: `],
    {
      HeadTooLarge: ["if (size >= limits.octets)", "if (false)"],
      TooManyHeaders: ["++headerLines > limits.headerLines", "false"],
      TargetTooLong: {
        "before its line has ended": ["++lineSize > syntax.maxStartLine", "++lineSize < 0"],
        "to the letter": ["target.length > limits.target\n", "false\n"]
      },
      StartLineMalformed: {
        "of a request": ["if (more.length > 0 || version === undefined ||", "if (version === undefined ||"],
        "its version": ["/^HTTP\\/[0-9]\\.[0-9]$/.test(protocol)", "true"],
        "its method": ["!isToken(method) || !isVisible(target)", "!isVisible(target)"],
        "its target": ["!isToken(method) || !isVisible(target)", "!isToken(method)"],
        "of an answer": ["version === undefined || !spaced || ", "version === undefined || "],
        "its status": [" || !/^[1-9][0-9]{2}$/.test(digits)", ""],
        "empty": ["!syntax.emptyLinesFirst", "false"]
      },
      BareLineFeed: ["if (!afterReturn)", "if (false)"],
      BareCarriageReturn: ["else if (afterReturn)", "else if (false)"],
      ControlOctet: ["else if (isControl(octet))", "else if (false)"],
      FoldedHeader: ["line.startsWith(\" \") || line.startsWith(\"\\t\")", "false"],
      HeaderNameMalformed: [
        "if (!isToken(name)) return \"HeaderNameMalformed\"",
        "if (false) return \"HeaderNameMalformed\""
      ]
    }
  ),
  ...of<HttpHead.EncodeRuleName>(
    "HttpHead.encodeRules",
    "codec/src/HttpHead.ts",
    (rule) => ["codec/test/HttpHead.test.ts", `rules of writing ${rule}: `],
    {
      MethodInvalid: ["if (!isToken(method))", "if (false)"],
      TargetInvalid: ["if (!isVisible(target))", "if (false)"],
      VersionInvalid: ["if (!/^[0-9]\\.[0-9]$/.test(version))", "if (false)"],
      StatusInvalid: ["!Number.isInteger(status) || status < 100 || status > 999", "false"],
      ReasonInvalid: ["if (!isFieldText(reason))", "if (false)"],
      HeaderNameInvalid: ["if (!isToken(name)) return {", "if (false) return {"],
      HeaderValueInvalid: ["if (!isFieldText(value))", "if (false)"]
    }
  )
]

const ofServers = [
  ...of<ServerHandshake.RuleName>(
    "ServerHandshake.rules",
    "codec/src/ServerHandshake.ts",
    (rule) => ["codec/test/ServerHandshake.test.ts", `rules of a request ${rule}: `],
    {
      MethodNotAllowed: ["method !== \"GET\"", "false"],
      HttpVersion: ["!/^1\\.[1-9]$/.test(version)", "false"],
      HostMissing: ["host === undefined", "false"],
      HostRepeated: ["hosts.length > 1", "false"],
      HostInvalid: ["Origin.parseAuthority(host, []) === undefined", "false"],
      BodyNotAllowed: {
        "Transfer-Encoding": ["codings.length > 0", "false"],
        "Content-Length": ["lengths.every((length) => /^0+$/.test(length))", "true"]
      },
      UpgradeMissing: ["!asksForWebSocket(headers)", "false"],
      ConnectionMissing: ["!HttpHeaders.tokens(headers, \"connection\").includes(\"upgrade\")", "false"],
      VersionNotSupported: {
        "is 13": [" && versions[0] === \"13\"", ""],
        "once": ["versions.length === 1 && ", ""]
      },
      KeyMissing: ["key === undefined", "false"],
      KeyRepeated: ["keys.length > 1", "false"],
      KeyInvalid: ["AcceptKey.isKey(key)", "true"],
      HostNotAllowed: ["refusal(\"HostNotAllowed\", `host ${verdict.host}`)", "undefined"],
      OriginNotAllowed: [
        "refusal(\"OriginNotAllowed\", `origin ${verdict.origin}, host ${verdict.host}`)",
        "undefined"
      ],
      SubprotocolsMalformed: {
        "tokens": [" || !subprotocols.every(isToken)", ""],
        "at least one": ["(lines.length > 0 && subprotocols.length === 0) || ", ""]
      },
      SubprotocolRepeated: ["new Set(subprotocols).size === subprotocols.length", "true"],
      TargetInvalid: {
        "any": ["if (target === undefined) return refusal", "if (false) return refusal"],
        "of another host": [" || named.text !== Origin.parseAuthority(host, defaults)?.text", ""],
        "with a fragment": ["if (target.includes(\"#\")) return undefined", ""]
      },
      ExtensionsMalformed: ["extensions._tag === \"Malformed\"", "false"]
    }
  ),
  ...of<ServerHandshake.AnswerRuleName>(
    "ServerHandshake.answerRules",
    "codec/src/ServerHandshake.ts",
    (rule) => ["codec/test/ServerHandshake.test.ts", `rules of an answer ${rule}: `],
    {
      SubprotocolNotOffered: ["subprotocol !== undefined && !offer.subprotocols.includes(subprotocol)", "false"],
      ExtensionNotOffered: ["!offer.extensions.some((offered) => offered.name === name)", "false"],
      ExtensionInvalid: ["if (encoded._tag === \"Problem\") return problem", "if (false) return problem"],
      HeaderReserved: {
        "in a 101": ["firstReserved(headers, reservedInAccept)", "undefined"],
        "in a refusal": ["firstReserved(headers, reservedInRefusal)", "undefined"]
      },
      StatusNotFinal: ["!Number.isInteger(status) || status < 200 || status > 599", "false"],
      BodyNotAllowed: ["bodiless && body.length > 0", "false"]
    }
  )
]

const ofClients = [
  ...of<Exclude<ClientHandshake.RuleName, "MalformedHead" | "TooManyInterim">>(
    "ClientHandshake.rules",
    "codec/src/ClientHandshake.ts",
    (rule) => ["codec/test/ClientHandshake.test.ts", `rules of an answer ${rule}: `],
    {
      HttpVersion: ["!version.startsWith(\"1.\")", "false"],
      UpgradeMissing: ["upgrades.length !== 1 || upgrades[0] !== \"websocket\"", "false"],
      ConnectionMissing: ["!connection.includes(\"upgrade\")", "false"],
      WrongAccept: {
        "answers the key": [" && accepts[0] === AcceptKey.accept(key)", ""],
        "once": ["accepts.length === 1 && ", ""]
      },
      RepeatedSubprotocol: ["lines.length > 1", "false"],
      UnsolicitedSubprotocol: ["expected.subprotocols.includes(subprotocol)", "true"],
      SubprotocolMissing: ["expected.withoutSubprotocol === \"fail\" && expected.subprotocols.length > 0", "false"],
      ExtensionsMalformed: ["if (extensions._tag === \"Malformed\") return violated", "if (false) return violated"],
      UnsolicitedExtension: ["!expected.extensions.some((offered) => offered.name === name)", "false"]
    }
  ),
  ...of<"MalformedHead">(
    "ClientHandshake.rules",
    "codec/src/HttpHead.ts",
    (rule) => ["codec/test/ClientHandshake.test.ts", `rules of an answer ${rule}: `],
    { MalformedHead: ["version === undefined || !spaced || !/^[1-9][0-9]{2}$/.test(digits)", "false"] }
  ),
  ...of<"TooManyInterim">(
    "ClientHandshake.rules",
    "codec/src/FinalResponse.ts",
    (rule) => ["codec/test/ClientHandshake.test.ts", `rules of an answer ${rule}: `],
    { TooManyInterim: ["++interim > maxInterim", "false"] }
  ),
  ...of<ClientHandshake.RequestRuleName>(
    "ClientHandshake.requestRules",
    "codec/src/ClientHandshake.ts",
    (rule) => ["codec/test/ClientHandshake.test.ts", `rules of a request ${rule}: `],
    {
      PortInvalid: ["!Number.isInteger(target.port) || target.port < 0 || target.port > 65535", "false"],
      HostInvalid: ["Origin.parseAuthority(host, []) === undefined", "false"],
      PathInvalid: ["target.path.startsWith(\"/\") && !target.path.includes(\"#\")", "true"],
      KeyInvalid: ["!AcceptKey.isKey(key)", "false"],
      SubprotocolInvalid: ["!isToken(subprotocol)", "false"],
      SubprotocolRepeated: ["seen.has(subprotocol)", "false"],
      ExtensionInvalid: ["extensions._tag === \"Problem\"", "false"],
      HeaderReserved: {
        "any": ["reserved.includes(lower) || ", ""],
        "Origin": [" || (lower === \"origin\" && origin !== undefined)", ""]
      }
    }
  ),
  ...of<keyof typeof urlRules>(
    "HandshakeError.urlRules",
    "platform-node/src/internal/url.ts",
    () => ["platform-node/test/NodeWebSocketClient.test.ts", "when it would break a rule"],
    {
      UrlMalformed: ["hasControl(text) ? undefined : parseUrl(text)", "parseUrl(text)"],
      SchemeUnknown: ["!schemes.includes(url.protocol)) return problem", "false) return problem"],
      FragmentPresent: ["text.includes(\"#\")", "false"],
      UserinfoMalformed: {
        "in UTF-8": ["user === undefined || ", ""],
        "without a colon": ["user.includes(\":\") || ", ""]
      }
    }
  )
]

const ofCompression = of<PermessageDeflate.RuleName>(
  "PermessageDeflate.rules",
  "codec/src/PermessageDeflate.ts",
  (rule) => ["codec/test/PermessageDeflate.test.ts", `rules of an answer ${rule}: `],
  {
    ParameterUnknown: ["return problem(\"ParameterUnknown\", words)", "return parsed"],
    ParameterRepeated: ["seen.has(name)", "false"],
    ValueUnexpected: {
      "the server's": [
        "value === undefined ? { ...parsed, serverNoContextTakeover",
        "true ? { ...parsed, serverNoContextTakeover"
      ],
      "the client's": [
        "value === undefined ? { ...parsed, clientNoContextTakeover",
        "true ? { ...parsed, clientNoContextTakeover"
      ]
    },
    WindowBitsInvalid: {
      "the server's": [
        "bits === undefined ? problem(\"WindowBitsInvalid\", words) : { ...parsed, server",
        "false ? parsed : { ...parsed, server"
      ],
      "the client's": [
        "bits === undefined ? problem(\"WindowBitsInvalid\", words) : { ...parsed, client",
        "false ? parsed : { ...parsed, client"
      ]
    },
    ExtensionRepeated: ["more.length > 0", "false"],
    ClientWindowBitsValueless: ["allowed === \"any\") return problem", "false) return problem"],
    ClientWindowBitsUnoffered: ["client !== undefined && config.clientMaxWindowBits === \"fixed\"", "false"],
    WindowBitsAboveOffer: ["server > config.serverMaxWindowBits", "false"],
    ServerWindowBitsUnconfirmed: ["if (server === undefined) return problem", "if (false) return problem"],
    ServerTakeoverUnconfirmed: [
      "config.serverNoContextTakeover === \"require\" && !answered.serverNoContextTakeover",
      "false"
    ],
    TakeoverRefused: {
      "the server's": ["config.serverNoContextTakeover === \"refuse\" && answered.serverNoContextTakeover", "false"],
      "the client's": ["config.clientNoContextTakeover === \"refuse\" && answered.clientNoContextTakeover", "false"]
    }
  }
)

export const rules: ReadonlyArray<Defence> = [
  ...ofHeaders,
  ...ofCloses,
  ...ofMessages,
  ...ofHeads,
  ...ofServers,
  ...ofClients,
  ...ofCompression
]
