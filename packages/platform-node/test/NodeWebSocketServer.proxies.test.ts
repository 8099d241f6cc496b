/** What a server believes of proxies in front of it, and what it does not. Real proxies: `packages/example-echo/test/proxies.test.ts`. */
import { describe, expect, it } from "@effect/vitest"
import * as ProxyProtocol from "@effect-ws/codec/ProxyProtocol"
import type * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"
import { Duplex } from "node:stream"
import * as Tls from "node:tls"
import { selfSigned } from "./certificate.js"
import { connect, RawClient, request } from "./rawClient.js"

type Server = WebSocketServer.WebSocketServer["Type"]
type TcpOptions = Omit<Extract<NodeWebSocketServer.Options, { readonly port: number }>, "port" | "host">

const certificate = selfSigned()

/** Tells each client what it knows of it. */
const telling = (options: NodeWebSocketServer.Options) =>
  Effect.tap(NodeWebSocketServer.make(options), (server) =>
    Effect.forkScoped(server.serve({
      accept: ({ host, remoteAddress, secure }) =>
        Effect.succeed({ value: `${Option.getOrElse(remoteAddress, () => "none")} ${host} ${secure}` }),
      handler: (connection, told) => connection.send(told)
    })))

const serve = (options: TcpOptions) => telling({ port: 0, host: "127.0.0.1", grace: "200 millis", ...options })

const to = ({ address }: Server) => ({ port: address._tag === "Tcp" ? address.port : 0, host: "127.0.0.1" })

type Lines = Readonly<Record<string, string>>

/** What a client with these header lines, after these octets, is told; or the status that it is refused with. */
const told = (server: Server, lines: Lines = {}, before: string | Uint8Array = "") =>
  Effect.scoped(Effect.flatMap(
    connect(to(server), Buffer.concat([Buffer.from(before), Buffer.from(request(lines))])),
    answer
  ))

const answer = (client: RawClient) =>
  Effect.flatMap(client.response, ({ status }) => status === 101 ? client.frame : Effect.succeed(String(status)))

/** Runs with the warnings that are logged, each with its annotations. */
const withWarnings = <A, E, R>(use: (warnings: ReadonlyArray<string>) => Effect.Effect<A, E, R>) => {
  const warnings: Array<string> = []
  const logger = Logger.make(({ annotations, logLevel, message }) => {
    if (logLevel.label === "WARN") {
      warnings.push(`${String(message)} ${JSON.stringify(Object.fromEntries(annotations))}`)
    }
  })
  return Effect.provide(use(warnings), Logger.replace(Logger.defaultLogger, logger))
}

const dropped = (rule: string) =>
  `Dropped a connection without a valid PROXY header {"rule":"${rule}","remoteAddress":"127.0.0.1"}`

const forwarded: Lines = {
  Host: "backend:8080",
  "X-Forwarded-Host": "a.example",
  "X-Forwarded-Port": "8443",
  "X-Forwarded-Proto": "https",
  "X-Forwarded-For": "10.0.0.1, 192.0.2.7",
  Forwarded: "for=203.0.113.9"
}

const headers = ["x-forwarded-host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-port"] as const

