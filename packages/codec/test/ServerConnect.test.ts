import { describe, expect, it } from "@effect/vitest"
import * as Forwarded from "@effect-ws/codec/Forwarded"
import type { Header, Headers } from "@effect-ws/codec/HttpHeaders"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as Origin from "@effect-ws/codec/Origin"
import * as ServerConnect from "@effect-ws/codec/ServerConnect"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import * as fc from "effect/FastCheck"
import { anyText } from "./http.js"

/** The request of RFC 8441 §5.1, by fields that can be replaced or left out. */
const usual = {
  method: [":method", "CONNECT"],
  protocol: [":protocol", "websocket"],
  scheme: [":scheme", "https"],
  path: [":path", "/chat"],
  authority: [":authority", "server.example.com"],
  subprotocols: ["sec-websocket-protocol", "chat, superchat"],
  extensions: ["sec-websocket-extensions", "permessage-deflate"],
  version: ["sec-websocket-version", "13"],
  origin: ["origin", "https://server.example.com"]
} as const satisfies Record<string, Header>

/** With `changes` to those fields: another value, or none; `more` comes last. */
const request = (
  changes: Partial<Record<keyof typeof usual, string | undefined>> = {},
  ...more: Headers
): ServerConnect.RequestHead => ({
  fields: [
    ...Object.entries(usual).flatMap(([key, [name, value]]): Headers => {
      const changed = key in changes ? changes[key as keyof typeof usual] : value
      return changed === undefined ? [] : [[name, changed]]
    }),
    ...more
  ],
  ended: false
})

const judge = (head: ServerConnect.RequestHead, policy: Partial<Origin.Policy> = {}) =>
  ServerConnect.judge(head, { ...ServerHandshake.defaultConfig, origin: { ...Origin.sameHost, ...policy } })

const offer = (head: ServerConnect.RequestHead): ServerConnect.Offer => {
  const judged = judge(head)
  if (judged._tag === "Rejection") throw new Error(`refused: ${judged.rule} ${judged.detail}`)
  return judged
}

interface Specimen {
  readonly status: number
  readonly headers?: Headers
  readonly policy?: Partial<Origin.Policy>
  /** Requests that break the rule, each with what the log is to say of it. */
  readonly requests: ReadonlyArray<readonly [request: ServerConnect.RequestHead, detail: string]>
}

const first = (...fields: Headers): ServerConnect.RequestHead => ({
  ...request(),
  fields: [...fields, ...request().fields]
})

