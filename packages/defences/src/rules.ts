/**
 * The rules of the protocol and of the opening handshake: each has the edit after which it is no more told, or one for each place
 * that tells it. A rule without one does not compile.
 */
import type * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import type * as HttpHead from "@effect-ws/codec/HttpHead"
import type * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"
import type * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import type * as Violation from "@effect-ws/codec/Violation"
import type { urlRules } from "@effect-ws/platform/HandshakeError"
import type { Defence } from "./Defence.js"
import { ofExtendedConnect } from "./http2.js"
import { of } from "./ofRules.js"

type OfMessages = "InvalidUtf8" | "InvalidDeflate" | "MessageTooBig"
type OfFrames = Exclude<Violation.RuleName, OfMessages>

const ofFrames = of<OfFrames>(
  "Violation.rules",
  (rule) => ["codec/test/specimens.test.ts", `${rule}, `],
  {
    ReservedBits: {
      "any": { never: "'ReservedBits'", in: "judgePrefix" },
      "RSV1 without permessage-deflate": { drop: "$context.compression", in: "ownsRsv1" },
      "RSV1 beyond the first frame of a message": {
        drop: "$header.opcode === Frame.opcode.text || $header.opcode === Frame.opcode.binary"
      }
    },
    ReservedOpcode: { never: "'ReservedOpcode'", in: "judgePrefix" },
    LengthNotMinimal: { never: "'LengthNotMinimal'", in: "judge" },
    LengthTopBit: { never: "'LengthTopBit'", in: "judge" },
    UnmaskedFrame: { never: "'UnmaskedFrame'", in: "judgePrefix" },
    MaskedFrame: { never: "'MaskedFrame'", in: "judgePrefix" },
    FragmentedControl: { never: "'FragmentedControl'", in: "judgePrefix" },
    ControlTooLong: {
      "125 octets": { replace: "$header.length > Frame.maxControlPayload", by: "false" },
      "in the short form": { drop: "$header.lengthBits !== 7" }
    },
    UnexpectedContinuation: { never: "'UnexpectedContinuation'", in: "judgePrefix" },
    ExpectedContinuation: { never: "'ExpectedContinuation'", in: "judgePrefix" },
    CloseTooShort: { never: "'CloseTooShort'", in: "parse" },
    CloseCodeInvalid: { never: "{ _tag: 'Illegal', rule: 'CloseCodeInvalid', status: $status }" },
    CloseReasonInvalid: { replace: "!$primitives.isUtf8($payload, 2, $payload.length)", by: "false" }
  }
)

const named = (name: string) => (): Defence["test"] => ["connection/test/Protocol.specimens.test.ts", name]
const specimen = (rule: string): Defence["test"] => named(`: ${rule}: `)()

const ofMessages = [
  ...of<OfMessages>("Violation.rules", specimen, {
    InvalidUtf8: {
      "at the first wrong octet": { never: "broken($assembly, Breach.invalidUtf8)", in: "append" },
      "at the end, amid a code point": { never: "broken($assembly, Breach.invalidUtf8)", in: "Assembler.finish" },
      "in one piece": { never: "Breach.invalidUtf8", in: "judge" },
      "streamed": { replace: "$utf8 === Utf8.rejected || ($ends && $utf8 !== Utf8.complete)", by: "false" }
    },
    InvalidDeflate: { replace: "this.fail(Breach.of('InvalidDeflate'))", by: "'Continue'" },
    MessageTooBig: {
      "in fragments": {
        never: "broken($assembly, Breach.tooBig({ _tag: 'Declared', limit: $maxMessageSize, length: $size }))"
      },
      "in one frame": {
        never: "this.fail(Breach.tooBig({ _tag: 'Declared', limit: $limit, length: $header.length }))"
      },
      "inflated": {
        replace: "this.fail(this.inflatesTooFar())",
        by: "'Continue'",
        in: "inflated"
      }
    }
  }),
  ...of<"MessageTooBig">("Violation.rules", named("a flood of empty fragments is charged"), {
    MessageTooBig: {
      "in very many": {
        never: "broken($assembly, Breach.tooBig({ _tag: 'Fragmented', limit: $most, length: $charge }))"
      }
    }
  })
]

