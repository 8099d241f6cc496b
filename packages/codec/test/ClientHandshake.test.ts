import { describe, expect, it } from "@effect/vitest"
import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import type { Extension } from "@effect-ws/codec/ExtensionHeader"
import * as FinalResponse from "@effect-ws/codec/FinalResponse"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import type { Header, Headers } from "@effect-ws/codec/HttpHeaders"
import * as fc from "effect/FastCheck"
import { anyText, head, octets, readRequest, readResponse, text, written } from "./http.js"

const key = "dGhlIHNhbXBsZSBub25jZQ=="

const plain: ClientHandshake.UrlParts = {
  secure: false,
  host: "server.example.com",
  port: 80,
  path: "/chat",
  authorization: undefined
}

const foo: Extension = { name: "foo", parameters: [] }

const request = (
  target: Partial<ClientHandshake.UrlParts>,
  wishes: Partial<ClientHandshake.Wishes> = {}
): ClientHandshake.EncodedRequest =>
  ClientHandshake.request({ ...plain, ...target }, { ...ClientHandshake.wishes(key), ...wishes })

const headersOf = (target: Partial<ClientHandshake.UrlParts>, wishes?: Partial<ClientHandshake.Wishes>): Headers =>
  readRequest(written(request(target, wishes))).headers