describe("trustProxy", () => {
  it.scopedLive("nothing is believed unless it is asked for", () =>
    withWarnings((warnings) =>
      Effect.gen(function*() {
        const server = yield* serve({})
        expect(yield* told(server, forwarded)).toBe("text 127.0.0.1 backend:8080 false")
        expect(yield* told(server, { ...forwarded, Origin: "https://a.example:8443" })).toBe("403")
        expect(warnings).toEqual([
          "Refused a WebSocket upgrade: origin https://a.example:8443, host backend:8080 " +
          "{\"rule\":\"OriginNotAllowed\",\"status\":403,\"rfc\":\"6455 §10.2\",\"remoteAddress\":\"127.0.0.1\"}"
        ])
      })
    ))

  it.scopedLive("the headers that are named stand for Host, address and scheme", () =>
    withWarnings((warnings) =>
      Effect.gen(function*() {
        const server = yield* serve({ trustProxy: { from: ["127.0.0.1"], headers } })
        expect(yield* told(server, forwarded)).toBe("text 192.0.2.7 a.example:8443 true")
        expect(yield* told(server, { ...forwarded, Origin: "https://a.example:8443" })).toMatch(/^text/)
        expect(yield* told(server, { ...forwarded, Origin: "http://backend:8080" })).toBe("403")
        expect(warnings).toEqual([
          "Refused a WebSocket upgrade: origin http://backend:8080, host a.example:8443 " +
          "{\"rule\":\"OriginNotAllowed\",\"status\":403,\"rfc\":\"6455 §10.2\",\"remoteAddress\":\"192.0.2.7\"}"
        ])
        expect(yield* told(server)).toBe("text 127.0.0.1 a.example false")
        const one = yield* serve({ trustProxy: { from: "any", headers: ["x-forwarded-host"] } })
        expect(yield* told(one, forwarded)).toBe("text 127.0.0.1 a.example false")
        const standard = yield* serve({ trustProxy: { from: "any", headers: ["forwarded"] } })
        expect(yield* told(standard, forwarded)).toBe("text 203.0.113.9 backend:8080 false")
        const two = yield* serve({ trustProxy: { from: "any", headers: ["x-forwarded-for"], hops: 2 } })
        expect(yield* told(two, forwarded)).toBe("text 10.0.0.1 backend:8080 false")
      })
    ))

  it.scopedLive("headers of a peer that is not listed count for nothing", () =>
    Effect.gen(function*() {
      for (const from of [[], ["192.0.2.1"], ["10.0.0.0/8", "fd00::/8"], ["127.0.0.2/32"]]) {
        const server = yield* serve({ trustProxy: { from, headers } })
        expect(yield* told(server, forwarded)).toBe("text 127.0.0.1 backend:8080 false")
      }
      for (const from of [["192.0.2.1", "127.0.0.0/8"], ["0.0.0.0/0"], ["::ffff:127.0.0.1"]]) {
        const server = yield* serve({ trustProxy: { from, headers } })
        expect(yield* told(server, forwarded)).toBe("text 192.0.2.7 a.example:8443 true")
      }
    }))

  it.scopedLive("a peer on a Unix socket has no address, and is the proxy", () =>
    Effect.gen(function*() {
      const path = Path.join(Os.tmpdir(), `effect-ws-proxies-${process.pid}.sock`)
      yield* telling({ path, trustProxy: { from: [], headers } })
      expect(Fs.existsSync(path)).toBe(true)
      expect(yield* answer(yield* connect({ path }, request(forwarded)))).toBe("text 192.0.2.7 a.example:8443 true")
      expect(yield* answer(yield* connect({ path }, request()))).toBe("text none a.example false")
    }))
})

const line = (address: string, family = "TCP4"): string => `PROXY ${family} ${address} ${address} 40000 443\r\n`

/** Version 2 over IPv4, and octets of extensions. */
const version2 = (octets: ReadonlyArray<number>, extensions = 0, command = 0x21): Uint8Array =>
  Buffer.concat([
    Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1"),
    Uint8Array.of(command, 0x11, (12 + extensions) >> 8, (12 + extensions) & 0xff),
    Uint8Array.of(...octets, ...octets, 0x9c, 0x40, 1, 187),
    new Uint8Array(extensions)
  ])

const proxyProtocol = { from: ["127.0.0.1"] }