const ofHeads = [
  ...of<HttpHead.RuleName>(
    "HttpHead.rules",
    (rule) => ["codec/test/HttpHead.test.ts", `rules of reading ${rule}: `],
    {
      HeadTooLarge: { never: "'HeadTooLarge'", in: "feed" },
      TooManyHeaders: { never: "'TooManyHeaders'", in: "feed" },
      TargetTooLong: {
        "before its line has ended": { replace: "++$lineSize > $syntax.maxStartLine", by: "++$lineSize < 0" },
        "to the letter": { never: "'TargetTooLong'", in: "requestLine" }
      },
      StartLineMalformed: {
        "of a request": { drop: "$more.length > 0", in: "requestLine" },
        "its version": { replace: "/^HTTP\\/[0-9]\\.[0-9]$/.test($protocol)", by: "true" },
        "its method": { drop: "!isToken($method)", in: "requestLine" },
        "its target": { drop: "!isVisible($target)", in: "requestLine" },
        "of an answer": {
          replace: "$version === undefined || !$spaced || !/^[1-9][0-9]{2}$/.test($digits)",
          by: "$version === undefined || !/^[1-9][0-9]{2}$/.test($digits)"
        },
        "its status": { drop: "!/^[1-9][0-9]{2}$/.test($digits)" },
        "empty": { never: "'StartLineMalformed'", in: "feed" }
      },
      BareLineFeed: { never: "'BareLineFeed'" },
      BareCarriageReturn: { never: "'BareCarriageReturn'" },
      ControlOctet: { never: "'ControlOctet'" },
      FoldedHeader: { never: "$headers.push([$last[0], joined($last[1], trim($line))])" },
      HeaderNameMalformed: { never: "'HeaderNameMalformed'" }
    }
  ),
  ...of<HttpHead.EncodeRuleName>(
    "HttpHead.encodeRules",
    (rule) => ["codec/test/HttpHead.test.ts", `rules of writing ${rule}: `],
    {
      MethodInvalid: { never: "'MethodInvalid'" },
      TargetInvalid: { never: "'TargetInvalid'", in: "encodeRequest" },
      VersionInvalid: { never: "'VersionInvalid'" },
      StatusInvalid: { never: "'StatusInvalid'" },
      ReasonInvalid: { never: "'ReasonInvalid'" },
      HeaderNameInvalid: { never: "'HeaderNameInvalid'" },
      HeaderValueInvalid: { never: "'HeaderValueInvalid'" }
    }
  )
]

