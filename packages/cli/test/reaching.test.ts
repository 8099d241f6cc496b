/** The ways of `effect-ws connect` to a server that others wrote: TLS, a proxy, a Unix socket, redirects. Part of `npm run test:long`. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { join } from "node:path"
import { locked, selfSigned } from "../../platform-node/test/certificate.js"
import { proxy } from "../../platform-node/test/connectProxy.js"
import { codes, files, folder, isLong, run } from "./command.js"
import { certificate, redirecting, theirs, theirsOnUnixSocket, theirsOverTls } from "./servers.js"

/** A server closes that hears this. */
const done = ["-x", "close 1000"]
const words: unknown = expect.any(String)
const saying = (text: string): unknown => expect.stringContaining(text)

describe.skipIf(!isLong)("connect, on its way", () => {
  it.scopedLive("trusts the certificates it is told to, any, or none of them", () =>
    Effect.gen(function*() {
      const { url } = yield* theirsOverTls()
      const path = yield* files({ ca: certificate.cert })
      const ca = path("ca")
      const trusting = ["-x", "close 1000"]
      const found = yield* codes(url, {
        ca: ["--ca", ca, ...trusting],
        any: ["--insecure", ...trusting],
        none: trusting,
        half: ["--cert", ca]
      })
      const half = "--cert and --key go together"
      expect(found).toEqual({ ca: [0, words], any: [0, words], none: [3, words], half: [2, half] })
    }))

  it.scopedLive("shows a certificate of its own, whose key has a passphrase", () =>
    Effect.gen(function*() {
      const ours = selfSigned()
      const { shown, url } = yield* theirsOverTls({ requestCert: true, ca: ours.cert })
      const path = yield* files({ ca: certificate.cert, cert: ours.cert, key: locked(ours.key, "open it") })
      const trusting = ["--ca", path("ca"), ...done]
      const showing = ["--cert", path("cert"), "--key", path("key"), ...trusting]
      const found = yield* codes(url, { ours: ["--passphrase", "open it", ...showing], none: trusting })
      expect(found).toEqual({ ours: [0, words], none: [3, words] })
      expect(shown).toEqual(["CN=localhost"])
    }))

  it.scopedLive("by way of a proxy, whose password is in no message", () =>
    Effect.gen(function*() {
      const { url } = yield* theirsOverTls()
      const path = yield* files({ ca: certificate.cert })
      const [open, shut] = [yield* proxy(), yield* proxy({ status: 407 })]
      const by = ({ port }: { readonly port: number }) => [`--proxy`, `http://ada:s3cret@127.0.0.1:${port}`]
      const found = yield* codes(url, {
        open: [...by(open), "--ca", path("ca"), ...done],
        shut: [...by(shut), "--ca", path("ca"), ...done],
        noUrl: ["--proxy", "s3cret", ...done]
      })
      expect(found).toEqual({ open: [0, words], shut: [3, saying("407")], noUrl: [2, saying("--proxy must be")] })
      expect(JSON.stringify(found)).not.toContain("s3cret")
      expect(open.asked.map(({ headers, url }) => [url, headers["proxy-authorization"]])).toEqual([
        [new URL(url).host, `Basic ${Buffer.from("ada:s3cret").toString("base64")}`]
      ])
    }))

  it.scopedLive("to a Unix socket, with the host of the URL", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "socket")
      const { requests } = yield* theirsOnUnixSocket(path)
      const { code, out } = yield* run(["connect", "ws://a.example/chat", "--unix-socket", path, "-x", "hello"])
      expect([code, String(out)]).toEqual([0, "hello\n"])
      expect(requests.map(({ headers, url }) => [headers.host, url])).toEqual([["a.example", "/chat"]])
      const nobody = yield* run(["connect", "ws://a.example/", "--unix-socket", `${path}.not`])
      expect([nobody.code, nobody.err]).toEqual([3, saying("ENOENT")])
    }))

  it.scopedLive("over redirects, as many as it is told to follow", () =>
    Effect.gen(function*() {
      const { requests, url } = yield* theirs
      const first = yield* redirecting(`${url}there`)
      const found = yield* codes(first, {
        two: ["--redirects", "2", ...done],
        one: ["--redirects", "1", ...done],
        negative: ["--redirects", "-1"]
      })
      expect(found).toEqual({
        two: [0, words],
        one: [3, saying("302")],
        negative: [2, saying("--redirects must be")]
      })
      expect(requests.map(({ url }) => url)).toEqual(["/there"])
    }))
})
