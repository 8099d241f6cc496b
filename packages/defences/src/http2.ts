/** The rules of the extended CONNECT (RFC 8441), as `rules.ts` has those of other handshakes. */
import type * as ClientConnect from "@effect-ws/codec/ClientConnect"
import type * as ServerConnect from "@effect-ws/codec/ServerConnect"
import { of } from "./ofRules.js"

const server = "codec/test/ServerConnect.test.ts"
const client = "codec/test/ClientConnect.test.ts"

const PseudoMalformed = {
  "first": { drop: "$headers.length > 0", in: "split" },
  "once": { drop: "$pseudo.has($name)", in: "split" },
  "known": { drop: "!$known.includes($name)", in: "split" }
}

export const ofExtendedConnect = [
  ...of<ServerConnect.RuleName>("ServerConnect.rules", (rule) => [server, `rules of a request ${rule}: `], {
    PseudoMalformed,
    FieldMalformed: {
      "a token": { drop: "!isToken($name)", in: "split" },
      "without capitals": { drop: "$name !== $name.toLowerCase()", in: "split" },
      "a value": { replace: "!isValue($value)", by: "false" }
    },
    MethodNotConnect: { never: "'MethodNotConnect'" },
    ProtocolMissing: { never: "'ProtocolMissing'" },
    ProtocolUnknown: { never: "'ProtocolUnknown'", in: "judgeConnect" },
    SchemeInvalid: { never: "'SchemeInvalid'" },
    AuthorityMissing: { never: "'AuthorityMissing'" },
    AuthorityInvalid: { never: "'AuthorityInvalid'" },
    ConnectionField: {
      "any": { drop: "isConnectionSpecific($name)", in: "connectionSpecific" },
      "te": { drop: "$name === 'te' && $value.toLowerCase() !== 'trailers'" }
    },
    HostDiffers: { never: "'HostDiffers'" },
    StreamEnded: { never: "'StreamEnded'" },
    BodyNotAllowed: { never: "'BodyNotAllowed'", in: "judgeStream" },
    VersionNotSupported: {
      "is 13": { drop: "$versions[0] === '13'", in: "judgeVersion" },
      "once": { drop: "$versions.length === 1", in: "judgeVersion" }
    },
    HostNotAllowed: { replace: "breach('HostNotAllowed', `host ${$verdict.host}`)", by: "undefined" },
    OriginNotAllowed: {
      replace: "breach('OriginNotAllowed', `origin ${$verdict.origin}, host ${$verdict.host}`)",
      by: "undefined"
    },
    SubprotocolsMalformed: { never: "'SubprotocolsMalformed'" },
    SubprotocolRepeated: { never: "'SubprotocolRepeated'", in: "judgeSubprotocols" },
    TargetInvalid: { never: "'TargetInvalid'", in: "ServerConnect.judge" },
    ExtensionsMalformed: { never: "'ExtensionsMalformed'", in: "ServerConnect.judge" }
  }),
  ...of<ClientConnect.RuleName>("ClientConnect.rules", (rule) => [client, `rules of an answer ${rule}: `], {
    PseudoMalformed,
    FieldMalformed: {
      "without capitals": { drop: "$name !== $name.toLowerCase()", in: "split" },
      "a value": { replace: "!isValue($value)", by: "false" }
    },
    StatusMalformed: { never: "'StatusMalformed'" },
    SwitchedProtocols: { never: "'SwitchedProtocols'" },
    ConnectionField: { never: "'ConnectionField'", in: "verify" },
    RepeatedSubprotocol: { never: "'RepeatedSubprotocol'" },
    UnsolicitedSubprotocol: { never: "'UnsolicitedSubprotocol'" },
    SubprotocolMissing: { never: "'SubprotocolMissing'", in: "verifySubprotocol" },
    ExtensionsMalformed: { never: "'ExtensionsMalformed'", in: "verifyAgreed" },
    UnsolicitedExtension: { never: "'UnsolicitedExtension'" }
  }),
  ...of<ClientConnect.RequestRuleName>(
    "ClientConnect.requestRules",
    (rule) => [client, `rules of a request ${rule}: `],
    {
      NotEnabled: { never: "'NotEnabled'", in: "ClientConnect.request" },
      PortInvalid: { never: "'PortInvalid'" },
      HostInvalid: { never: "'HostInvalid'", in: "checkTarget" },
      PathInvalid: { never: "'PathInvalid'" },
      SubprotocolInvalid: { never: "'SubprotocolInvalid'" },
      SubprotocolRepeated: { never: "'SubprotocolRepeated'", in: "checkSubprotocols" },
      ExtensionInvalid: { never: "'ExtensionInvalid'", in: "ClientConnect.request" },
      HeaderReserved: { drop: "reserved.includes($lower)", in: "checkWishes" }
    }
  )
]