const ofServers = [
  ...of<ServerHandshake.RuleName>(
    "ServerHandshake.rules",
    (rule) => ["codec/test/ServerHandshake.test.ts", `rules of a request ${rule}: `],
    {
      MethodNotAllowed: { never: "'MethodNotAllowed'" },
      HttpVersion: { never: "'HttpVersion'", in: "judgeRequest" },
      HostMissing: { never: "'HostMissing'" },
      HostRepeated: { never: "'HostRepeated'" },
      HostInvalid: { never: "'HostInvalid'", in: "judgeRequest" },
      BodyNotAllowed: {
        "Transfer-Encoding": { never: "rejection('BodyNotAllowed', `Transfer-Encoding: ${$codings.join(', ')}`)" },
        "Content-Length": { never: "rejection('BodyNotAllowed', `Content-Length: ${$lengths.join(', ')}`)" }
      },
      UpgradeMissing: { never: "'UpgradeMissing'", in: "judgeUpgrade" },
      ConnectionMissing: { never: "'ConnectionMissing'", in: "judgeUpgrade" },
      VersionNotSupported: {
        "is 13": { drop: "$versions[0] === '13'", in: "judgeUpgrade" },
        "once": { drop: "$versions.length === 1", in: "judgeUpgrade" }
      },
      KeyMissing: { never: "'KeyMissing'" },
      KeyRepeated: { never: "'KeyRepeated'" },
      KeyInvalid: { never: "'KeyInvalid'", in: "judgeKey" },
      HostNotAllowed: { replace: "breach('HostNotAllowed', `host ${$verdict.host}`)", by: "undefined" },
      OriginNotAllowed: {
        replace: "breach('OriginNotAllowed', `origin ${$verdict.origin}, host ${$verdict.host}`)",
        by: "undefined"
      },
      SubprotocolsMalformed: {
        "tokens": { drop: "!$subprotocols.every(isToken)" },
        "at least one": { drop: "$lines.length > 0 && $subprotocols.length === 0", in: "judgeSubprotocols" }
      },
      SubprotocolRepeated: { never: "'SubprotocolRepeated'", in: "judgeSubprotocols" },
      TargetInvalid: {
        "any": { never: "'TargetInvalid'", in: "ServerHandshake.judge" },
        "of another host": { drop: "$named.text !== Origin.parseAuthority($host, $defaults)?.text" },
        "with a fragment": { drop: "if ($target.includes('#')) return undefined" }
      },
      ExtensionsMalformed: { never: "'ExtensionsMalformed'", in: "ServerHandshake.judge" }
    }
  ),
  ...of<ServerHandshake.AnswerRuleName>(
    "ServerHandshake.answerRules",
    (rule) => ["codec/test/ServerHandshake.test.ts", `rules of an answer ${rule}: `],
    {
      SubprotocolNotOffered: { never: "'SubprotocolNotOffered'" },
      ExtensionNotOffered: { never: "'ExtensionNotOffered'" },
      ExtensionInvalid: { never: "'ExtensionInvalid'", in: "checkChoice" },
      HeaderReserved: {
        "in a 101": { replace: "firstReserved($headers, reservedInAccept)", by: "undefined" },
        "in a refusal": { replace: "firstReserved($headers, reservedInRefusal)", by: "undefined" }
      },
      StatusNotFinal: { never: "'StatusNotFinal'" },
      BodyNotAllowed: { never: "'BodyNotAllowed'", in: "checkRefusal" }
    }
  )
]

const ofClients = [
  ...of<ClientHandshake.RuleName>(
    "ClientHandshake.rules",
    (rule) => ["codec/test/ClientHandshake.test.ts", `rules of an answer ${rule}: `],
    {
      HttpVersion: { never: "'HttpVersion'", in: "verifyUpgrade" },
      UpgradeMissing: { never: "'UpgradeMissing'", in: "verifyUpgrade" },
      ConnectionMissing: { never: "'ConnectionMissing'", in: "verifyUpgrade" },
      WrongAccept: {
        "answers the key": { drop: "$accepts[0] === AcceptKey.accept($key, $primitives)" },
        "once": { drop: "$accepts.length === 1", in: "verifyUpgrade" }
      },
      RepeatedSubprotocol: { never: "'RepeatedSubprotocol'" },
      UnsolicitedSubprotocol: { never: "'UnsolicitedSubprotocol'" },
      SubprotocolMissing: { never: "'SubprotocolMissing'", in: "verifySubprotocol" },
      ExtensionsMalformed: { never: "'ExtensionsMalformed'", in: "verifyAgreed" },
      UnsolicitedExtension: { never: "'UnsolicitedExtension'" },
      MalformedHead: { never: "'StartLineMalformed'", in: "statusLine" },
      TooManyInterim: { never: "'TooManyInterim'", in: "feed" }
    }
  ),
  ...of<ClientHandshake.RequestRuleName>(
    "ClientHandshake.requestRules",
    (rule) => ["codec/test/ClientHandshake.test.ts", `rules of a request ${rule}: `],
    {
      PortInvalid: { never: "'PortInvalid'" },
      HostInvalid: { never: "'HostInvalid'", in: "checkTarget" },
      PathInvalid: { never: "'PathInvalid'" },
      KeyInvalid: { never: "'KeyInvalid'", in: "checkKey" },
      SubprotocolInvalid: {
        replace: "!isToken($subprotocol)",
        by: "typeof $subprotocol !== 'string'",
        in: "checkSubprotocols"
      },
      SubprotocolRepeated: { never: "'SubprotocolRepeated'", in: "checkSubprotocols" },
      ExtensionInvalid: { never: "'ExtensionInvalid'", in: "ClientHandshake.request" },
      HeaderReserved: {
        "any": { drop: "reserved.includes($lower)", in: "checkWishes" },
        "Origin": { drop: "$lower === 'origin' && $origin !== undefined" }
      }
    }
  ),
  ...of<keyof typeof urlRules>(
    "HandshakeError.urlRules",
    () => ["platform-node/test/NodeWebSocketClient.test.ts", "when it would break a rule"],
    {
      UrlMalformed: { replace: "hasControl($text) ? undefined : parseUrl($text)", by: "parseUrl($text, Url)" },
      SchemeUnknown: { never: "'SchemeUnknown'" },
      FragmentPresent: { never: "'FragmentPresent'" },
      UserinfoMalformed: {
        "in UTF-8": { replace: "$user === undefined || $user.includes(':')", by: "$user.includes(':')" },
        "without a colon": { drop: "$user.includes(':')", in: "parse" }
      }
    }
  )
]

