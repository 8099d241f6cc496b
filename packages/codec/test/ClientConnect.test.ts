import { describe, expect, it } from "@effect/vitest"
import * as ClientConnect from "@effect-ws/codec/ClientConnect"
import type { Expected, UrlParts, Wishes } from "@effect-ws/codec/ClientHandshake"
import type { Extension } from "@effect-ws/codec/ExtensionHeader"
import type { Header, Headers } from "@effect-ws/codec/HttpHeaders"
import * as ServerConnect from "@effect-ws/codec/ServerConnect"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import * as fc from "effect/FastCheck"
import { anyText } from "./http.js"

const plain: UrlParts = { secure: true, host: "server.example.com", port: 443, path: "/chat", authorization: undefined }
const nothing: Omit<Wishes, "key"> = { subprotocols: [], extensions: [], origin: undefined, headers: [] }
const foo: Extension = { name: "foo", parameters: [] }
const enabled: ClientConnect.PeerSettings = { enableConnectProtocol: true }

const request = (target: Partial<UrlParts> = {}, wishes: Partial<Wishes> = {}, peer = enabled) =>
  ClientConnect.request({ ...plain, ...target }, { ...nothing, ...wishes }, peer)

const fieldsOf = (...given: Parameters<typeof request>): Headers => {
  const made = request(...given)
  if (made._tag === "Problem") throw new Error(`not sent: ${made.rule}`)
  return made.fields
}

const expected: Omit<Expected, "key"> = { subprotocols: ["chat"], extensions: [foo], withoutSubprotocol: "accept" }

describe("8441 §5 the request", () => {
  it("is RFC 8441's own, with the user's headers last, in lower case", () => {
    const wishes = {
      origin: "https://server.example.com",
      subprotocols: ["chat", "superchat"],
      extensions: [foo],
      headers: { Cookie: "a=b" }
    }
    expect(fieldsOf({}, wishes)).toEqual([
      [":method", "CONNECT"],
      [":protocol", "websocket"],
      [":scheme", "https"],
      [":authority", "server.example.com"],
      [":path", "/chat"],
      ["sec-websocket-version", "13"],
      ["origin", "https://server.example.com"],
      ["sec-websocket-protocol", "chat, superchat"],
      ["sec-websocket-extensions", "foo"],
      ["cookie", "a=b"]
    ])
  })

  it("names the scheme and the port; credentials are the user's, or the URL's", () => {
    const target = { secure: false, port: 8080, host: "::1", authorization: "Basic YTpi" }
    expect(fieldsOf(target)).toContainEqual([":scheme", "http"])
    expect(fieldsOf(target)).toContainEqual([":authority", "[::1]:8080"])
    expect(fieldsOf(target)).toContainEqual(["authorization", "Basic YTpi"])
    expect(fieldsOf(target, { headers: { Authorization: "Bearer c" } }).filter(([name]) => name === "authorization"))
      .toEqual([["authorization", "Bearer c"]])
  })

  it("has neither key nor accept, nor what speaks of an HTTP/1.1 connection", () => {
    const fields = fieldsOf({}, { headers: { "Keep-Alive": "timeout=5", "Proxy-Connection": "close" } })
    expect(fields.map(([name]) => name)).not.toContain("sec-websocket-key")
    expect(fields).toHaveLength(6)
  })
})

const asked: Record<ClientConnect.RequestRuleName, ReadonlyArray<readonly [ReturnType<typeof request>, part: string]>> =
  {
    NotEnabled: [[request({}, {}, { enableConnectProtocol: false }), ""]],
    PortInvalid: [[request({ port: 65536 }), "65536"]],
    HostInvalid: [[request({ host: "a b" }), "a b"]],
    PathInvalid: [[request({ path: "chat" }), "chat"], [request({ path: "/#a" }), "/#a"]],
    SubprotocolInvalid: [[request({}, { subprotocols: ["a b"] }), "a b"]],
    SubprotocolRepeated: [[request({}, { subprotocols: ["a", "a"] }), "a"]],
    ExtensionInvalid: [[request({}, { extensions: [{ name: "a b", parameters: [] }] }), "a b"]],
    HeaderReserved: [
      [request({}, { headers: { Host: "a" } }), "Host"],
      [request({}, { headers: { "Transfer-Encoding": "chunked" } }), "Transfer-Encoding"],
      [request({}, { origin: "https://a", headers: { origin: "https://b" } }), "origin"]
    ]
  }

describe("8441 §3 to §5 rules of a request", () => {
  for (const [rule, specimens] of Object.entries(asked)) {
    it(`${rule}: ${ClientConnect.requestRules[rule as ClientConnect.RequestRuleName].says}`, () => {
      for (const [made, part] of specimens) expect(made).toEqual({ _tag: "Problem", rule, part })
    })
  }

  it("nothing breaks out of its field", () => {
    expect(request({}, { headers: { a: "b\r\nc: d" } })).toMatchObject({ rule: "HeaderValueInvalid" })
    expect(request({}, { headers: [[":path", "/other"]] })).toMatchObject({ rule: "HeaderNameInvalid" })
  })
})

