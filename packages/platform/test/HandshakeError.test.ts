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
} from "@effect-ws/platform/HandshakeError"
import * as Duration from "effect/Duration"

const messageOf = (reason: HandshakeReason): string => new HandshakeError({ url: "ws://a.example/", reason }).message

const refusedWith = (type: string, body: string, encoding: BufferEncoding = "utf8"): HandshakeReason =>
  HandshakeReason.Refused({
    status: 400,
    headers: [["Content-Type", type]],
    body: new Uint8Array(Buffer.from(body, encoding))
  })

/** What each reason says. A reason without a specimen does not compile. */
const specimens: Record<HandshakeReason["_tag"], ReadonlyArray<readonly [HandshakeReason, string]>> = {
  InvalidRequest: [
    [
      invalidRequest("HeaderReserved", "Host"),
      "nothing was sent: the handshake writes this header itself: leave it out; at fault: \"Host\" " +
      "(HeaderReserved, RFC 6455 §4.1)"
    ],
    [
      invalidRequest("SubprotocolInvalid", "a\r\nb\u009b\u202e"),
      "nothing was sent: a subprotocol must be a token; at fault: \"a\\r\\nb\\u009b\\u202e\" " +
      "(SubprotocolInvalid, RFC 6455 §4.1)"
    ],
    [
      invalidRequest("FragmentPresent", ""),
      "nothing was sent: a URL must not have a fragment (FragmentPresent, RFC 6455 §3)"
    ]
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
  TlsFailed: [
    [HandshakeReason.TlsFailed({ cause: "expired" }), "TLS failed: expired"],
    // The names of a certificate are the peer's to choose.
    [
      HandshakeReason.TlsFailed({ cause: new Error(`DNS:a\n\u001b[2J${"b".repeat(10_000)}`) }),
      `TLS failed: DNS:a\\n\\u001b[2J${"b".repeat(490)}… (10010 characters)`
    ],
    [HandshakeReason.TlsFailed({ cause: Object.create(null) }), "TLS failed: a value that cannot be shown"]
  ],
  ProxyFailed: [
    [
      HandshakeReason.ProxyFailed({ status: 407, headers: [] }),
      "the proxy refused to connect, with status 407: it wants other credentials"
    ],
    [HandshakeReason.ProxyFailed({ status: 502, headers: [] }), "the proxy refused to connect, with status 502"]
  ],
  Timeout: [
    [
      HandshakeReason.Timeout({ after: Duration.seconds(10), during: "answer" }),
      "timed out after 10s (openTimeout) waiting for the answer"
    ]
  ],
  Dropped: [
    [HandshakeReason.Dropped({ cause: DropCause.Eof() }), "the stream ended before there was an answer"],
    [
      HandshakeReason.Dropped({ cause: DropCause.Reset({ error: new Error("reset") }) }),
      "the connection broke before there was an answer: reset"
    ]
  ],
  Refused: [
    [HandshakeReason.Refused({ status: 403, headers: [], body: new Uint8Array(0) }), "refused with status 403"],
    [
      HandshakeReason.Refused({ status: 302, headers: [["location", "/b"]], body: new Uint8Array(0) }),
      "refused with status 302, a redirect that was not followed"
    ],
    [refusedWith("text/plain; charset=utf-8", "no key\u001b\n"), "refused with status 400: \"no key\\u001b\""],
    [refusedWith("text/plain", "x".repeat(1000)), `refused with status 400: "${"x".repeat(200)}"… (1000 characters)`],
    [refusedWith("text/html", "<p>no</p>"), "refused with status 400"],
    [refusedWith("text/plain", "\xff", "latin1"), "refused with status 400"]
  ],
  NoHttp2: [
    [
      HandshakeReason.NoHttp2({ why: "NotNegotiated" }),
      "the server does not speak HTTP/2, and the client's http2 is \"require\": \"prefer\" would take HTTP/1.1"
    ],
    [
      HandshakeReason.NoHttp2({ why: "NotEnabled" }),
      "the server takes no WebSockets over HTTP/2 (RFC 8441 §3), and the client's http2 is \"require\": \"prefer\" would take HTTP/1.1"
    ]
  ],
  Undisclosed: [
    [
      HandshakeReason.Undisclosed({ cause: undefined }),
      "the host did not open it, and does not say why: unreachable, TLS, refused, or not allowed to this page"
    ],
    [
      HandshakeReason.Undisclosed({ cause: new Error("mixed content\n") }),
      "the host did not open it, and does not say why: unreachable, TLS, refused, or not allowed to this page " +
      "(mixed content\\n)"
    ]
  ],
  Violation: [
    [
      violation({ _tag: "Violated", rule: "UnsolicitedExtension", detail: "x-a\u009b" }),
      "the answer breaks a rule: an extension must be one that the client offered; it sent \"x-a\\u009b\" " +
      "(UnsolicitedExtension, RFC 6455 §4.1)"
    ],
    [
      violation({ _tag: "Violated", rule: "WrongAccept", detail: "" }),
      "the answer breaks a rule: Sec-WebSocket-Accept must occur once and match the key; it sent none " +
      "(WrongAccept, RFC 6455 §4.1)"
    ],
    [
      violation({ _tag: "Violated", rule: "SubprotocolMissing", detail: "chat" }),
      "the answer breaks a rule: the server must choose one of the subprotocols offered; it chose none of " +
      "\"chat\". Have it choose, or connect with withoutSubprotocol: \"accept\" (SubprotocolMissing, WHATWG WebSockets §2)"
    ],
    [
      violation({ _tag: "Violated", rule: "ServerTakeoverUnconfirmed", detail: "server_no_context_takeover" }),
      "the answer breaks a rule: a server must confirm that it gives up its context when asked to; " +
      "it answered without server_no_context_takeover (ServerTakeoverUnconfirmed, RFC 7692 §7.1.1.1)"
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
      expect(messageOf(reason)).toContain(`: ${answerRules[rule].says}; `)
      expect(messageOf(reason)).toMatch(new RegExp(`\\(${rule}, (RFC [0-9]|WHATWG)`))
    }
    for (const rule of Object.keys(requestRules) as ReadonlyArray<RequestRuleName>) {
      expect(messageOf(invalidRequest(rule, ""))).toContain(`(${rule}, RFC ${requestRules[rule].rfc})`)
    }
  })
})