const ofCompression = of<PermessageDeflate.RuleName>(
  "PermessageDeflate.rules",
  (rule) => ["codec/test/PermessageDeflate.test.ts", `rules of an answer ${rule}: `],
  {
    ParameterUnknown: {
      replace: "if ($next._tag === 'Violated') return $next; $parsed = $next",
      by:
        "if ($next._tag === 'Violated') { if ($next.rule === 'ParameterUnknown') continue; return $next } $parsed = $next"
    },
    ParameterRepeated: { never: "'ParameterRepeated'" },
    ValueUnexpected: {
      "the server's": {
        replace: "$value === undefined ? { ...$parsed, serverNoContextTakeover: true } : $problem",
        by: "{ ...$parsed, serverNoContextTakeover: true }"
      },
      "the client's": {
        replace: "$value === undefined ? { ...$parsed, clientNoContextTakeover: true } : $problem",
        by: "{ ...$parsed, clientNoContextTakeover: true }"
      }
    },
    WindowBitsInvalid: {
      "the server's": {
        replace: "$bits === undefined ? $problem : { ...$parsed, serverMaxWindowBits: $bits }",
        by: "{ ...$parsed, serverMaxWindowBits: $bits }"
      },
      "the client's": {
        replace: "$bits === undefined ? $problem : { ...$parsed, clientMaxWindowBits: $bits }",
        by: "{ ...$parsed, clientMaxWindowBits: $bits }"
      }
    },
    ExtensionRepeated: { never: "'ExtensionRepeated'" },
    ClientWindowBitsValueless: { never: "'ClientWindowBitsValueless'" },
    ClientWindowBitsUnoffered: { never: "'ClientWindowBitsUnoffered'" },
    WindowBitsAboveOffer: { never: "'WindowBitsAboveOffer'" },
    ServerWindowBitsUnconfirmed: { never: "'ServerWindowBitsUnconfirmed'", in: "judgeBits" },
    ServerTakeoverUnconfirmed: { never: "'ServerTakeoverUnconfirmed'", in: "judgeTakeover" },
    TakeoverRefused: {
      "the server's": { never: "problem('TakeoverRefused', serverTakeover)" },
      "the client's": { never: "problem('TakeoverRefused', clientTakeover)" }
    }
  }
)

export const rules: ReadonlyArray<Defence> = [
  ...ofFrames,
  ...ofMessages,
  ...ofHeads,
  ...ofServers,
  ...ofClients,
  ...ofExtendedConnect,
  ...ofCompression
]
