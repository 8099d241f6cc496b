/** `effect-ws listen` and `load` as processes, and the examiner's program behind `examine`. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { once } from "node:events"
import { type ClientOptions, WebSocket } from "ws"
import { locked, selfSigned } from "../../platform-node/test/certificate.js"
import { files, isLong, run, running } from "./command.js"

/** A server on a free port, and its URL. */
const listening = (...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const server = yield* running(["listen", "--port", "0", ...args])
    yield* server.until(/listening on \S+\n/)
    const [, url = ""] = /listening on (\S+)/.exec(server.said()) ?? []
    return { ...server, url }
  })

/** A client that others wrote. */
const visiting = (url: string, protocols: ReadonlyArray<string> = [], options: ClientOptions = {}) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const socket = new WebSocket(url, [...protocols], options)
      const heard: Array<string> = []
      socket.on("message", (data) => heard.push(String(data)))
      await once(socket, "open")
      return { socket, heard }
    }),
    ({ socket }) => Effect.sync(() => socket.terminate())
  )

const until = (isSo: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => isSo() ? Effect.void : Effect.delay(until(isSo), "20 millis"))

describe("listen", () => {
  it.scopedLive("echoes, shows what comes, and sends all clients what is typed", () =>
    Effect.gen(function*() {
      const server = yield* listening("-s", "chat")
      const { heard, socket } = yield* visiting(server.url, ["other", "chat"])
      expect(socket.protocol).toBe("chat")
      socket.send("hello")
      yield* until(() => heard.includes("hello"))
      yield* server.until("1: hello")
      server.child.stdin?.write("to all\n")
      yield* until(() => heard.includes("to all"))
      socket.close(4000, "\u001b[2J")
      yield* server.until(/1 ended: .*received 4000 "\\u001b\[2J"/)
      server.child.kill("SIGINT")
      expect((yield* Effect.promise(() => server.done)).code).toBe(130)
    }))
})

describe.skipIf(!isLong)("listen, at length", () => {
  it.scopedLive("passes messages on to all others", () =>
    Effect.gen(function*() {
      const { url } = yield* listening("--broadcast")
      const [ann, bob] = [yield* visiting(url), yield* visiting(url)]
      ann.socket.send("hello")
      yield* until(() => bob.heard.includes("hello"))
      bob.socket.send("you")
      yield* until(() => ann.heard.length > 0)
      expect([ann.heard, bob.heard]).toEqual([["you"], ["hello"]])
    }))

  it.scopedLive("says what it was told to, in turn", () =>
    Effect.gen(function*() {
      const { url } = yield* listening("--reply", "one", "--reply", "two")
      const { heard, socket } = yield* visiting(url)
      for (const message of ["a", "b", "c"]) socket.send(message)
      yield* until(() => heard.length === 3)
      expect(heard).toEqual(["one", "two", "one"])
    }))

  it.scopedLive("takes HTTP/2 too, if told to, and connect asks for it", () =>
    Effect.gen(function*() {
      const [both, old] = [yield* listening("--http2"), yield* listening()]
      const ask = (url: string, how: string) => run(["connect", url, "--http2", how, "-x", "hello"])
      const over2 = yield* ask(both.url, "require")
      expect([over2.code, String(over2.out)]).toEqual([0, "hello\n"])
      expect((yield* ask(old.url, "require")).code).toBe(3)
      expect((yield* ask(old.url, "prefer")).code).toBe(0)
    }))

  it.scopedLive("speaks TLS with its certificate, whose key has a passphrase", () =>
    Effect.gen(function*() {
      const { cert, key } = selfSigned()
      const path = yield* files({ cert, key: locked(key, "open it") })
      const { url } = yield* listening("--cert", path("cert"), "--key", path("key"), "--passphrase", "open it")
      expect(url).toMatch(/^wss:/)
      const { heard, socket } = yield* visiting(url, [], { ca: cert })
      socket.send("hello")
      yield* until(() => heard.includes("hello"))
      const ours = yield* run(["connect", url, "--ca", path("cert"), "-x", "hello"])
      expect([ours.code, String(ours.out)]).toEqual([0, "hello\n"])
    }))

  it.scopedLive("only shows", () =>
    Effect.gen(function*() {
      const server = yield* listening("--log")
      const { heard, socket } = yield* visiting(server.url)
      socket.send("hello")
      yield* server.until("1: hello")
      expect(heard).toEqual([])
    }))

  it.scopedLive("says why it cannot", () =>
    Effect.gen(function*() {
      const { url } = yield* listening()
      const taken = yield* run(["listen", "--port", new URL(url).port])
      expect([taken.code, taken.err]).toEqual([2, expect.stringContaining("EADDRINUSE")])
      const both = yield* run(["listen", "--echo", "--reply", "x"])
      expect([both.code, both.err]).toEqual([2, "give only one of --echo, --reply\n"])
    }))
})

describe.skipIf(!isLong)("load", () => {
  it.scopedLive("counts answers and how long they took, as fast as it goes and at a rate", () =>
    Effect.gen(function*() {
      const { url } = yield* listening("--quiet")
      const fast = yield* run(["load", url, "-c", "3", "-d", "1", "--in-flight", "4", "--json"])
      const result = JSON.parse(String(fast.out))
      expect([fast.code, result.connections, result.failures]).toEqual([0, 3, {}])
      expect(result.messages).toBeGreaterThan(0)
      expect(result.latencyMs.max).toBeGreaterThanOrEqual(result.latencyMs.p50)
      const slow = yield* run(["load", url, "-c", "2", "-d", "1", "--rate", "10", "--size", "1000", "--binary"])
      expect(slow.code).toBe(0)
      const [, count] = /^answers +(\d+) in/m.exec(String(slow.out)) ?? []
      expect(Number(count)).toBeLessThanOrEqual(12)
    }))

  it.scopedLive("exits with 3 if it cannot connect, and says how often", () =>
    Effect.gen(function*() {
      const { code, err } = yield* run(["load", "ws://127.0.0.1:1/", "-c", "2", "-d", "1"])
      expect([code, err]).toEqual([3, expect.stringMatching(/^2 × .*ECONNREFUSED/)])
    }))
})

describe.skipIf(!isLong)("examine", () => {
  it.scopedLive("is the examiner's own program", () =>
    Effect.gen(function*() {
      const { url } = yield* listening("--quiet")
      const { code, out } = yield* run(["examine", "client", "--url", url, "--cases", "1.1.*", "--strict"])
      expect([code, String(out)]).toEqual([0, expect.stringMatching(/OK 8/)])
      expect((yield* run(["examine", "client", "--url", "ws://127.0.0.1:1/"])).code).toBe(2)
    }))
})
