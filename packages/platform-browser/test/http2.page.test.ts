/** A page of ours over HTTPS whose WebSocket is a stream of the HTTP/2 connection that it came by. */
import { describe, expect, it } from "@effect/vitest"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import { X509Certificate } from "node:crypto"
import { once } from "node:events"
import * as Http2 from "node:http2"
import type { AddressInfo } from "node:net"
import { selfSigned } from "../../platform-node/test/certificate.js"
import { type Browser, chromium, firefox, open } from "./browsers/browsers.js"

const tls = selfSigned()

const page = `<!doctype html><title>HTTP/2</title><script>
const report = (text) => fetch("/report", { method: "POST", body: text })
const socket = new WebSocket("wss://" + location.host + "/chat", ["chat"])
const large = "x".repeat(200000)
const got = []
socket.onopen = () => { got.push("open " + socket.protocol + " " + socket.extensions); socket.send("hello"); socket.send(large) }
socket.onmessage = ({ data }) => { got.push(data === large ? "large" : data); if (got.length === 3) socket.close(4001, "done") }
socket.onerror = () => got.push("error")
socket.onclose = ({ code, reason, wasClean }) => {
  got.push("close " + code + " " + reason + " " + wasClean)
  const nobody = new WebSocket("wss://" + location.host + "/none")
  nobody.onclose = ({ code }) => { got.push("refused " + code); report(JSON.stringify(got)) }
}
</script>`

interface Trust {
  readonly arguments?: ReadonlyArray<string>
  readonly files?: (port: number) => Readonly<Record<string, string>>
}

const visit = (browser: Browser, trust: Trust) =>
  Effect.gen(function*() {
    const streams: Array<string> = []
    const upgrades: Array<string> = []
    let report: (text: string) => void = () => {}
    const reported = new Promise<string>((resolve) => {
      report = resolve
    })
    const http = Http2.createSecureServer({ ...tls, allowHTTP1: true }, (request, response) => {
      if (request.url !== "/report") {
        response.setHeader("content-type", "text/html")
        response.end(page)
        return
      }
      let body = ""
      request.on("data", (chunk) => body += String(chunk)).on("end", () => {
        response.end()
        report(body)
      })
    })
    http.on("stream", (_stream, headers) => {
      if (headers[":protocol"] !== undefined) streams.push(`${headers[":protocol"]} ${headers[":path"]}`)
    })
    http.on("upgrade", ({ url }) => upgrades.push(String(url)))
    const server = yield* NodeWebSocketServer.attach(http, { paths: ["/chat"] })
    yield* Effect.forkScoped(server.serve({
      accept: () => Effect.succeed({ value: undefined, subprotocol: "chat" }),
      handler: (connection) => connection.run((message) => connection.send(message))
    }))
    yield* Effect.acquireRelease(
      Effect.promise(() => once(http.listen(0, "127.0.0.1"), "listening")),
      () => Effect.sync(() => http.close())
    )
    const { port } = http.address() as AddressInfo
    yield* Effect.acquireRelease(
      Effect.sync(() => open(browser, `https://localhost:${port}/`, trust.arguments, trust.files?.(port))),
      (close) => Effect.sync(close)
    )
    const got: unknown = JSON.parse(yield* Effect.promise(() => reported))
    return { got, streams, upgrades }
  })

const expected = ["open chat permessage-deflate", "hello", "large", "close 4001  true", "refused 1006"]

describe("a page over HTTP/2", () => {
  it.scopedLive.skipIf(chromium.path === undefined)("in Chromium", () =>
    Effect.gen(function*() {
      // the hash of the key that it may trust, whoever signed it
      const { publicKey } = new X509Certificate(tls.cert)
      const hash = yield* Effect.promise(() =>
        crypto.subtle.digest("SHA-256", publicKey.export({ type: "spki", format: "der" }))
      )
      const seen = yield* visit(chromium, {
        arguments: [`--ignore-certificate-errors-spki-list=${Buffer.from(hash).toString("base64")}`]
      })
      expect(seen).toEqual({
        got: expected,
        streams: ["websocket /chat", "websocket /none"],
        upgrades: []
      })
    }), 60_000)

  it.scopedLive.skipIf(firefox.path === undefined)("in Firefox", () =>
    Effect.gen(function*() {
      // as if a person had said that this certificate is trusted, at this port
      const { fingerprint256 } = new X509Certificate(tls.cert)
      const seen = yield* visit(firefox, {
        files: (port) => ({
          "cert_override.txt": `localhost:${port}:\tOID.2.16.840.1.101.3.4.2.1\t${fingerprint256}\t\n`
        })
      })
      expect(seen).toEqual({
        got: expected,
        streams: ["websocket /chat", "websocket /none"],
        upgrades: []
      })
    }), 60_000)
})
