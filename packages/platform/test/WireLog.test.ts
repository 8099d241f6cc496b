import { describe, expect, it } from "@effect/vitest"
import * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"
import type { Compression } from "@effect-ws/connection/host/Compression"
import * as Telemetry from "@effect-ws/platform/Telemetry"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as WireLog from "@effect-ws/platform/WireLog"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as Tracer from "effect/Tracer"
import { turn } from "./loopbackClient.js"

const echo = WebSocketServer.layer((connection) => connection.run((message) => connection.send(message)))

/** An echo service whose connections are recorded, those of the client as well. */
const recorded = (options?: WireLog.Options, network?: Parameters<typeof WebSocketTest.layer>[0]) =>
  echo.pipe(Layer.provideMerge(WebSocketTest.layer(network)), Layer.provideMerge(WireLog.layer(options)))

/** A network on which permessage-deflate is agreed on, and then one side has no contexts for it. */
const failingToDeflate = (role: "client" | "server"): Parameters<typeof WebSocketTest.layer>[0] => {
  const open = (): Compression => ({
    inflate: () => ({ _tag: "Now", value: { _tag: "Invalid" } }),
    isWorth: () => false,
    deflate: (octets) => ({ _tag: "Now", value: octets }),
    free: () => {}
  })
  const fail = (): Compression => {
    throw new Error("no memory")
  }
  return {
    server: { compression: { config: PermessageDeflate.defaultServerConfig, open: role === "server" ? fail : open } },
    client: { compression: { config: PermessageDeflate.defaultClientConfig, open: role === "client" ? fail : open } }
  }
}

const reportsOf = (role: "client" | "server") =>
  Effect.gen(function*() {
    const found: Array<WireLog.Report> = []
    for (const { id, role: its } of yield* WireLog.reports) {
      const report = yield* WireLog.report(id)
      if (its === role && Option.isSome(report)) found.push(report.value)
    }
    return found
  })

const wireOf = ({ record }: WireLog.Report, ...kinds: ReadonlyArray<string>) =>
  record.wire.map((timed) => timed.record).filter(([kind]) => kinds.includes(kind))

const oneEcho = (
  url = "ws://test/chat",
  text = "hello",
  options: WebSocketClient.ConnectOptions<"whole"> = {}
) =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect(url, options)
    yield* connection.send(text)
    yield* connection.receive
    const outcome = yield* connection.close(4000, "enough")
    yield* turn // the other side, too, has ended
    return outcome
  }))