const opened = (...more: Headers): Headers => [[":status", "200"], ...more]

interface Specimen {
  readonly expected?: Partial<Expected>
  readonly answers: ReadonlyArray<readonly [answer: Headers, detail: string]>
}

const specimens: Record<ClientConnect.RuleName, Specimen> = {
  PseudoMalformed: {
    answers: [
      [[["a", "b"], [":status", "200"]], ":status"],
      [opened([":status", "200"]), ":status"],
      [opened([":path", "/"]), ":path"]
    ]
  },
  FieldMalformed: {
    answers: [
      [opened(["Server", "a"]), "Server"],
      [opened(["a", "b\r\nc"]), "a"],
      [opened(["a", "\0"]), "a"]
    ]
  },
  StatusMalformed: {
    answers: [
      [[], ""],
      ...["", "20", "2000", "0x1", "099", "600", "2e2"].map((status): [Headers, string] => [
        [[":status", status]],
        status
      ])
    ]
  },
  SwitchedProtocols: { answers: [[[[":status", "101"]], ""]] },
  ConnectionField: {
    answers: [
      [opened(["upgrade", "websocket"]), "upgrade"],
      [opened(["connection", "upgrade"]), "connection"],
      [[[":status", "404"], ["transfer-encoding", "chunked"]], "transfer-encoding"]
    ]
  },
  RepeatedSubprotocol: {
    answers: [[opened(["sec-websocket-protocol", "chat"], ["sec-websocket-protocol", "chat"]), "chat, chat"]]
  },
  UnsolicitedSubprotocol: { answers: [[opened(["sec-websocket-protocol", "Chat"]), "Chat"]] },
  SubprotocolMissing: { expected: { withoutSubprotocol: "fail" }, answers: [[opened(), "chat"]] },
  ExtensionsMalformed: { answers: [[opened(["sec-websocket-extensions", "foo; ="]), "foo; ="]] },
  UnsolicitedExtension: { answers: [[opened(["sec-websocket-extensions", "bar"]), "bar"]] }
}

describe("8441 §5 rules of an answer", () => {
  for (const [rule, { answers, expected: more }] of Object.entries(specimens)) {
    it(`${rule}: ${ClientConnect.rules[rule as ClientConnect.RuleName].says}`, () => {
      for (const [answer, detail] of answers) {
        expect(ClientConnect.verify(answer, { ...expected, ...more })).toEqual({ _tag: "Violated", rule, detail })
      }
    })
  }
})

describe("8441 §5 what an answer may be", () => {
  it("any 2xx opens", () => {
    const chosen: Headers = [["sec-websocket-protocol", "chat"], ["sec-websocket-extensions", "foo"]]
    for (const status of ["200", "204", "299"]) {
      expect(ClientConnect.verify([[":status", status], ...chosen], expected)).toEqual({
        _tag: "Established",
        subprotocol: "chat",
        extensions: [foo],
        headers: chosen
      })
    }
  })

  it("an accept value means nothing", () => {
    expect(ClientConnect.verify(opened(["sec-websocket-accept", "x"]), expected)._tag).toBe("Established")
  })

  it("anything else refuses", () => {
    for (const status of ["300", "403", "501"]) {
      const headers: ReadonlyArray<Header> = [["server", "a"]]
      expect(ClientConnect.verify([[":status", status], ...headers], expected)).toEqual({
        _tag: "Refused",
        status: Number(status),
        reason: "",
        headers
      })
    }
  })
})

describe("properties", () => {
  it("our server takes every request of our client, and our client every answer", () => {
    const token = fc.stringMatching(/^[a-z!#.]{1,8}$/)
    const config = { ...ServerHandshake.defaultConfig, origin: { origins: "any", hosts: "any" } } as const
    fc.assert(fc.property(fc.uniqueArray(token), fc.array(token), fc.nat(), (subprotocols, names, pick) => {
      const extensions = names.map((name) => ({ name, parameters: [] }))
      const judged = ServerConnect.judge({ fields: fieldsOf({}, { subprotocols, extensions }), ended: false }, config)
      if (judged._tag === "Rejection") return false
      const subprotocol = subprotocols[pick % (subprotocols.length + 1)]
      const answer = ServerConnect.accept(judged, { subprotocol, extensions })
      if (answer._tag === "Problem") return false
      const verdict = ClientConnect.verify(answer.fields, { subprotocols, extensions, withoutSubprotocol: "accept" })
      return verdict._tag === "Established" && verdict.subprotocol === subprotocol
    }))
  })

  it("any answer is judged", () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.oneof(anyText, fc.constant(":status")), anyText)), (fields) => {
      expect(["Established", "Refused", "Violated"]).toContain(ClientConnect.verify(fields, expected)._tag)
    }))
  })
})
