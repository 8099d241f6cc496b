/** What a fuzzing server is asked for, and by whom: selections, commands, spec files, and the offers of permessage-deflate. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { once } from "node:events"
import { WebSocket } from "ws"
import * as Selection from "../src/cases/Selection.js"
import * as SpecFile from "../src/cli/SpecFile.js"
import * as Extension from "../src/handshake/Extension.js"
import * as Target from "../src/handshake/Target.js"
import * as Command from "../src/server/Command.js"
import * as Gate from "../src/server/Gate.js"
import { Results } from "../src/verdict/Results.js"
import { casesOf, fuzzingServer, wsAsk } from "./peers.js"

const select = (include: ReadonlyArray<string>, exclude: ReadonlyArray<string> = [], beyond = false) => {
  const selected = Selection.select({ ...Selection.everything, include, exclude, beyond }, "server")
  return selected._tag === "Selected" ? selected.cases.map(({ id }) => id) : selected.pattern
}

describe("Selection", () => {
  it("anchors patterns at their start and not at their end, and keeps the order of the cases", () => {
    expect(select(["10.*", "2.1*"])).toEqual(["2.1", "2.10", "2.11", "10.1.1"])
    expect(select(["*"]).length).toBe(517)
    expect(select(["1*"], ["12.*", "13.*"])).toEqual([...select(["1.*"]), "10.1.1"])
    expect(select(["*", "1.1.1"]).length).toBe(517)
  })

  it("reaches our chapters only when asked for", () => {
    expect(select(["16.3.*"])).toEqual(["16.3.1", "16.3.2", "16.3.3", "16.3.7"])
    expect(select(["*"], [], true).length).toBeGreaterThan(600)
  })

  it("knows an unknown case", () => {
    expect(select(["1.1.1", "8.1"])).toBe("8.1")
  })

  it("excludes for agents, anchored at both ends", () => {
    const selection = { ...Selection.everything, excludeForAgents: { "Foo*": ["6.*", "7.1.1"] } }
    expect(Selection.excluded(selection, "Foo/1", "6.4.1")).toBe(true)
    expect(Selection.excluded(selection, "Foo/1", "7.1.10")).toBe(false)
    expect(Selection.excluded(selection, "aFoo", "6.4.1")).toBe(false)
  })
})

describe("Command", () => {
  const cases = casesOf("1.1.*,6.4.3", "client")
  const tag = (target: string): string => {
    const command = Command.parse(target, cases)
    return command._tag === "Refused" ? String(command.status) : command._tag
  }

  it("is Autobahn's", () => {
    expect(tag("/getCaseCount")).toBe("GetCaseCount")
    expect(tag("/getCaseInfo?case=1")).toBe("GetCaseInfo")
    expect(tag("/getCaseStatus?casetuple=6.4.3&agent=a")).toBe("GetCaseStatus")
    expect(tag("/updateReports?agent=a")).toBe("UpdateReports")
    expect(tag("/stopServer")).toBe("StopServer")
    expect(Command.parse("/runCase?case=9&agent=a%20b", cases)).toMatchObject({
      case: { id: "6.4.3" },
      number: 9,
      agent: "a b"
    })
    expect(Command.parse("/updateReports?agent=a&shutdownOnComplete=true", cases)).toMatchObject({ shutdown: true })
  })

  it("is refused with what Autobahn refuses", () => {
    for (
      const target of ["/runCase?case=1", "/runCase?agent=a", "/runCase?case=0&agent=a", "/runCase?case=10&agent=a"]
    ) {
      expect(tag(target)).toBe("500")
    }
    for (const target of ["/runCase?case=1&case=2&agent=a", "/runCase?casetuple=9.9.1&agent=a", "/updateReports"]) {
      expect(tag(target)).toBe("500")
    }
    expect(tag("/")).toBe("404")
  })
})

describe("the fuzzing server", () => {
  it.scopedLive("answers what it is asked", () =>
    Effect.gen(function*() {
      const { port, reported, stopped } = yield* fuzzingServer(
        "1.1.1,2.1",
        new Results(),
        { excluded: (agent) => agent === "shunned" }
      )
      expect(yield* wsAsk(port, "/getCaseCount")).toBe("2")
      expect(yield* wsAsk(port, "/getCaseInfo?case=2")).toBe(`{"id": "2.1", "description": "Ping with no data"}`)
      const waiting = yield* Effect.fork(wsAsk(port, "/getCaseStatus?case=1&agent=a"))
      yield* wsAsk(port, "/runCase?case=1&agent=a")
      expect(yield* Fiber.join(waiting)).toBe(`{"behavior": "OK"}`)
      expect(yield* wsAsk(port, "/getCaseStatus?casetuple=1.1.1&agent=a")).toBe(`{"behavior": "OK"}`)
      expect(yield* wsAsk(port, "/runCase?case=1")).toContain("500")
      expect(yield* wsAsk(port, "/elsewhere")).toContain("404")
      yield* wsAsk(port, "/runCase?case=1&agent=shunned")
      expect(yield* reported).toBe(false)
      yield* wsAsk(port, "/updateReports?agent=a&shutdownOnComplete=true")
      expect(yield* reported).toBe(true)
      yield* stopped
    }))

  it.scopedLive("keeps a connection alive whose case has to wait", () =>
    Effect.gen(function*() {
      const results = new Results()
      const { port } = yield* fuzzingServer("1.1.1,6.4.1", results)
      const open = (target: string) => new WebSocket(`ws://127.0.0.1:${port}${target}`)
      // It does not echo, and so its case takes a second, in which a timed one does not begin.
      const idle = open("/runCase?case=1&agent=a")
      yield* Effect.promise(() => once(idle, "open"))
      const waiting = open("/runCase?case=2&agent=a")
      yield* Effect.promise(() => once(waiting, "open"))
      waiting.ping("alive?")
      const [payload] = yield* Effect.promise(() => once(waiting, "pong"))
      expect(String(payload)).toBe("alive?")
      expect(results.agents()).toEqual([])
      waiting.terminate()
      yield* Effect.promise(() => once(idle, "close"))
      yield* Effect.repeat(Effect.sleep(10), { until: () => results.get("a", "6.4.1") !== undefined })
      expect(results.get("a", "6.4.1")?.verdict).toMatchObject({ behavior: "FAILED" })
    }))

  it.scopedLive("keeps no result of an agent for whom a case is excluded", () =>
    Effect.gen(function*() {
      const results = new Results()
      const { port } = yield* fuzzingServer("1.1.1", results, { excluded: (agent) => agent === "shunned" })
      yield* wsAsk(port, "/runCase?case=1&agent=shunned")
      expect(results.agents()).toEqual([])
    }))
})

describe("Gate", () => {
  it.effect("lets quiet ones run beside each other only", () =>
    Effect.gen(function*() {
      const gate = Gate.make()
      const order: Array<string> = []
      const enter = (name: string, quiet: boolean) =>
        Effect.gen(function*() {
          const end = yield* Deferred.make<void>()
          const fiber = yield* Effect.fork(
            gate.pass(quiet)(Effect.zipRight(Effect.sync(() => order.push(name)), Deferred.await(end)))
          )
          yield* Effect.yieldNow()
          return Effect.zipRight(Deferred.succeed(end, undefined), Fiber.join(fiber))
        })
      const loud1 = yield* enter("loud 1", false)
      const loud2 = yield* enter("loud 2", false)
      const quiet1 = yield* enter("quiet 1", true)
      const quiet2 = yield* enter("quiet 2", true)
      const loud3 = yield* enter("loud 3", false)
      expect(order).toEqual(["loud 1", "loud 2"])
      yield* Effect.zipRight(loud1, loud2)
      expect(order).toEqual(["loud 1", "loud 2", "quiet 1", "quiet 2"])
      yield* Effect.zipRight(quiet1, quiet2)
      yield* loud3
      expect(order.at(-1)).toBe("loud 3")
    }))
})

describe("SpecFile", () => {
  it.effect("reads Autobahn's", () =>
    Effect.gen(function*() {
      const client = yield* SpecFile.parseClient(JSON.stringify({
        outdir: "./reports/servers",
        servers: [{ agent: "a", url: "ws://127.0.0.1:9001", options: { version: 18 } }],
        cases: ["*"],
        "exclude-cases": ["9.*"],
        "exclude-agent-cases": { a: ["1.*"] },
        webport: 8080
      }))
      expect(client.servers).toMatchObject([{ agent: "a", url: "ws://127.0.0.1:9001" }])
      expect(SpecFile.selection(client, { beyond: false, http2: false })).toEqual({
        include: ["*"],
        exclude: ["9.*"],
        beyond: false,
        http2: false,
        excludeForAgents: { a: ["1.*"] }
      })
      expect(Exit.isFailure(yield* Effect.exit(SpecFile.parseServer("{\"cases\": 1}")))).toBe(true)
    }))
})

describe("permessage-deflate, as the examiner negotiates it", () => {
  const plain = { noContextTakeover: false, windowBits: undefined, fallback: false }

  it("repeats what the client asked for, and adds what the case wants", () => {
    const offer = ["permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_max_window_bits"]
    expect(Extension.answer(offer, { noContextTakeover: true, windowBits: 9, fallback: false })).toEqual({
      value: "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_no_context_takeover; " +
        "client_max_window_bits=9",
      agreed: { incoming: { takeover: false, windowBits: 9 }, outgoing: { takeover: false, windowBits: 10 } }
    })
  })

  it("declines what lacks a parameter that the case needs, or falls back", () => {
    const policy = { noContextTakeover: true, windowBits: 9, fallback: false } as const
    expect(Extension.answer(["permessage-deflate"], policy)).toBe(undefined)
    expect(Extension.answer(["permessage-deflate"], { ...policy, fallback: true })).toMatchObject({
      value: "permessage-deflate; client_no_context_takeover"
    })
    expect(Extension.answer(["x-unknown"], plain)).toBe(undefined)
  })

  it("refuses what makes no sense, wherever it stands", () => {
    for (
      const wrong of ["unknown", "client_max_window_bits=16", "server_max_window_bits", "server_no_context_takeover=1"]
    ) {
      expect(typeof Extension.answer([`permessage-deflate, permessage-deflate; ${wrong}`], plain)).toBe("string")
    }
    expect(typeof Extension.answer(["permessage-deflate; client_max_window_bits=\"9\""], plain)).toBe("object")
  })

  it("takes any answer that can be read", () => {
    expect(Extension.accept(["permessage-deflate; client_max_window_bits=9"])).toEqual({
      incoming: { takeover: true, windowBits: 15 },
      outgoing: { takeover: true, windowBits: 9 }
    })
    expect(Extension.accept([])).toBe(undefined)
    expect(typeof Extension.accept(["permessage-deflate", "permessage-deflate"])).toBe("string")
    expect(typeof Extension.accept(["x-unknown"])).toBe("string")
  })
})

describe("Opening", () => {
  it("reads ws and wss URLs", () => {
    expect(Target.parse("ws://[::1]/a?b")).toMatchObject({ host: "::1", port: 80, path: "/a?b", secure: false })
    expect(Target.parse("wss://example.com")).toMatchObject({
      host: "example.com",
      port: 443,
      path: "/",
      secure: true
    })
    for (const url of ["http://a", "ws://a/#b", "a"]) expect(Target.parse(url)).toBe(undefined)
  })
})