describe("a report", () => {
  it.scoped("has the frames, the octets, the counts and the closing behavior of both sides", () =>
    Effect.gen(function*() {
      yield* oneEcho()
      const [server] = yield* reportsOf("server")
      const [client] = yield* reportsOf("client")
      expect(wireOf(server!, "RF", "TF")).toEqual([
        ["RF", [5, "hello"], 1, true, 0, true, expect.stringMatching(/^[0-9a-f]{8}$/)],
        ["TF", [5, "hello"], 1, true, 0, null, null, null, false],
        ["RF", [8, "0x0fa0656e6f756768"], 8, true, 0, true, expect.any(String)],
        ["TF", [2, "0x0fa0"], 8, true, 0, null, null, null, false]
      ])
      expect(Object.fromEntries(server!.record.framesIn)).toEqual({ 1: 1, 8: 1 })
      expect(server!.record.closing).toMatchObject({
        isServer: true,
        wasClean: true,
        closedByMe: false,
        remoteCloseCode: 4000
      })
      expect(client!.record.closing).toMatchObject({
        isServer: false,
        wasClean: true,
        closedByMe: true,
        localCloseCode: 4000
      })
      // What one side wrote the other has read: octet for octet, the masks too.
      const [asked, ...frames] = wireOf(client!, "TO")
      expect(wireOf(server!, "RO").slice(1).map(([, octets]) => octets)).toEqual(frames.map(([, octets]) => octets))
      expect(asked?.[1]).toEqual([client!.record.httpRequest.length, expect.stringContaining("474554202f63686174")])
      expect(server!.record.traffic).toMatchObject({
        incoming: { webSocket: 5, app: 5, frames: 1, messages: 1, wire: 11 + 14 },
        preopen: { incoming: client!.record.httpRequest.length }
      })
    }).pipe(Effect.provide(recorded({ payloadSize: 64 }))))

  it.scoped("has no payload unless it is asked for, but what a Close says", () =>
    Effect.gen(function*() {
      yield* oneEcho("ws://test/", "a secret")
      const [server] = yield* reportsOf("server")
      expect(wireOf(server!, "TF")).toEqual([
        ["TF", [8, "(payload not kept)"], 1, true, 0, null, null, null, false],
        ["TF", [2, "0x0fa0"], 8, true, 0, null, null, null, false]
      ])
      expect(wireOf(server!, "TO").slice(1)).toEqual([
        ["TO", [10, `8108${"--".repeat(8)}`], false],
        ["TO", [4, "88020fa0"], false]
      ])
      for (
        const told of [WireLog.json(server!), WireLog.html(server!), Buffer.from(WireLog.pcapng(server!)).toString()]
      ) {
        expect(told).not.toContain("a secret")
        expect(told).not.toContain(Buffer.from("a secret").toString("hex"))
      }
    }).pipe(Effect.provide(recorded())))

  it.scoped("has the handshake without its secrets", () =>
    Effect.gen(function*() {
      yield* oneEcho("ws://test/chat?token=s3cret&room", "x", {
        headers: { Authorization: "Bearer s3cret", Cookie: "session=s3cret", "X-Api-Key": "s3cret", "X-Request": "r1" },
        subprotocols: ["chat", "token.s3cret"]
      }).pipe(Effect.ignore)
      for (const report of [...yield* reportsOf("server"), ...yield* reportsOf("client")]) {
        expect(report.record.httpRequest).toContain("GET /chat?token=<redacted>&<redacted> HTTP/1.1\r\n")
        expect(report.record.httpRequest).toMatch(/\r\nauthorization: <redacted>\r\n/i)
        expect(report.record.httpRequest).toMatch(/\r\nx-request: r1\r\n/i)
        expect(report.record.httpRequest).toMatch(/\r\nsec-websocket-protocol: <redacted>, ?<redacted>\r\n/i)
        expect(report.record.httpResponse).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/)
        expect(report.path).toBe("/chat")
        for (
          const told of [WireLog.json(report), WireLog.html(report), Buffer.from(WireLog.pcapng(report)).toString()]
        ) {
          expect(told).not.toContain("s3cret")
        }
      }
      expect((yield* reportsOf("server")).length).toBe(1)
    }).pipe(Effect.provide(recorded({ showHeaders: ["X-Request"], payloadSize: 64 }))))

  it.scoped("is there of a connection that is open, and a moment after its end", () =>
    Effect.gen(function*() {
      const connection = yield* WebSocketClient.connect("ws://test/")
      const open = yield* WireLog.reportOf(connection)
      expect(Option.getOrThrow(open).outcome).toBeUndefined()
      expect(WireLog.html(Option.getOrThrow(open))).toContain("The connection is open")
      expect(WireLog.html(Option.getOrThrow(open))).not.toContain("TCP dropped by")
      yield* TestClock.adjust("3 seconds")
      yield* connection.close()
      const ended = Option.getOrThrow(yield* WireLog.reportOf(connection))
      expect(ended.outcome?._tag).toBe("Clean")
      expect(WireLog.html(ended)).toContain("TCP dropped by the peer")
      expect(ended.record.duration).toBe(3000)
      expect(ended.record.started).toBe("1970-01-01T00:00:00.000Z")
    }).pipe(Effect.provide(recorded())))

  it.scoped("has Autobahn's 39 keys", () =>
    Effect.gen(function*() {
      yield* oneEcho()
      const [server] = yield* reportsOf("server")
      const json = JSON.parse(WireLog.json(server!))
      expect(Object.keys(json).length).toBe(39)
      expect(json).toMatchObject({
        behavior: "INFORMATIONAL",
        isServer: true,
        wasClean: true,
        rxFrameStats: { 1: 1, 8: 1 }
      })
    }).pipe(Effect.provide(recorded())))

  it.scoped("shows what a peer wrote as text, never as markup", () =>
    Effect.gen(function*() {
      yield* oneEcho("ws://test/%3Cscript%3E", "<script>alert(1)</script>", {
        headers: { "User-Agent": "<img src=x onerror=alert(1)>", "X-\u0041": "</style><script>" }
      })
      const [server] = yield* reportsOf("server")
      const html = WireLog.html(server!)
      expect(html).toContain("&lt;img src=x")
      expect(html).toContain("&lt;script&gt;alert(1)")
      expect(html.replace(/<style>[^]*?<\/style>/, "")).not.toMatch(/<script|<img|<\/style/)
    }).pipe(Effect.provide(recorded({ payloadSize: 64, showHeaders: ["x-a"] }))))
})