describe("proxyProtocol", () => {
  it.scopedLive("gives the address of the client, of either version", () =>
    Effect.gen(function*() {
      const server = yield* serve({ proxyProtocol })
      expect(yield* told(server, {}, line("192.0.2.7"))).toBe("text 192.0.2.7 a.example false")
      expect(yield* told(server, {}, line("2001:DB8::7", "TCP6"))).toBe("text 2001:db8::7 a.example false")
      expect(yield* told(server, {}, version2([192, 0, 2, 8]))).toBe("text 192.0.2.8 a.example false")
      expect(yield* told(server, {}, version2([192, 0, 2, 8], 4000))).toBe("text 192.0.2.8 a.example false")
      // The proxy's own connections, and such as it knows nothing of.
      expect(yield* told(server, {}, version2([192, 0, 2, 8], 0, 0x20))).toBe("text 127.0.0.1 a.example false")
      expect(yield* told(server, {}, "PROXY UNKNOWN\r\n")).toBe("text 127.0.0.1 a.example false")
    }))

  it.scopedLive("in single octets, with what follows in the last of them", () =>
    Effect.gen(function*() {
      const server = yield* serve({ proxyProtocol })
      for (const header of [Buffer.from(line("192.0.2.7")), version2([192, 0, 2, 7], 20)]) {
        const client = yield* connect(to(server))
        client.socket.setNoDelay(true)
        for (const octet of header.subarray(0, -1)) {
          client.write(Uint8Array.of(octet))
          yield* Effect.promise(() => new Promise(setImmediate))
        }
        client.write(Buffer.concat([header.subarray(-1), Buffer.from(request())]))
        expect(yield* answer(client)).toBe("text 192.0.2.7 a.example false")
      }
    }))

  /** TLS over a socket whose header leaves before the first octets of TLS, or in one write with them. */
  const overTls = (server: Server, header: string | Uint8Array, joined: boolean) =>
    Effect.gen(function*() {
      const tcp = yield* Effect.acquireRelease(
        Effect.sync(() => Net.connect(to(server))),
        (socket) => Effect.sync(() => socket.destroy())
      )
      let before = joined ? Buffer.from(header) : Buffer.alloc(0)
      if (!joined) tcp.write(header)
      const layer = new Duplex({
        read: () => {},
        write: (octets: Uint8Array, _encoding, done) => {
          tcp.write(Buffer.concat([before, octets]), done)
          before = Buffer.alloc(0)
        }
      })
      tcp.on("data", (octets) => layer.push(octets))
      const client = new RawClient(Tls.connect({ socket: layer, ca: certificate.cert, servername: "localhost" }))
      client.write(request())
      return yield* answer(client)
    })

  it.scopedLive("before TLS", () =>
    Effect.gen(function*() {
      const server = yield* serve({ proxyProtocol, tls: certificate })
      for (const joined of [false, true]) {
        expect(yield* overTls(server, line("192.0.2.7"), joined)).toBe("text 192.0.2.7 a.example true")
        expect(yield* overTls(server, version2([192, 0, 2, 8]), joined)).toBe("text 192.0.2.8 a.example true")
      }
    }))

  it.scopedLive("off, a header is no request; on, a connection without one is dropped, with a warning", () =>
    withWarnings((warnings) =>
      Effect.gen(function*() {
        for (const header of [line("192.0.2.7"), version2([192, 0, 2, 7])]) {
          expect(yield* told(yield* serve({}), {}, header)).toBe("400")
        }
        expect(warnings).toEqual([])
        const server = yield* serve({ proxyProtocol })
        const dropping = (octets: string | Uint8Array) =>
          Effect.flatMap(connect(to(server), octets), (client) => client.rest)
        expect(yield* dropping(request())).toBe("")
        expect(yield* dropping(`PROXY TCP4 ${"1".repeat(100)}`)).toBe("")
        expect(yield* dropping(version2([192, 0, 2, 7], ProxyProtocol.maxLength))).toBe("")
        expect(warnings).toEqual([dropped("SignatureMissing"), dropped("LineTooLong"), dropped("HeaderTooLong")])
        expect(yield* told(server, {}, line("192.0.2.7"))).toBe("text 192.0.2.7 a.example false")
      })
    ))

  it.scopedLive("a header of a peer that is not listed is not read", () =>
    withWarnings((warnings) =>
      Effect.gen(function*() {
        const server = yield* serve({ proxyProtocol: { from: ["192.0.2.1"] } })
        const client = yield* connect(to(server), line("192.0.2.7") + request())
        expect(yield* client.rest).toBe("")
        expect(warnings).toEqual([dropped("PeerNotListed")])
      })
    ))

  it.scopedLive("a header that does not come in time ends its socket; nobody else is held up", () =>
    withWarnings((warnings) =>
      Effect.gen(function*() {
        const server = yield* serve({ proxyProtocol, openTimeout: "200 millis" })
        const [silent, slow] = [yield* connect(to(server)), yield* connect(to(server), "PROXY TCP4 ")]
        expect(yield* told(server, {}, line("192.0.2.7"))).toBe("text 192.0.2.7 a.example false")
        yield* Effect.all([silent.rest, slow.rest])
        expect(warnings).toEqual([dropped("Timeout"), dropped("Timeout")])
        // The head of the request has its time, too.
        const headless = yield* connect(to(server), line("192.0.2.7"))
        expect((yield* headless.response).status).toBe(408)
      })
    ))

  it.scopedLive("a peer that leaves before its header is no fault: it ends or resets", () =>
    withWarnings((warnings) =>
      Effect.gen(function*() {
        const server = yield* serve({ proxyProtocol })
        for (const octets of ["", "PROXY"]) {
          const ending = yield* connect(to(server), octets)
          ending.end()
          expect(yield* ending.rest).toBe("")
          const resetting = yield* connect(to(server), octets)
          resetting.socket.resetAndDestroy()
        }
        expect(yield* told(server, {}, line("192.0.2.7"))).toBe("text 192.0.2.7 a.example false")
        expect(warnings).toEqual([])
      })
    ))

  it.scopedLive("shutting down drops those whose header has not come", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const server = yield* Scope.extend(serve({ proxyProtocol }), scope)
      const waiting = yield* connect(to(server), "PROXY")
      // Behind it in the queue of the system: once this one is served, the other was accepted.
      expect(yield* told(server, {}, line("192.0.2.7"))).toMatch(/^text/)
      yield* Scope.close(scope, Exit.void)
      expect(yield* waiting.rest).toBe("")
    }))

  it.scopedLive("headers of a request are believed of the address that the PROXY header gives", () =>
    Effect.gen(function*() {
      const server = yield* serve({ proxyProtocol, trustProxy: { from: ["192.0.2.0/24"], headers } })
      expect(yield* told(server, { "X-Forwarded-For": "198.51.100.1" }, line("192.0.2.7")))
        .toBe("text 198.51.100.1 a.example false")
      expect(yield* told(server, { "X-Forwarded-For": "198.51.100.1" }, line("203.0.113.9")))
        .toBe("text 203.0.113.9 a.example false")
    }))
})