describe("6455 §4.1 the request", () => {
  it("is RFC 6455's own, to the octet", () => {
    const wishes = ClientHandshake.wishes(key, { origin: "http://example.com", subprotocols: ["chat", "superchat"] })
    expect(text(written(ClientHandshake.request(plain, wishes)))).toBe(head(
      "GET /chat HTTP/1.1",
      "Host: server.example.com",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Key: ${key}`,
      "Sec-WebSocket-Version: 13",
      "Origin: http://example.com",
      "Sec-WebSocket-Protocol: chat, superchat"
    ))
  })

  it("has no header for what is not wished, and the user's headers last", () => {
    expect(headersOf({}).slice(5)).toEqual([])
    const added: Headers = [["Cookie", "a=b"], ["Cookie", "c=d"], ["__proto__", "e"]]
    expect(headersOf({ authorization: "Basic YTpi" }, { extensions: [foo, foo], headers: added }).slice(5)).toEqual([
      ["Authorization", "Basic YTpi"],
      ["Sec-WebSocket-Extensions", "foo, foo"],
      ...added
    ])
  })

  it("names the host without the scheme's port, and an IPv6 address in brackets", () => {
    const hosts: ReadonlyArray<readonly [secure: boolean, host: string, port: number, header: string]> = [
      [false, "a.example", 80, "a.example"],
      [true, "a.example", 443, "a.example"],
      [false, "a.example", 443, "a.example:443"],
      [true, "a.example", 80, "a.example:80"],
      [false, "a.example", 8080, "a.example:8080"],
      [false, "a.example", 0, "a.example:0"],
      [false, "127.0.0.1", 65535, "127.0.0.1:65535"],
      [false, "::1", 80, "[::1]"],
      [true, "::1", 8443, "[::1]:8443"],
      [true, "[2001:db8::1]", 443, "[2001:db8::1]"],
      [false, "xn--bcher-kva.example", 80, "xn--bcher-kva.example"]
    ]
    for (const [secure, host, port, header] of hosts) {
      expect(headersOf({ secure, host, port })[0]).toEqual(["Host", header])
    }
  })

  it("carries a URL's userinfo as Basic credentials, unless the user has others", () => {
    // RFC 7617 §2 and §2.1
    expect(ClientHandshake.basicAuthorization("Aladdin", "open sesame")).toBe("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
    expect(ClientHandshake.basicAuthorization("test", "123\u00a3")).toBe("Basic dGVzdDoxMjPCow==")
    expect(ClientHandshake.basicAuthorization("", "")).toBe("Basic Og==")
    fc.assert(fc.property(anyText, anyText, (user, password) => {
      const expected = Buffer.from(`${user}:${password}`, "utf8").toString("base64")
      expect(ClientHandshake.basicAuthorization(user, password)).toBe(`Basic ${expected}`)
    }))
    const own: Headers = [["authorization", "Bearer c"]]
    expect(headersOf({ authorization: "Basic YTpi" }, { headers: own }).slice(5)).toEqual(own)
  })

  it("leaves Origin to the user's headers when it is not wished", () => {
    expect(headersOf({}, { headers: [["Origin", "null"]] }).slice(5)).toEqual([["Origin", "null"]])
  })
})

const requestSpecimens: Record<
  ClientHandshake.RequestRuleName,
  ReadonlyArray<readonly [request: ClientHandshake.EncodedRequest, part: string]>
> = {
  PortInvalid: [-1, 65536, 80.5, NaN, Infinity].map((port) => [request({ port }), String(port)]),
  HostInvalid: [
    "",
    "a b",
    "a/b",
    "user@a",
    "a:80",
    "a%2",
    "a%2g",
    "a\"b",
    "b\xfccher.example",
    "a\r\nX: b",
    "a\0",
    "[::1",
    "a#",
    "a?"
  ].map(
    (host) => [request({ host }), host]
  ),
  PathInvalid: ["", "chat", "?a", "http://a/", "/chat#", "/#top"].map((path) => [request({ path }), path]),
  KeyInvalid: ["", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZ===", `${key}\r\nA: b`].map((key) => [
    request({}, { key }),
    key
  ]),
  SubprotocolInvalid: [
    ...["", "a b", "a,b", "a\r\nB: c", "\xe4", "\u010d", "\0"].map((name) =>
      [request({}, { subprotocols: ["chat", name] }), name] as const
    ),
    // untyped callers may give anything
    ...[[1, "1"], [Symbol("s"), "a symbol"], [null, "null"], [{}, "an object"]].map(([given, shown]) =>
      [request({}, { subprotocols: [given as string] }), shown as string] as const
    )
  ],
  SubprotocolRepeated: [[request({}, { subprotocols: ["a", "b", "a"] }), "a"]],
  ExtensionInvalid: ["", "a b", "a\r\nB: c", "\0"].flatMap((part) => [
    [request({}, { extensions: [foo, { name: part, parameters: [] }] }), part],
    [request({}, { extensions: [{ name: "foo", parameters: [{ name: part, value: undefined }] }] }), part],
    [request({}, { extensions: [{ name: "foo", parameters: [{ name: "a", value: part }] }] }), part]
  ]),
  HeaderReserved: [
    ...[
      "Connection",
      "Content-Length",
      "host",
      "Sec-WebSocket-Accept",
      "Sec-WebSocket-Extensions",
      "Sec-WebSocket-Key",
      "Sec-WebSocket-Protocol",
      "Sec-WebSocket-Version",
      "TRANSFER-ENCODING",
      "Upgrade"
    ].map((name) => [request({}, { headers: [["A", "b"], [name, "c"]] }), name] as const),
    [request({}, { origin: "http://a", headers: [["ORIGIN", "http://b"]] }), "ORIGIN"]
  ]
}

describe("rules of a request", () => {
  for (const [rule, specimens] of Object.entries(requestSpecimens)) {
    it(`${rule}: ${ClientHandshake.requestRules[rule as ClientHandshake.RequestRuleName].says}`, () => {
      for (const [request, part] of specimens) expect(request).toEqual({ _tag: "Problem", rule, part })
    })
  }

  it("nothing that could break out of its line is written (undici CVE-2026-1527)", () => {
    const value = (part: string) => ({ _tag: "Problem", rule: "HeaderValueInvalid", part })
    for (const evil of ["/a\r\nB: c", "/\n", "/\r", "/\0", "/ a", "/\u010d\u010a", "/\xe4"]) {
      expect(request({ path: evil })).toEqual({ _tag: "Problem", rule: "TargetInvalid", part: evil })
    }
    for (const evil of ["a\r\nB: c", "\n", "\r", "\0", "\u010d\u010a"]) {
      expect(request({}, { origin: evil })).toEqual(value("Origin"))
      expect(request({ authorization: evil })).toEqual(value("Authorization"))
      expect(request({}, { headers: [["A", evil]] })).toEqual(value("A"))
      expect(request({}, { headers: [[evil, "a"]] })).toEqual({
        _tag: "Problem",
        rule: "HeaderNameInvalid",
        part: evil
      })
    }
  })
})

/** RFC 6455's own answer, by lines that can be replaced or left out. */
const lines: Record<string, string> = {
  status: "HTTP/1.1 101 Switching Protocols",
  upgrade: "Upgrade: websocket",
  connection: "Connection: Upgrade",
  accept: "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
}

/** With `changes` to those lines: another one, several ("A: b\r\nC: d"), or none (""); `more` comes last. */
const answer = (changes: Record<string, string> = {}, ...more: ReadonlyArray<string>): string =>
  head(...Object.values({ ...lines, ...changes }).filter((line) => line !== ""), ...more)

const expected: ClientHandshake.Expected = ClientHandshake.expected(
  ClientHandshake.wishes(key, {
    subprotocols: ["chat", "superchat"],
    extensions: [foo, { name: "bar", parameters: [] }]
  })
)

/** As a client does it: octets that are no head are a breach of their own. */
const verify = (source: string, changes: Partial<ClientHandshake.Expected> = {}) => {
  const outcome = FinalResponse.feed(FinalResponse.start(), octets(source))
  switch (outcome._tag) {
    case "Head":
      return ClientHandshake.verify(outcome.head, { ...expected, ...changes })
    case "Problem":
      return ClientHandshake.malformed(outcome.rule)
    case "NeedMore":
      return expect.fail("the head has no end")
  }
}

interface Specimen {
  readonly expected?: Partial<ClientHandshake.Expected>
  /** Answers that break the rule, each with what the log is to say of it. */
  readonly answers: ReadonlyArray<readonly [answer: string, detail: string]>
}

const interim = (count: number): string => head("HTTP/1.1 100 Continue").repeat(count)

const upgrade = (value: string): string => answer({ upgrade: `Upgrade: ${value}` })
const connection = (value: string): string => answer({ connection: `Connection: ${value}` })
const accept = (value: string): string => answer({ accept: `Sec-WebSocket-Accept: ${value}` })
const protocol = (value: string): string => answer({}, `Sec-WebSocket-Protocol: ${value}`)
const extensions = (value: string): string => answer({}, `Sec-WebSocket-Extensions: ${value}`)

const specimens: Record<ClientHandshake.RuleName, Specimen> = {
  MalformedHead: {
    answers: [
      ["SSH-2.0-OpenSSH_9.2\r\n", "StartLineMalformed: a head must begin with a request line or a status line"],
      [answer().replaceAll("\r\n", "\n"), "BareLineFeed: a line must end in CR LF, not in LF alone"],
      [
        answer({ status: `${lines["status"]}\r\n A: b` }),
        "FoldedHeader: a header line must not be folded or begin with a space"
      ],
      // Mint CVE-2026-58229, CVE-2026-82729: status line and headers are bounded.
      [`HTTP/1.1 101 ${"a".repeat(20000)}`, "HeadTooLarge: the head must not exceed the receiver's limit"],
      [answer({}, `A: ${"b".repeat(20000)}`), "HeadTooLarge: the head must not exceed the receiver's limit"],
      [
        `${lines["status"]}\r\n${"A: b\r\n".repeat(2100)}`,
        "TooManyHeaders: the header lines must not exceed the receiver's limit"
      ]
    ]
  },
  TooManyInterim: { answers: [[interim(17) + answer(), "more than 16"]] },
  HttpVersion: {
    answers: ["0.9", "2.0", "3.1"].map((version) => [answer({ status: `HTTP/${version} 101 Switching` }), version])
  },
  UpgradeMissing: {
    answers: [
      [answer({ upgrade: "" }), ""],
      [upgrade(""), ""],
      [upgrade("h2c"), "h2c"],
      [upgrade("websockets"), "websockets"],
      [upgrade("websocket/13"), "websocket/13"],
      [upgrade("websocket, h2c"), "websocket, h2c"],
      [answer({}, "Upgrade: websocket"), "websocket, websocket"]
    ]
  },
  ConnectionMissing: {
    answers: [
      [answer({ connection: "" }), ""],
      [connection(""), ""],
      [connection("keep-alive"), "keep-alive"],
      [connection("keep-alive Upgrade"), "keep-alive upgrade"],
      [connection("Upgrades"), "upgrades"]
    ]
  },
  WrongAccept: {
    answers: [
      [answer({ accept: "" }), ""],
      ...[
        "",
        key,
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo",
        "S3PPLMBITXAQ9KYGZZHZRBK+XOO=",
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOp=",
        "\"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\"",
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=, s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
      ].map((value) => [accept(value), value] as const),
      [
        answer({}, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=, s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
      ]
    ]
  },
  RepeatedSubprotocol: {
    answers: [
      [answer({}, "Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat"), "chat, chat"],
      [answer({}, "Sec-WebSocket-Protocol: chat", "sec-websocket-protocol: superchat"), "chat, superchat"],
      [answer({}, "Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol:"), "chat, "]
    ]
  },
  UnsolicitedSubprotocol: {
    answers: ["", "Chat", "other", "chat, superchat", "chat,", "chat superchat", "toString"].map((name) => [
      protocol(name),
      name
    ])
  },
  SubprotocolMissing: { expected: { withoutSubprotocol: "fail" }, answers: [[answer(), "chat, superchat"]] },
  ExtensionsMalformed: {
    answers: [
      ...["", ",", "foo;", "foo; a=\"", "foo bar", "foo; a=\"b c\""].map((value) =>
        [extensions(value), value] as const
      ),
      [answer({}, "Sec-WebSocket-Extensions: foo", "Sec-WebSocket-Extensions: bar;"), "foo, bar;"]
    ]
  },
  UnsolicitedExtension: {
    answers: [
      [extensions("baz"), "baz"],
      [extensions("FOO"), "FOO"],
      [extensions("foo, baz; a"), "baz"],
      [extensions("__proto__"), "__proto__"],
      [extensions("constructor"), "constructor"],
      [
        answer({}, "Sec-WebSocket-Extensions: foo", "Sec-WebSocket-Extensions: permessage-deflate"),
        "permessage-deflate"
      ]
    ]
  }
}

describe("6455 §4.1 rules of an answer", () => {
  for (const [rule, { answers, expected }] of Object.entries(specimens)) {
    it(`${rule}: ${ClientHandshake.rules[rule as ClientHandshake.RuleName].says}`, () => {
      for (const [source, detail] of answers) {
        expect(verify(source, expected), source).toEqual({ _tag: "Violated", rule, detail })
      }
    })
  }

  it("anything but a 101 is final, with its status and headers", () => {
    for (const status of [200, 204, 301, 302, 307, 400, 401, 403, 404, 407, 426, 500, 503, 599, 999]) {
      expect(verify(answer({ status: `HTTP/1.1 ${status} Because` }, "Location: /b"))).toEqual({
        _tag: "Refused",
        status,
        reason: "Because",
        headers: readResponse(answer({}, "Location: /b")).headers
      })
    }
    expect(verify(head("HTTP/1.0 200"))).toEqual({ _tag: "Refused", status: 200, reason: "", headers: [] })
  })
})

describe("6455 §4.1 what an answer may be", () => {
  const accepted = (source: string, changes?: Partial<ClientHandshake.Expected>) => {
    const verdict = verify(source, changes)
    if (verdict._tag !== "Established") throw new Error(JSON.stringify(verdict))
    return verdict
  }

  it("RFC 6455's own", () => {
    const source = protocol("chat")
    expect(verify(source)).toEqual({
      _tag: "Established",
      subprotocol: "chat",
      extensions: [],
      headers: readResponse(source).headers
    })
  })

  it("in any case, with any reason, and other tokens in Connection", () => {
    accepted(interim(16) + answer())
    accepted(upgrade("WebSocket"))
    accepted(upgrade(",websocket ,"))
    accepted(connection("upgrade"))
    accepted(connection("keep-alive, UPGRADE"))
    accepted(answer({ connection: "Connection: keep-alive\r\nconnection: Upgrade" }))
    accepted(answer({ status: "HTTP/1.1 101" }))
    accepted(answer({ status: "HTTP/1.1 101 Web Socket Protocol Handshake" }))
    accepted(answer({ status: "HTTP/1.2 101 OK" }))
    accepted(answer({ status: "HTTP/1.0 101 Switching Protocols" }))
    accepted(answer({}, "A: b\r\n c\r\n\td"))
    accepted(answer({ upgrade: "Upgrade:\r\n websocket" }))
    accepted(answer().replaceAll(": ", ":\t  "))
    accepted(answer({}, "__proto__: a", "constructor: b", "Content-Length: 0"))
  })

  it("without a subprotocol, if that is accepted or none was offered", () => {
    expect(accepted(answer()).subprotocol).toBeUndefined()
    expect(accepted(answer(), { withoutSubprotocol: "fail", subprotocols: [] }).subprotocol).toBeUndefined()
    expect(accepted(protocol("superchat"), { withoutSubprotocol: "fail" }).subprotocol).toBe("superchat")
    expect(verify(protocol("chat"), { subprotocols: [] })).toMatchObject({ rule: "UnsolicitedSubprotocol" })
  })

  it("with extensions on several lines (erratum 3433), some, all or none of those offered", () => {
    expect(accepted(answer({}, "Sec-WebSocket-Extensions: bar; a=1", "Sec-WebSocket-Extensions: foo")).extensions)
      .toEqual([
        { name: "bar", parameters: [{ name: "a", value: "1" }] },
        foo
      ])
    expect(accepted(extensions("foo; a=\"1\"")).extensions).toEqual([
      { name: "foo", parameters: [{ name: "a", value: "1" }] }
    ])
    expect(accepted(answer()).extensions).toEqual([])
  })
})

describe("properties", () => {
  const names = ["Upgrade", "Connection", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"]
  const header: fc.Arbitrary<Header> = fc.tuple(
    fc.constantFrom(...names, "__proto__"),
    fc.oneof(fc.constantFrom("websocket", "Upgrade", "foo", "chat", ""), fc.string({ maxLength: 8 }))
  )
  const right = readResponse(answer()).headers

  it("any answer is judged, and none is accepted without the accept value", () => {
    const heads = fc.record({
      version: fc.constantFrom("1.1", "1.0"),
      status: fc.constantFrom(101, 101, 101, 200),
      reason: fc.string(),
      headers: fc.tuple(fc.subarray([...right]), fc.array(header, { maxLength: 3 })).map((
        [some, more]
      ) => [...some, ...more])
    })
    fc.assert(
      fc.property(heads, (head) => {
        const verdict = ClientHandshake.verify(head, expected)
        if (verdict._tag === "Established") {
          expect(text(written(HttpHead.encodeResponse({ ...head, reason: "" })))).toContain(
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
          )
        }
        expect(verdict._tag === "Refused").toBe(head.status !== 101)
      }),
      { numRuns: 300 }
    )
  })

  it("no wish at all puts a line into the request that was not asked for", () => {
    const words = fc.oneof(anyText, fc.constantFrom("foo", "/chat", "a\r\nb: c", "X-A", "a.example"))
    fc.assert(fc.property(words, words, words, (a, b, c) => {
      const requests = [
        request({ host: a }),
        request({ path: a }),
        request({ authorization: a }),
        request({}, { subprotocols: [a, b] }),
        request({}, { origin: a }),
        request({}, { headers: [[a, b]] }),
        request({}, { extensions: [{ name: a, parameters: [{ name: b, value: c }] }] }),
        request({}, { key: a })
      ]
      for (const one of requests) {
        if (one._tag === "Encoded") expect(text(one.octets).split(/\r|\n/).length).toBeLessThanOrEqual(17)
      }
    }))
  })
})
