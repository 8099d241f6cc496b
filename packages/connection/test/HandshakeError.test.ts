import { describe, expect, it } from "@effect/vitest"
import { DropCause } from "@effect-ws/connection/CloseOutcome"
import {
  type AnswerRuleName,
  answerRules,
  HandshakeError,
  HandshakeReason,
  invalidRequest,
  type RequestRuleName,
  requestRules,
  violation
} from "@effect-ws/connection/HandshakeError"
import * as Duration from "effect/Duration"

const messageOf = (reason: HandshakeReason): string => new HandshakeError({ url: "ws://a.example/", reason }).message

/** What each reason says. A reason without a specimen does not compile. */
const specimens: Record<HandshakeReason["_tag"], ReadonlyArray<readonly [HandshakeReason, string]>> = {
  InvalidRequest: [
    [
      invalidRequest("HeaderReserved", "Host"),
      "this header is the handshake's own (HeaderReserved, RFC 6455 §4.1), not \"Host\""
    ],
    [
      invalidRequest("SubprotocolInvalid", "a\r\nb"),
      "a subprotocol is a token (SubprotocolInvalid, RFC 6455 §4.1), not \"a\\r\\nb\""
    ],
    [invalidRequest("FragmentPresent", ""), "a URL has no fragment (FragmentPresent, RFC 6455 §3)"]
  ],
  InvalidOption: [
    [
      HandshakeReason.InvalidOption({ option: "linger", value: "NaN", expected: "0 to 9", advice: "Give a number." }),
      "the option linger is NaN, but must be 0 to 9. Give a number."
    ]
  ],
  Unreachable: [
    [HandshakeReason.Unreachable({ cause: new Error("no route") }), "unreachable: no route"],
    [
      HandshakeReason.Unreachable({ cause: new AggregateError([new Error("not by 6"), new Error("not by 4")]) }),
      "unreachable: not by 6; not by 4"
    ]
  ],
  TlsFailed: [[HandshakeReason.TlsFailed({ cause: "expired" }), "TLS failed: expired"]],
  ProxyFailed: [
    [HandshakeReason.ProxyFailed({ status: 407, headers: [] }), "the proxy refused to connect, with status 407"]
  ],
  Timeout: [
    [
      HandshakeReason.Timeout({ after: Duration.seconds(10), during: "answer" }),
      "not open after 10s, while waiting for the answer"
    ]
  ],
  Dropped: [
    [HandshakeReason.Dropped({ cause: DropCause.Eof() }), "the server ended the stream before it answered"],
    [HandshakeReason.Dropped({ cause: DropCause.Reset({ error: new Error("reset") }) }), "dropped: reset"]
  ],
  Refused: [
    [HandshakeReason.Refused({ status: 403, headers: [], body: new Uint8Array(0) }), "refused with status 403"]
  ],
  Violation: [
    [
      violation({ _tag: "Violated", rule: "UnsolicitedExtension", detail: "x-a" }),
      "an extension is one that the client offered (UnsolicitedExtension, RFC 6455 §4.1), not \"x-a\""
    ]
  ]
}

describe("HandshakeError", () => {
  for (const [tag, examples] of Object.entries(specimens)) {
    it(`says what ${tag} is`, () => {
      for (const [reason, says] of examples) expect(messageOf(reason)).toBe(`ws://a.example/: ${says}`)
    })
  }

  it("has a reason for every rule that an answer or a request can break", () => {
    for (const rule of Object.keys(answerRules) as ReadonlyArray<AnswerRuleName>) {
      const reason = HandshakeReason.Violation({ rule, rfc: answerRules[rule].rfc, detail: "" })
      expect(messageOf(reason)).toContain(`${answerRules[rule].says} (${rule}, RFC ${answerRules[rule].rfc})`)
    }
    for (const rule of Object.keys(requestRules) as ReadonlyArray<RequestRuleName>) {
      expect(messageOf(invalidRequest(rule, ""))).toContain(`(${rule}, RFC ${requestRules[rule].rfc})`)
    }
  })
})
