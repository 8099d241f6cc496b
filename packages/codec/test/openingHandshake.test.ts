/** Both halves joined: what one writes, the other reads. */
import { describe, expect, it } from "@effect/vitest"
import * as AcceptKey from "@effect-ws/codec/AcceptKey"
import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import type { Extension } from "@effect-ws/codec/ExtensionHeader"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import * as fc from "effect/FastCheck"
import { cut, places, read, text, written } from "./http.js"

const token = fc.oneof(
  fc.constantFrom("chat", "Chat", "__proto__", "constructor", "graphql-transport-ws"),
  fc.string({ unit: fc.constantFrom(..."abcXYZ019!#$%&'*+-.^_`|~"), minLength: 1, maxLength: 8 })
)
const value = fc.string({ unit: fc.constantFrom(..."abc;=\"\xe4"), maxLength: 10 })
const added: fc.Arbitrary<Headers> = fc.array(fc.tuple(fc.constantFrom("Cookie", "X-A", "__proto__"), value), {
  maxLength: 3
})
const parameters = fc.array(fc.record({ name: token, value: fc.option(token, { nil: undefined }) }), { maxLength: 3 })
const extensions: fc.Arbitrary<ReadonlyArray<Extension>> = fc.array(fc.record({ name: token, parameters }), {
  maxLength: 3
})

const targets: fc.Arbitrary<ClientHandshake.UrlParts> = fc.record({
  secure: fc.boolean(),
  host: fc.constantFrom("a.example", "127.0.0.1", "::1", "[2001:db8::1]", "localhost"),
  port: fc.oneof(fc.constantFrom(80, 443), fc.integer({ min: 0, max: 65535 })),
  path: fc.string({ unit: fc.constantFrom(..."ab/?%&=:"), maxLength: 12 }).map((text) => `/${text}`),
  authorization: fc.option(fc.constant("Basic YTpi"), { nil: undefined })
})

const wishes: fc.Arbitrary<ClientHandshake.Wishes> = fc.record({
  key: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(AcceptKey.fromOctets),
  subprotocols: fc.uniqueArray(token, { maxLength: 4 }),
  extensions,
  origin: fc.constant(undefined),
  headers: added
})

/** Octets in pieces, with frames behind them, read to the head and what is left. */
const received = <Head>(
  start: HttpHead.Carry<Head>,
  octets: Uint8Array,
  frames: Uint8Array,
  places: ReadonlyArray<number>
) => {
  const outcome = read(start, cut(Uint8Array.of(...octets, ...frames), places))
  if (outcome._tag !== "Head") throw new Error(JSON.stringify(outcome))
  expect(outcome.rest).toBe(text(frames))
  return outcome.head
}

describe("6455 §4 the opening handshake", () => {
  it("our server takes every request of our client, and our client every answer, however they are cut", () => {
    const choices = fc.record({ subprotocol: fc.nat(5), extensions: fc.nat(), headers: added })
    const frames = fc.uint8Array({ maxLength: 10 })
    fc.assert(
      fc.property(targets, wishes, choices, frames, places, (target, wishes, choice, frames, places) => {
        const request = received(HttpHead.request(), written(ClientHandshake.request(target, wishes)), frames, places)
        const offer = ServerHandshake.judge(request, ServerHandshake.defaultConfig)
        if (offer._tag === "Rejection") return expect.fail(`${offer.rule}: ${offer.detail}`)
        expect(offer).toMatchObject({
          target: target.path,
          key: wishes.key,
          subprotocols: wishes.subprotocols,
          extensions: wishes.extensions
        })

        const subprotocol = wishes.subprotocols[choice.subprotocol]
        const chosen = wishes.extensions.filter((_, i) => (choice.extensions & (1 << i)) !== 0)
        const answer = ServerHandshake.accept(offer, { subprotocol, extensions: chosen, headers: choice.headers })
        const response = received(HttpHead.response(), written(answer), frames, places)
        const strict = subprotocol === undefined ? "accept" : "fail"
        expect(ClientHandshake.verify(response, ClientHandshake.expected(wishes, strict))).toEqual({
          _tag: "Established",
          subprotocol,
          extensions: chosen,
          headers: response.headers
        })
      }),
      { numRuns: 300 }
    )
  })

  it("a page of the same host may connect by whatever name and port the client writes", () => {
    fc.assert(fc.property(targets, wishes, (target, wishes) => {
      // A browser's page and its WebSocket: the origin drops its scheme's default port, as Host does.
      const scheme = target.secure ? "https" : "http"
      const host = target.host.includes(":") && !target.host.startsWith("[") ? `[${target.host}]` : target.host
      const port = target.port === (target.secure ? 443 : 80) ? "" : `:${target.port}`
      // A page of http on port 443, or of https on 80, is beyond what can be told apart behind a proxy.
      fc.pre(port === "" || (target.port !== 80 && target.port !== 443))
      const asked = ClientHandshake.request(target, { ...wishes, origin: `${scheme}://${host}${port}` })
      const request = received(HttpHead.request(), written(asked), new Uint8Array(0), [])
      expect(ServerHandshake.judge(request, ServerHandshake.defaultConfig)._tag).toBe("Offer")
    }))
  })

  it("permessage-deflate is agreed on by default, in the client's words and the server's", () => {
    const config = PermessageDeflate.defaultClientConfig
    const wishes = ClientHandshake.wishes("dGhlIHNhbXBsZSBub25jZQ==", { extensions: [PermessageDeflate.offer(config)] })
    const target = { secure: true, host: "a.example", port: 443, path: "/", authorization: undefined }
    const request = received(
      HttpHead.request(),
      written(ClientHandshake.request(target, wishes)),
      new Uint8Array(0),
      []
    )
    const offer = ServerHandshake.judge(request, ServerHandshake.defaultConfig)
    if (offer._tag === "Rejection") return expect.fail(offer.rule)
    const acceptance = PermessageDeflate.accept(PermessageDeflate.defaultServerConfig, offer.extensions)
    if (acceptance._tag === "Declined") return expect.fail("declined")
    const answer = written(ServerHandshake.accept(offer, { extensions: [acceptance.response] }))
    expect(text(answer)).toContain("\r\nSec-WebSocket-Extensions: permessage-deflate\r\n")
    const response = received(HttpHead.response(), answer, new Uint8Array(0), [])
    const verdict = ClientHandshake.verify(response, ClientHandshake.expected(wishes))
    if (verdict._tag !== "Established") return expect.fail(verdict._tag)
    expect(PermessageDeflate.verify(config, verdict.extensions)).toEqual({ _tag: "Agreed", agreed: acceptance.agreed })
  })

  it("every refusal of our server is a Refused for our client", () => {
    for (const { headers, status } of Object.values(ServerHandshake.rules)) {
      const response = received(
        HttpHead.response(),
        written(ServerHandshake.refuse(status, headers)),
        new Uint8Array(0),
        []
      )
      const wishes = ClientHandshake.wishes("dGhlIHNhbXBsZSBub25jZQ==")
      expect(ClientHandshake.verify(response, ClientHandshake.expected(wishes))).toMatchObject({
        _tag: "Refused",
        status
      })
    }
  })
})