const specimens: Record<ServerConnect.RuleName, Specimen> = {
  PseudoMalformed: {
    status: 400,
    requests: [
      [first(["a", "b"]), ":method"],
      [first([":path", "/other"]), ":path"],
      [first([":status", "200"]), ":status"],
      [first([":__proto__", "a"]), ":__proto__"],
      [request({}, [":scheme", "https"]), ":scheme"]
    ]
  },
  FieldMalformed: {
    status: 400,
    requests: [
      ...["Origin", "a b", "", "a:", "\xe4"].map((name) => [request({}, [name, "a"]), name] as const),
      ...["a\r\nb: c", "a\nb", "a\0b", " a", "a ", "\ta"].map((value) => [request({}, ["x", value]), "x"] as const),
      [request({ path: "/a\r\n" }), ":path"]
    ]
  },
  MethodNotConnect: {
    status: 405,
    headers: [["allow", "CONNECT"]],
    requests: [
      [request({ method: "GET" }), "GET"],
      [request({ method: "connect" }), "connect"],
      [request({ method: undefined }), ""]
    ]
  },
  ProtocolMissing: { status: 400, requests: [[request({ protocol: undefined }), ""]] },
  ProtocolUnknown: {
    status: 501,
    requests: ["connect-udp", "websockets", ""].map((protocol) => [request({ protocol }), protocol])
  },
  SchemeInvalid: {
    status: 400,
    requests: [...["wss", "ftp", ""].map((scheme) => [request({ scheme }), scheme] as const), [
      request({ scheme: undefined }),
      ""
    ]]
  },
  AuthorityMissing: { status: 400, requests: [[request({ authority: undefined }), ""]] },
  AuthorityInvalid: {
    status: 400,
    requests: ["", "a b", "a, b", "user@a", "a:65536", "::1"].map((authority) => [request({ authority }), authority])
  },
  ConnectionField: {
    status: 400,
    requests: [
      [request({}, ["connection", "upgrade"]), "connection"],
      [request({}, ["upgrade", "websocket"]), "upgrade"],
      [request({}, ["keep-alive", "timeout=5"]), "keep-alive"],
      [request({}, ["proxy-connection", "keep-alive"]), "proxy-connection"],
      [request({}, ["transfer-encoding", "chunked"]), "transfer-encoding"],
      [request({}, ["te", "gzip"]), "te"]
    ]
  },
  HostDiffers: {
    status: 400,
    requests: [[request({}, ["host", "evil.example"]), "host evil.example, :authority server.example.com"]]
  },
  StreamEnded: { status: 400, requests: [[{ ...request(), ended: true }, ""]] },
  BodyNotAllowed: {
    status: 400,
    requests: ["1", "+0", "-1", ""].map((
      length
    ) => [request({}, ["content-length", length]), `content-length: ${length}`])
  },
  VersionNotSupported: {
    status: 400,
    headers: [["sec-websocket-version", "13"]],
    requests: [
      [request({ version: undefined }), ""],
      ...["12", "013", "13, 13", "0xd"].map((version) => [request({ version }), version] as const),
      [request({}, ["sec-websocket-version", "13"]), "13, 13"]
    ]
  },
  HostNotAllowed: {
    status: 403,
    policy: { hosts: ["localhost"] },
    requests: [[request(), "host server.example.com"]]
  },
  OriginNotAllowed: {
    status: 403,
    requests: ["null", "https://evil.example", "https://server.example.com.evil.example"].map((origin) => [
      request({ origin }),
      `origin ${origin}, host server.example.com`
    ])
  },
  SubprotocolsMalformed: {
    status: 400,
    requests: ["", ",", "a b", "chat, \"a\""].map((subprotocols) => [request({ subprotocols }), subprotocols])
  },
  SubprotocolRepeated: { status: 400, requests: [[request({ subprotocols: "a, b, a" }), "a, b, a"]] },
  TargetInvalid: {
    status: 400,
    requests: [
      [request({ path: undefined }), ""],
      ...["", "*", "chat", "/a#b", "https://server.example.com/"].map((path) => [request({ path }), path] as const)
    ]
  },
  ExtensionsMalformed: { status: 400, requests: [[request({ extensions: "a; b=" }), "a; b="]] }
}

describe("8441 §4, §5 rules of a request", () => {
  for (const [rule, { headers = [], policy, requests, status }] of Object.entries(specimens)) {
    it(`${rule}: ${ServerConnect.rules[rule as ServerConnect.RuleName].says}`, () => {
      for (const [source, detail] of requests) {
        expect(judge(source, policy)).toEqual({ _tag: "Rejection", rule, status, headers, detail })
      }
      expect(ServerConnect.refuse(status, headers)).toMatchObject({
        fields: [[":status", `${status}`], [
          "content-length",
          "0"
        ], ...headers]
      })
    })
  }
})

describe("8441 §5 what a request may be", () => {
  it("RFC 8441's own example", () => {
    expect(offer(request())).toEqual({
      _tag: "Offer",
      target: "/chat",
      host: "server.example.com",
      forwarded: Forwarded.untold,
      origin: "https://server.example.com",
      subprotocols: ["chat", "superchat"],
      extensions: [{ name: "permessage-deflate", parameters: [] }],
      headers: request().fields.slice(5)
    })
  })

  const legal: Record<string, ServerConnect.RequestHead> = {
    "h2c, behind a proxy": request({ scheme: "http", origin: "http://server.example.com" }),
    "a port": request({ authority: "server.example.com:8443", origin: "https://server.example.com:8443" }),
    "the protocol in any case (9110 §7.8)": request({ protocol: "WebSocket" }),
    "a Host that is the authority": request({}, ["host", "SERVER.example.com"]),
    "te: trailers": request({}, ["te", "trailers"]),
    "a length of 0": request({}, ["content-length", "0"]),
    "a key, which means nothing here": request({}, ["sec-websocket-key", "x"], ["sec-websocket-accept", "y"]),
    "fields by the names of members": request({}, ["__proto__", "a"], ["constructor", "b"]),
    "no origin, no subprotocols, no extensions": request({
      origin: undefined,
      subprotocols: undefined,
      extensions: undefined
    })
  }
  for (const [what, source] of Object.entries(legal)) {
    it(what, () => expect(judge(source)).toMatchObject({ _tag: "Offer", target: "/chat" }))
  }

  it("other protocols, and ordinary requests, belong to the user's routes", () => {
    expect(ServerConnect.asksForWebSocket(request().fields)).toBe(true)
    expect(ServerConnect.asksForWebSocket(request({ path: undefined, version: "8" }).fields)).toBe(true)
    expect(ServerConnect.asksForWebSocket(request({ protocol: "connect-udp" }).fields)).toBe(false)
    expect(ServerConnect.asksForWebSocket(request({ protocol: undefined }).fields)).toBe(false)
  })

  it("a proxy that is believed names the host", () => {
    const config = { ...ServerHandshake.defaultConfig, forwarded: { headers: ["x-forwarded-host"] as const, hops: 1 } }
    const head = request({ authority: "10.0.0.1:9000" }, ["x-forwarded-host", "server.example.com"])
    expect(ServerConnect.judge(head, config)).toMatchObject({ _tag: "Offer", host: "server.example.com" })
  })
})

