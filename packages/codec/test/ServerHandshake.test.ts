import { describe, expect, it } from "@effect/vitest"
import * as Forwarded from "@effect-ws/codec/Forwarded"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as Origin from "@effect-ws/codec/Origin"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import * as fc from "effect/FastCheck"
import { anyText, head, octets, read, readRequest, readResponse, text, written } from "./http.js"

/** The request of RFC 6455 §1.2 without its Origin, by lines that can be replaced or left out. */
const lines: Record<string, string> = {
  request: "GET /chat HTTP/1.1",
  host: "Host: server.example.com",
  upgrade: "Upgrade: websocket",
  connection: "Connection: Upgrade",
  key: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  protocol: "Sec-WebSocket-Protocol: chat, superchat",
  version: "Sec-WebSocket-Version: 13"
}

/** With `changes` to those lines: another one, several ("A: b\r\nC: d"), or none (""); `more` comes last. */
const request = (changes: Record<string, string> = {}, ...more: ReadonlyArray<string>): string =>
  head(...Object.values({ ...lines, ...changes }).filter((line) => line !== ""), ...more)

const judge = (
  source: string,
  policy: Partial<Origin.Policy> = {}
): ServerHandshake.Offer | ServerHandshake.Rejection =>
  ServerHandshake.judge(readRequest(source), {
    ...ServerHandshake.defaultConfig,
    origin: { ...Origin.sameHost, ...policy }
  })

const offer = (source: string): ServerHandshake.Offer => {
  const judged = judge(source)
  if (judged._tag === "Rejection") throw new Error(`refused: ${judged.rule} ${judged.detail}`)
  return judged
}

interface Specimen {
  readonly status: number
  /** That the refusal must carry. */
  readonly headers?: Headers
  readonly policy?: Partial<Origin.Policy>
  /** Requests that break the rule, each with what the log is to say of it. */
  readonly requests: ReadonlyArray<readonly [request: string, detail: string]>
}

const upgrade: Headers = [["Upgrade", "websocket"], ["Sec-WebSocket-Version", "13"]]

const key = (value: string): string => request({ key: `Sec-WebSocket-Key: ${value}` })
const version = (value: string): string => request({ version: `Sec-WebSocket-Version: ${value}` })
const host = (value: string): string => request({ host: `Host: ${value}` })
const target = (value: string): string => request({ request: `GET ${value} HTTP/1.1` })
const protocol = (value: string): string => request({ protocol: `Sec-WebSocket-Protocol: ${value}` })
const extensions = (value: string): string => request({}, `Sec-WebSocket-Extensions: ${value}`)