describe("pings and waits", () => {
  it.scoped("tell how long they took", () =>
    Effect.gen(function*() {
      const connection = yield* WebSocketClient.connect("ws://test/")
      yield* connection.ping
      yield* connection.close()
      const { pings, pingCount } = Option.getOrThrow(yield* WireLog.reportOf(connection))
      expect([pings.length, pingCount]).toEqual([1, 1])
    }).pipe(Effect.provide(recorded())))

  it.scoped("tell that reading waited for the inbox, and sending for the outbox", () =>
    Effect.gen(function*() {
      const client = yield* WebSocketClient.connect("ws://test/")
      yield* client.send("x".repeat(100))
      yield* client.flush
      yield* client.send("x".repeat(100))
      yield* client.send("x".repeat(100))
      const [server] = yield* reportsOf("server")
      expect(server!.waits).toEqual([{ for: "InboxFull", at: 0, duration: undefined }])
      expect((yield* WireLog.connections)[0]).toMatchObject({ role: "server", waitsFor: ["InboxFull"] })
      const { waitCount, waits } = Option.getOrThrow(yield* WireLog.reportOf(client))
      expect(waits.map((wait) => wait.for)).toEqual(["OutboxFull", "OutboxFull", "OutboxFull"])
      expect(waits[0]?.duration).toBe(0)
      expect(waitCount).toBe(3)
      expect(WireLog.html(server!)).toContain("the inbox was full")
    }).pipe(
      Effect.provide(
        WebSocketServer.layer(() => Effect.never).pipe(
          Layer.provideMerge(WebSocketTest.layer({
            client: { limits: { outboxSize: 10, outboxResume: 5 } },
            server: { limits: { inboxSize: 150 } }
          })),
          Layer.provideMerge(WireLog.layer({}))
        )
      )
    ))
})

describe("which are recorded", () => {
  it.scoped("those that are chosen, and of them a sample", () =>
    Effect.gen(function*() {
      for (let i = 0; i < 10; i++) yield* oneEcho(i % 2 === 0 ? "ws://test/a" : "ws://test/b")
      const paths = (yield* WireLog.reports).map(({ path }) => path)
      expect(paths).toEqual(["/a", "/a"])
    }).pipe(
      Effect.provide(recorded({
        choose: ({ opening, role }) => role === "server" && opening.target === "/a",
        sample: 0.5
      }))
    ))

  it.scoped("those are kept that did not end Clean, and counted all of them", () =>
    Effect.gen(function*() {
      yield* oneEcho()
      yield* Effect.scoped(Effect.gen(function*() {
        const connection = yield* WebSocketClient.connect("ws://test/lost")
        const [link] = yield* Effect.flatMap(WebSocketTest.WebSocketTest, ({ links }) => links)
        yield* link!.drop
        yield* connection.outcome
        const clean = yield* WebSocketClient.connect("ws://test/clean")
        yield* clean.close()
        yield* turn
        expect(Option.isSome(yield* WireLog.reportOf(connection))).toBe(true)
        expect(Option.isSome(yield* WireLog.reportOf(clean))).toBe(false)
      }))
      const kept = yield* WireLog.reports
      expect(kept.map(({ outcome, path }) => [path, outcome?._tag])).toEqual([["/lost", "Dropped"], [
        "/lost",
        "Dropped"
      ]])
      const [minute] = yield* WireLog.outcomes
      expect(minute).toEqual({
        minute: 0,
        counts: { Clean: 4, Failed: 0, CloseTimeout: 0, DropTimeout: 0, Dropped: 2, Aborted: 0 }
      })
    }).pipe(Effect.provide(recorded({ keep: WireLog.unclean }))))

  it.scoped("none that a function fails at, and the connection is none the worse", () =>
    Effect.gen(function*() {
      expect((yield* oneEcho())._tag).toBe("Clean")
      expect(yield* WireLog.reports).toEqual([])
    }).pipe(
      Effect.provide(recorded({
        choose: () => {
          throw new Error("no")
        }
      }))
    ))

  it.scoped("are listed while they are open, recorded or not", () =>
    Effect.gen(function*() {
      const connection = yield* WebSocketClient.connect("ws://test/chat?secret")
      yield* connection.send("hello")
      yield* connection.receive
      yield* TestClock.adjust("2 seconds")
      const [client, server] = yield* WireLog.connections
      expect(client).toMatchObject({
        role: "server",
        path: "/chat",
        age: 2000,
        messagesIn: 1,
        messagesOut: 1,
        isRecorded: false
      })
      expect(server).toMatchObject({ role: "client", peer: "test:80", octetsOut: 11, octetsIn: 7, buffered: 0 })
      yield* connection.close()
      yield* turn
      expect(yield* WireLog.connections).toEqual([])
    }).pipe(Effect.provide(recorded({ sample: 0 }))))
})