describe("8441 §5 the answer", () => {
  it("is RFC 8441's own, with the user's headers last, in lower case", () => {
    const extensions = [{ name: "permessage-deflate", parameters: [] }]
    expect(
      ServerConnect.accept(offer(request()), { subprotocol: "chat", extensions, headers: { "Set-Cookie": "a=b" } })
    )
      .toMatchObject({
        fields: [
          [":status", "200"],
          ["sec-websocket-protocol", "chat"],
          ["sec-websocket-extensions", "permessage-deflate"],
          ["set-cookie", "a=b"]
        ]
      })
    expect(ServerConnect.accept(offer(request()))).toMatchObject({ fields: [[":status", "200"]] })
  })

  it("has a body only if it refuses", () => {
    const body = new TextEncoder().encode("no")
    expect(ServerConnect.refuse(403, { "Content-Type": "text/plain" }, body)).toEqual({
      _tag: "Answer",
      fields: [[":status", "403"], ["content-length", "2"], ["content-type", "text/plain"]],
      body
    })
    expect(ServerConnect.refuse(304)).toMatchObject({ fields: [[":status", "304"]] })
    // it would open the stream (9110 §9.3.6)
    expect(ServerConnect.refuse(200, [], body)).toMatchObject({ fields: [[":status", "404"], ["content-length", "2"]] })
  })

  it("leaves out what speaks of an HTTP/1.1 connection (9113 §8.2.2)", () => {
    expect(ServerConnect.refuse(426, { Upgrade: "websocket", "Keep-Alive": "timeout=5", "X-A": "b" }))
      .toMatchObject({ fields: [[":status", "426"], ["content-length", "0"], ["x-a", "b"]] })
  })

  it("is not sent if it breaks a rule of an answer", () => {
    const asked = offer(request())
    const problems: ReadonlyArray<readonly [ReturnType<typeof ServerConnect.accept>, string, string]> = [
      [ServerConnect.accept(asked, { subprotocol: "other" }), "SubprotocolNotOffered", "other"],
      [ServerConnect.accept(asked, { extensions: [{ name: "x", parameters: [] }] }), "ExtensionNotOffered", "x"],
      [
        ServerConnect.accept(asked, { headers: { "Sec-WebSocket-Accept": "a" } }),
        "HeaderReserved",
        "Sec-WebSocket-Accept"
      ],
      [ServerConnect.accept(asked, { headers: { a: "b\r\nc: d" } }), "HeaderValueInvalid", "a"],
      [ServerConnect.accept(asked, { headers: [[":status", "404"]] }), "HeaderNameInvalid", ":status"],
      [ServerConnect.refuse(101), "StatusNotFinal", "101"],
      [ServerConnect.refuse(304, [], new Uint8Array(1)), "BodyNotAllowed", "304"],
      [ServerConnect.refuse(400, { "content-length": "9" }), "HeaderReserved", "content-length"]
    ]
    for (const [answer, rule, part] of problems) expect(answer).toEqual({ _tag: "Problem", rule, part })
  })
})

describe("properties", () => {
  const anyFields = fc.array(
    fc.tuple(fc.oneof(anyText, fc.constantFrom(...Object.values(usual).map(([name]) => name))), anyText)
  )

  it("any fields are judged; an offer can be accepted, a refusal sent and logged", () => {
    fc.assert(fc.property(anyFields, fc.boolean(), fc.boolean(), (fields, mixed, ended) => {
      const judged = judge({ fields: mixed ? [...request().fields, ...fields] : fields, ended })
      if (judged._tag === "Offer") return ServerConnect.accept(judged)._tag === "Answer"
      const refusal = ServerConnect.refuse(judged.status, judged.headers)
      return refusal._tag === "Answer" && HttpHeaders.count(refusal.fields, ":status") === 1 &&
        judged.detail.length <= 210
    }))
  })
})