const specimens: Record<ServerHandshake.RuleName, Specimen> = {
  MethodNotAllowed: {
    status: 405,
    headers: [["Allow", "GET"]],
    requests: ["POST", "HEAD", "get", "CONNECT", "OPTIONS"].map((method) => [
      request({ request: `${method} /chat HTTP/1.1` }),
      method
    ])
  },
  HttpVersion: {
    status: 505,
    requests: ["1.0", "0.9", "2.0", "3.1"].map((
      version
    ) => [request({ request: `GET /chat HTTP/${version}` }), version])
  },
  HostMissing: { status: 400, requests: [[request({ host: "" }), ""]] },
  HostRepeated: {
    status: 400,
    requests: [
      [request({ host: "Host: a\r\nHost: a" }), "a, a"],
      [request({}, "host: b"), "server.example.com, b"]
    ]
  },
  HostInvalid: {
    status: 400,
    requests: ["", "a b", "a, b", "a/", "user@a", "a:port", "a:65536", "::1", "[::1", "http://a", "\xe4"].map((
      value
    ) => [
      host(value),
      value
    ])
  },
  BodyNotAllowed: {
    status: 400,
    requests: [
      [request({}, "Transfer-Encoding: chunked"), "Transfer-Encoding: chunked"],
      [request({}, "transfer-encoding: identity"), "Transfer-Encoding: identity"],
      [request({}, "Transfer-Encoding: chunked", "Content-Length: 0"), "Transfer-Encoding: chunked"],
      ...["1", "10", "+0", "0x0", "-1", "0, 0", "", "1e1", "0.0"].map((length) =>
        [request({}, `Content-Length: ${length}`), `Content-Length: ${length}`] as const
      ),
      [request({}, "Content-Length: 0", "Content-Length: 7"), "Content-Length: 0, 7"]
    ]
  },
  UpgradeMissing: {
    status: 426,
    headers: upgrade,
    requests: [
      [request({ upgrade: "" }), ""],
      ...["", "h2c", "websockets", "web socket", "websocket/13", "\"websocket\"", "websocket;q=1"].map((value) =>
        [request({ upgrade: `Upgrade: ${value}` }), value] as const
      ),
      [request({ upgrade: "Upgrade: h2c\r\nUpgrade: TLS/1.0" }), "h2c, TLS/1.0"]
    ]
  },
  ConnectionMissing: {
    status: 426,
    headers: upgrade,
    requests: [
      [request({ connection: "" }), ""],
      ...["", "keep-alive", "close", "upgrades", "keep-alive Upgrade", "\"Upgrade\""].map((value) =>
        [request({ connection: `Connection: ${value}` }), value] as const
      )
    ]
  },
  VersionNotSupported: {
    status: 426,
    headers: upgrade,
    requests: [
      [request({ version: "" }), ""],
      ...["", "8", "12", "14", "013", "0xd", "13.0", "1.3e1", "+13", "13, 8", "13, 13", "13,", "1 3"].map((value) =>
        [version(value), value] as const
      ),
      [request({}, "Sec-WebSocket-Version: 13"), "13, 13"]
    ]
  },
  KeyMissing: { status: 400, requests: [[request({ key: "" }), ""]] },
  KeyRepeated: {
    status: 400,
    requests: [[
      request({}, "sec-websocket-key: AQIDBAUGBwgJCgsMDQ4PEA=="),
      "dGhlIHNhbXBsZSBub25jZQ==, AQIDBAUGBwgJCgsMDQ4PEA=="
    ]]
  },
  KeyInvalid: {
    status: 400,
    requests: [
      "",
      "dGhlIHNhbXBsZSBub25jZQ",
      "dGhlIHNhbXBsZSBub25jZQ=",
      "dGhlIHNhbXBsZSBub25jZ===",
      "dGhlIHNhbXBsZSBub25jZSE=",
      "dGhlIHNhbXBsZSBub25j",
      "dGhlIHNhbXBsZSBub25_ZQ==",
      "dGhlIHNh bXBsZSBub25jZQ==",
      "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="
    ].map((value) => [key(value), value])
  },
  OriginNotAllowed: {
    status: 403,
    policy: { origins: ["https://app.example"] },
    requests: ["http://example.com", "null", "", "https://app.example.evil.example", "http://server.example.com:8080"]
      .map(
        (origin) => [request({}, `Origin: ${origin}`), `origin ${origin}, host server.example.com`]
      )
  },
  HostNotAllowed: {
    status: 403,
    policy: { hosts: ["localhost", "127.0.0.1:8080"] },
    requests: [
      [request({}, "Origin: http://server.example.com"), "host server.example.com"],
      [host("127.0.0.1:8081"), "host 127.0.0.1:8081"],
      [host("localhost.evil.example"), "host localhost.evil.example"]
    ]
  },
  SubprotocolsMalformed: {
    status: 400,
    requests: [
      ...["", ",", "a b", "a;b", "\"a\"", "a, b c", "a/1", "\xe4"].map((value) => [protocol(value), value] as const),
      [request({}, "Sec-WebSocket-Protocol: (a)"), "chat, superchat, (a)"]
    ]
  },
  SubprotocolRepeated: {
    status: 400,
    requests: [
      [protocol("a, b, a"), "a, b, a"],
      [request({}, "Sec-WebSocket-Protocol: chat"), "chat, superchat, chat"]
    ]
  },
  TargetInvalid: {
    status: 400,
    requests: [
      "*",
      "chat",
      "?a",
      "/chat#top",
      "server.example.com:80",
      "ftp://server.example.com/",
      "http://",
      "http:///chat",
      "http://other.example/",
      "http://server.example.com:8080/",
      "http://user@server.example.com/",
      "https://server.example.com:80/",
      "http://server.example.com.evil.example/"
    ].map((value) => [target(value), value])
  },
  ExtensionsMalformed: {
    status: 400,
    requests: [
      ...["", ",", "foo;", "foo bar", "foo; a=\"b", "foo; a=\"b c\"", "foo; a=\"\"", "foo=1", "foo; =1"].map((value) =>
        [extensions(value), value] as const
      ),
      [request({}, "Sec-WebSocket-Extensions: foo", "Sec-WebSocket-Extensions: ;"), "foo, ;"]
    ]
  }
}