describe("memory", () => {
  it.scoped("the middle of a log goes first; its opening and its end stay", () =>
    Effect.gen(function*() {
      yield* Effect.scoped(Effect.gen(function*() {
        const connection = yield* WebSocketClient.connect("ws://test/")
        for (let i = 0; i < 500; i++) {
          yield* connection.send(`message ${i}`)
          yield* connection.receive
        }
        yield* connection.close(4001)
      }))
      const [server] = yield* reportsOf("server")
      const frames = wireOf(server!, "RF", "WLM")
      expect(frames[0]).toEqual(["RF", [9, "message 0"], 1, true, 0, true, expect.any(String)])
      expect(frames.at(-1)).toEqual(["RF", [2, "0x0fa1"], 8, true, 0, true, expect.any(String)])
      expect(frames.filter(([kind]) => kind === "WLM")).toEqual([["WLM", false], ["WLM", true]])
      expect(server!.record.wire.length).toBeLessThan(90)
      expect(server!.leftOut).toBe(500 * 4 + 4 - (server!.record.wire.length - 4))
      expect(Object.fromEntries(server!.record.framesIn)).toEqual({ 1: 500, 8: 1 })
    }).pipe(Effect.provide(recorded({ payloadSize: 64, logSize: 4000 }))))

  it.scoped("of more connections than there is memory for, the latest are recorded", () =>
    Effect.gen(function*() {
      for (let i = 0; i < 40; i++) yield* oneEcho(`ws://test/${i}`)
      const kept = (yield* WireLog.reports).map(({ path }) => path)
      expect(kept[0]).toBe("/39")
      expect(kept.length).toBeGreaterThan(2)
      expect(kept.length).toBeLessThan(12)
    }).pipe(Effect.provide(recorded({ memory: 100_000 }))))

  for (const role of ["server", "client"] as const) {
    it.scoped(`of a ${role}'s connection that does not come about, none is kept, and nothing of its transport`, () =>
      Effect.gen(function*() {
        const fails = Effect.scoped(WebSocketClient.connect("ws://test/"))
        yield* role === "client" ? Effect.exit(fails) : fails
        yield* turn
        expect(yield* (yield* WebSocketTest.WebSocketTest).links).toEqual([])
        yield* oneEcho("ws://test/next", "hello", { compression: false })
        expect((yield* WireLog.reports).map(({ path }) => path)).toEqual(["/next"])
      }).pipe(Effect.provide(recorded(
        { memory: 20_000, choose: (one) => one.role === role }, // room for one
        failingToDeflate(role)
      ))))
  }

  it.scoped("no more reports are kept than were asked for", () =>
    Effect.gen(function*() {
      for (let i = 0; i < 5; i++) yield* oneEcho(`ws://test/${i}`)
      expect((yield* WireLog.reports).map(({ path }) => path)).toEqual(["/4", "/4", "/3"])
    }).pipe(Effect.provide(recorded({ reports: 3 }))))
})

describe("spans", () => {
  it.scoped("have an event for each record, below the handshake's", () =>
    Effect.gen(function*() {
      const spans: Array<{ name: string; events: Array<string>; parent: string | undefined }> = []
      const tracer = Tracer.make({
        span: (name, parent, context, links, startTime, kind) => {
          const events: Array<string> = []
          const its = Option.getOrUndefined(parent)
          spans.push({ name, events, parent: its?._tag === "Span" ? its.name : undefined })
          return {
            _tag: "Span",
            name,
            spanId: String(spans.length),
            traceId: "t",
            parent,
            context,
            status: { _tag: "Started", startTime },
            attributes: new Map(),
            links,
            sampled: true,
            kind,
            end: () => {},
            attribute: () => {},
            event: (event) => void events.push(event),
            addLinks: () => {}
          }
        },
        context: (run) => run()
      })
      yield* oneEcho().pipe(
        Effect.provide(Layer.provideMerge(recorded({ spans: true }), Telemetry.layer())),
        Effect.withTracer(tracer)
      )
      const records = spans.filter(({ name }) => name === "websocket.connection")
      expect(records.map(({ parent }) => parent).sort()).toEqual(["websocket.accept", "websocket.connect"])
      expect(records[0]!.events).toContain("websocket.frame.received")
      expect(records[0]!.events).toContain("websocket.octets.sent")
    }))
})