describe("6455 §4.2.1 rules of a request", () => {
  for (const [rule, { headers = [], policy, requests, status }] of Object.entries(specimens)) {
    it(`${rule}: ${ServerHandshake.rules[rule as ServerHandshake.RuleName].says}`, () => {
      for (const [source, detail] of requests) {
        const refusal = judge(source, policy)
        expect(refusal, source).toEqual({ _tag: "Rejection", rule, status, headers, detail })
      }
      // What is sent is a complete response that ends the connection.
      const octets = written(ServerHandshake.refuse(status, headers))
      const response = readResponse(octets)
      expect(response.status).toBe(status)
      expect(HttpHeaders.tokens(response.headers, "connection")).toContain("close")
      expect(HttpHeaders.values(response.headers, "content-length")).toEqual(["0"])
      for (const [name, value] of headers) expect(HttpHeaders.values(response.headers, name)).toEqual([value])
    })
  }

  it("are looked at in the order of the table", () => {
    // Each line mends what the rule of that name finds; before it, this rule and all that follow are broken.
    let broken: Record<string, string> = {
      request: "POST * HTTP/1.0",
      host: "",
      upgrade: "",
      connection: "",
      key: "",
      protocol: "Sec-WebSocket-Protocol: a b",
      version: "",
      more: "Content-Length: 1\r\nOrigin: null\r\nSec-WebSocket-Extensions: ;"
    }
    const mended: Record<ServerHandshake.RuleName, Record<string, string>> = {
      MethodNotAllowed: { request: "GET * HTTP/1.0" },
      HttpVersion: { request: "GET * HTTP/1.1" },
      HostMissing: { host: "Host: a\r\nHost: /" },
      HostRepeated: { host: "Host: /" },
      HostInvalid: { host: "Host: evil.example" },
      BodyNotAllowed: { more: "Origin: null\r\nSec-WebSocket-Extensions: ;" },
      UpgradeMissing: { upgrade: "Upgrade: websocket" },
      ConnectionMissing: { connection: "Connection: Upgrade" },
      VersionNotSupported: { version: "Sec-WebSocket-Version: 13" },
      KeyMissing: { key: "Sec-WebSocket-Key: a\r\nSec-WebSocket-Key: b" },
      KeyRepeated: { key: "Sec-WebSocket-Key: a" },
      KeyInvalid: { key: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" },
      HostNotAllowed: { host: "Host: localhost" },
      OriginNotAllowed: { more: "Sec-WebSocket-Extensions: ;" },
      SubprotocolsMalformed: { protocol: "Sec-WebSocket-Protocol: a, a" },
      SubprotocolRepeated: { protocol: "Sec-WebSocket-Protocol: a" },
      TargetInvalid: { request: "GET / HTTP/1.1" },
      ExtensionsMalformed: { more: "" }
    }
    for (const rule of Object.keys(ServerHandshake.rules) as Array<ServerHandshake.RuleName>) {
      expect(judge(request(broken), { hosts: ["localhost"] })).toMatchObject({ _tag: "Rejection", rule })
      broken = { ...broken, ...mended[rule] }
    }
    expect(judge(request(broken), { hosts: ["localhost"] })._tag).toBe("Offer")
  })

  it("octets that are no head are refused by the rules of HttpHead", () => {
    const answers: ReadonlyArray<readonly [string, status: number]> = [
      [`GET / HTTP/1.1\r\n${"A: b\r\n".repeat(2100)}\r\n`, 431],
      [`GET / HTTP/1.1\r\nA: ${"b".repeat(16384)}\r\n\r\n`, 431],
      [`GET /${"a".repeat(9000)} HTTP/1.1\r\n\r\n`, 414],
      ["\x16\x03\x01 a TLS client", 400],
      ["GET /\r\n", 400],
      [request().replaceAll("\r\n", "\n"), 400],
      [request({}, "X: a\r\n b"), 400],
      [request({ key: "Sec-WebSocket-Key : dGhlIHNhbXBsZSBub25jZQ==" }), 400]
    ]
    for (const [source, status] of answers) {
      const outcome = read(HttpHead.request(), [octets(source)])
      if (outcome._tag !== "Problem") return expect.fail(outcome._tag)
      const { rule } = outcome
      const detail = HttpHead.rules[rule].says
      expect(ServerHandshake.malformed(rule)).toEqual({ _tag: "Rejection", rule, status, headers: [], detail })
    }
  })
})

describe("6455 §4.2.1 what a request may be", () => {
  it("RFC 6455's own example, from a page of the same host", () => {
    const source = request({}, "Origin: http://server.example.com")
    expect(judge(source)).toEqual({
      _tag: "Offer",
      target: "/chat",
      host: "server.example.com",
      forwarded: Forwarded.untold,
      origin: "http://server.example.com",
      key: "dGhlIHNhbXBsZSBub25jZQ==",
      subprotocols: ["chat", "superchat"],
      extensions: [],
      headers: readRequest(source).headers
    })
    expect(offer(request()).origin).toBeUndefined()
    expect(judge(request({}, "Origin: http://example.com"), { origins: ["http://example.com"] })._tag).toBe("Offer")
  })

  const legal: Record<string, string> = {
    "keep-alive beside Upgrade (undici refuses it)": request({ connection: "Connection: keep-alive, Upgrade" }),
    "Connection on two lines": request({ connection: "Connection: keep-alive\r\nConnection: upgrade" }),
    "another protocol beside websocket (ws refuses it)": request({ upgrade: "Upgrade: websocket, foo" }),
    "Upgrade on two lines, with empty elements": request({ upgrade: "Upgrade: ,h2c,\r\nUPGRADE: , WebSocket" }),
    "tokens in any case": request({ upgrade: "upgrade: WEBSOCKET", connection: "CONNECTION: uPgRaDe" }),
    "a length of 0, which some clients send": request({}, "Content-Length: 0"),
    "a length of 0, twice": request({}, "Content-Length: 0", "Content-Length: 00"),
    "a later version of HTTP/1": request({ request: "GET /chat HTTP/1.2" }),
    "no space behind colons": request().replaceAll(": ", ":"),
    "headers by the names of members": request(
      {},
      "__proto__: a",
      "constructor: b",
      "toString: c",
      "hasOwnProperty: d"
    ),
    "a key that ends in A": key("AAAAAAAAAAAAAAAAAAAAAA=="),
    "a key that ends in Q": key("AAAAAAAAAAAAAAAAAAAAAQ=="),
    "a key that ends in g": key("AAAAAAAAAAAAAAAAAAAAAg=="),
    "a key that ends in w": key("AAAAAAAAAAAAAAAAAAAAAw=="),
    "the key of §4.1, whose last letter holds more than two bits": key("AQIDBAUGBwgJCgsMDQ4PEC=="),
    "an address as host": host("127.0.0.1:8080"),
    "an IPv6 address as host": host("[::1]:8080"),
    "a host with an empty port": host("a.example:"),
    "a port with zeros in front": host("a.example:00008080"),
    "a host as RFC 3986 §3.2.2 allows it": host("%2Frun%2Fa.sock!$&'()*+;="),
    "no subprotocol": request({ protocol: "" })
  }
  for (const [what, source] of Object.entries(legal)) {
    it(what, () => expect(judge(source)).toMatchObject({ _tag: "Offer", target: "/chat" }))
  }

  it("subprotocols on several lines make one list, of plain names in either case", () => {
    const source = request({
      protocol: "Sec-WebSocket-Protocol: a,, A\r\nsec-websocket-protocol: __proto__ , constructor"
    })
    expect(offer(source).subprotocols).toEqual(["a", "A", "__proto__", "constructor"])
  })

  it("extensions on several lines make one list (§9.1)", () => {
    const source = request({}, "Sec-WebSocket-Extensions: foo; a=\"1\", bar", "Sec-WebSocket-Extensions: foo")
    expect(offer(source).extensions).toEqual([
      { name: "foo", parameters: [{ name: "a", value: "1" }] },
      { name: "bar", parameters: [] },
      { name: "foo", parameters: [] }
    ])
  })

  it("a target of either form is a path and query", () => {
    const targets: ReadonlyArray<readonly [string, string]> = [
      ["/", "/"],
      ["//a?b=http://c", "//a?b=http://c"],
      ["http://server.example.com/chat?a", "/chat?a"],
      ["ws://Server.Example.com:80/chat", "/chat"],
      ["WSS://server.example.com:443", "/"],
      ["https://server.example.com?a/b", "/?a/b"]
    ]
    for (const [form, path] of targets) expect(offer(target(form)).target).toBe(path)
    const source = request({ request: "GET https://a:8443/b HTTP/1.1", host: "Host: a:8443" })
    expect(offer(source).target).toBe("/b")
  })

  it("other upgrades, and none, belong to the user's routes", () => {
    const asks = (...headers: ReadonlyArray<string>) =>
      ServerHandshake.asksForWebSocket(readRequest(head("GET / HTTP/1.1", ...headers)).headers)
    expect(asks()).toBe(false)
    expect(asks("Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings")).toBe(false)
    expect(asks("Upgrade: websockets")).toBe(false)
    expect(asks("Connection: websocket")).toBe(false)
    expect(asks("Upgrade: h2c, WebSocket")).toBe(true)
  })
})

describe("6455 §4.2.2 the 101", () => {
  it("is RFC 6455's own, to the octet", () => {
    const answer = ServerHandshake.accept(offer(request()), { subprotocol: "chat" })
    expect(text(written(answer))).toBe(head(
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
      "Sec-WebSocket-Protocol: chat"
    ))
  })

  it("has no header for what was not chosen, and the user's headers last", () => {
    const offered = offer(extensions("foo; a, bar"))
    const headersOf = (choice?: ServerHandshake.Choice) =>
      readResponse(written(ServerHandshake.accept(offered, choice))).headers.slice(3)
    expect(headersOf()).toEqual([])
    expect(headersOf({ extensions: [], subprotocol: undefined, headers: [] })).toEqual([])
    expect(headersOf({
      extensions: [{ name: "bar", parameters: [{ name: "b", value: "2" }] }, { name: "foo", parameters: [] }],
      subprotocol: "superchat",
      headers: [["Set-Cookie", "a=b"], ["Set-Cookie", "c=d"]]
    })).toEqual([
      ["Sec-WebSocket-Protocol", "superchat"],
      ["Sec-WebSocket-Extensions", "bar; b=2, foo"],
      ["Set-Cookie", "a=b"],
      ["Set-Cookie", "c=d"]
    ])
  })

  it("speaks the first of the server's subprotocols that was offered", () => {
    const offered = offer(request())
    expect(ServerHandshake.chooseSubprotocol(offered, ["x", "superchat", "chat"])).toBe("superchat")
    expect(ServerHandshake.chooseSubprotocol(offered, ["x", "Chat"])).toBeUndefined()
    expect(ServerHandshake.chooseSubprotocol(offered, [])).toBeUndefined()
    expect(ServerHandshake.chooseSubprotocol(offer(request({ protocol: "" })), ["chat"])).toBeUndefined()
  })
})

describe("headers of an answer", () => {
  it("may be an object; what is undefined is left out, and what is no header refused", () => {
    const headers = { "Set-Cookie": "a=b", "X": undefined }
    for (
      const answer of [ServerHandshake.accept(offer(request()), { headers }), ServerHandshake.refuse(401, headers)]
    ) {
      expect(readResponse(written(answer)).headers.at(-1)).toEqual(["Set-Cookie", "a=b"])
    }
    for (
      const given of [{ X: null }, { X: 5 }, { X: ["a"] }, null, "X: a", [null]] as unknown as ReadonlyArray<never>
    ) {
      expect(ServerHandshake.accept(offer(request()), { headers: given })._tag).toBe("Problem")
      expect(ServerHandshake.refuse(401, given)._tag).toBe("Problem")
    }
  })
})

describe("a refusal", () => {
  it("is a complete response that ends the connection", () => {
    const refused = written(ServerHandshake.refuse(401, [["WWW-Authenticate", "Basic realm=\"chat\""]], octets("who?")))
    expect(text(refused)).toBe(
      head(
        "HTTP/1.1 401 Unauthorized",
        "Connection: close",
        "Content-Length: 4",
        "WWW-Authenticate: Basic realm=\"chat\""
      ) + "who?"
    )
    expect(text(written(ServerHandshake.refuse(426, upgrade)))).toBe(head(
      "HTTP/1.1 426 Upgrade Required",
      "Connection: close, Upgrade",
      "Content-Length: 0",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13"
    ))
  })

  it("may have any final status", () => {
    for (let status = 200; status < 600; status++) {
      expect(readResponse(written(ServerHandshake.refuse(status))).status).toBe(status)
    }
    for (const status of [204, 304]) {
      expect(HttpHeaders.count(readResponse(written(ServerHandshake.refuse(status))).headers, "content-length")).toBe(0)
    }
  })
})

const offered = offer(extensions("foo"))
const reservedInRefusal = ["Connection", "content-length", "Transfer-Encoding", "Sec-WebSocket-Accept"]
const reservedInAccept = [
  ...reservedInRefusal,
  "UPGRADE",
  "Sec-WebSocket-Extensions",
  "Sec-WebSocket-Key",
  "Sec-WebSocket-Protocol",
  "Sec-WebSocket-Version"
]

const answerSpecimens: Record<
  ServerHandshake.AnswerRuleName,
  ReadonlyArray<readonly [answer: ServerHandshake.EncodedResponse, part: string]>
> = {
  SubprotocolNotOffered: [
    ...["", "Chat", "other", "chat, superchat", "chat\r\nSet-Cookie: a=b"].map((subprotocol) =>
      [ServerHandshake.accept(offered, { subprotocol }), subprotocol] as const
    ),
    // untyped callers may give anything
    ...[[1, "1"], [Symbol("s"), "a symbol"], [null, "null"]].map(([given, shown]) =>
      [ServerHandshake.accept(offered, { subprotocol: given as string }), shown as string] as const
    )
  ],
  ExtensionNotOffered: ["bar", "FOO", "foo\r\nA: b", ""].map((name) => [
    ServerHandshake.accept(offered, { extensions: [{ name: "foo", parameters: [] }, { name, parameters: [] }] }),
    name
  ]),
  ExtensionInvalid: ["", "a b", "a\r\nSet-Cookie: b=c", "\0"].flatMap((part) => [
    [
      ServerHandshake.accept(offered, {
        extensions: [{ name: "foo", parameters: [{ name: part, value: undefined }] }]
      }),
      part
    ],
    [ServerHandshake.accept(offered, { extensions: [{ name: "foo", parameters: [{ name: "a", value: part }] }] }), part]
  ]),
  HeaderReserved: [
    ...reservedInAccept.map((name) =>
      [ServerHandshake.accept(offered, { headers: [["A", "b"], [name, "c"]] }), name] as const
    ),
    ...reservedInRefusal.map((name) => [ServerHandshake.refuse(400, [["A", "b"], [name, "c"]]), name] as const)
  ],
  StatusNotFinal: [0, 100, 101, 199, 600, 200.5, NaN, Infinity, -400].map((status) => [
    ServerHandshake.refuse(status),
    String(status)
  ]),
  BodyNotAllowed: [204, 304].map((status) => [ServerHandshake.refuse(status, [], octets("a")), String(status)])
}

describe("rules of an answer", () => {
  for (const [rule, specimens] of Object.entries(answerSpecimens)) {
    it(`${rule}: ${ServerHandshake.answerRules[rule as ServerHandshake.AnswerRuleName].says}`, () => {
      for (const [answer, part] of specimens) expect(answer).toEqual({ _tag: "Problem", rule, part })
    })
  }

  it("nothing that could break out of its line is written (undici CVE-2026-1527)", () => {
    for (const value of ["a\r\nSet-Cookie: b", "a\n", "\r", "\0", "\u010d\u010a"]) {
      const problem = { _tag: "Problem", rule: "HeaderValueInvalid", part: "A" }
      expect(ServerHandshake.accept(offered, { headers: [["A", value]] })).toEqual(problem)
      expect(ServerHandshake.refuse(400, [["A", value]])).toEqual(problem)
      expect(ServerHandshake.refuse(400, [[value, "a"]])).toEqual({
        _tag: "Problem",
        rule: "HeaderNameInvalid",
        part: value
      })
    }
  })
})

/** Requests near the border: every line right, wrong, doubled or missing. */
const names = ["Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol"]
const nearHeader = fc.tuple(
  fc.constantFrom(...names, "Origin", "Content-Length", "Transfer-Encoding", "Sec-WebSocket-Extensions", "__proto__"),
  fc.oneof(
    fc.constantFrom("a", "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", "http://a", "0", "", "foo; a=\"b\""),
    fc.string({ maxLength: 8 })
  )
)
const right = readRequest(request()).headers
const heads: fc.Arbitrary<HttpHead.RequestHead> = fc.record({
  method: fc.constantFrom("GET", "GET", "GET", "POST"),
  target: fc.constantFrom("/", "/chat", "*", "http://a/", "//"),
  version: fc.constantFrom("1.1", "1.1", "1.1", "1.0"),
  headers: fc.tuple(fc.subarray([...right]), fc.array(nearHeader, { maxLength: 3 })).map((
    [some, more]
  ) => [...some, ...more])
})

describe("properties", () => {
  it("any request is judged; an offer can be accepted, a refusal written and logged", () => {
    let offers = 0
    const lastly = (head: HttpHead.RequestHead) => {
      const judged = ServerHandshake.judge(head, ServerHandshake.defaultConfig)
      if (judged._tag === "Offer") {
        offers++
        const { extensions, subprotocols: [subprotocol] } = judged
        expect(readResponse(written(ServerHandshake.accept(judged, { subprotocol, extensions }))).status).toBe(101)
      } else {
        expect(readResponse(written(ServerHandshake.refuse(judged.status, judged.headers))).status).toBe(judged.status)
        // eslint-disable-next-line no-control-regex
        expect(judged.detail).not.toMatch(/[\0-\x08\x0a-\x1f\x7f]/)
      }
    }
    fc.assert(fc.property(heads, lastly), { numRuns: 500 })
    fc.assert(
      fc.property(
        heads.map((head) => ({ ...head, method: "GET", target: "/", version: "1.1", headers: right })),
        lastly
      )
    )
    expect(offers).toBeGreaterThan(0)
  })

  it("no choice at all puts a line into the answer that was not asked for", () => {
    const words = fc.oneof(anyText, fc.constantFrom("foo", "chat", "a\r\nb: c", "X-A"))
    fc.assert(fc.property(words, words, words, words, (subprotocol, name, header, value) => {
      const answers = [
        ServerHandshake.accept(offered, { subprotocol }),
        ServerHandshake.accept(offered, { extensions: [{ name, parameters: [{ name: header, value }] }] }),
        ServerHandshake.accept(offered, { extensions: [{ name: "foo", parameters: [{ name: header, value }] }] }),
        ServerHandshake.accept(offered, { headers: [[header, value]] }),
        ServerHandshake.refuse(400, [[header, value]])
      ]
      for (const answer of answers) {
        if (answer._tag === "Encoded") expect(text(answer.octets).split(/\r|\n/).length).toBeLessThanOrEqual(13)
      }
    }))
  })
})
