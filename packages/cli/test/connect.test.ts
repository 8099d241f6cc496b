/** `effect-ws connect` as a process, against a server that others wrote: pipes, options, a terminal, exit codes. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { randomBytes } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { codes, folder, inTerminal, isLong, noTerminal, run, running } from "./command.js"
import { theirs } from "./servers.js"

if (noTerminal) console.warn("no /usr/bin/script: what needs a terminal is skipped")

describe("connect", () => {
  it.scopedLive("sends the lines of a pipe, and writes what comes as lines", () =>
    Effect.gen(function*() {
      const { url } = yield* theirs
      const { code, err, out } = yield* run(["connect", url, "--wait", "forever"], "né\n\nclose 1000\n")
      expect([code, String(out)]).toEqual([0, "né\n\n"])
      expect(err).toContain("received 1000 \"as told\"")
    }))
})

describe.skipIf(!isLong)("connect, at length", () => {
  it.scopedLive("exits by how the connection ended", () =>
    Effect.gen(function*() {
      const { url } = yield* theirs
      const found = yield* codes(url, {
        code: ["-x", "close 1011"],
        lost: ["-x", "drop"],
        broken: ["-x", "break"],
        usage: ["--hex", "--json"],
        range: ["--timeout", "1e12"]
      })
      expect(found).toEqual({
        code: [1, expect.stringContaining("received 1011 \"as told\"")],
        lost: [4, expect.any(String)],
        broken: [5, expect.any(String)],
        usage: [2, "give only one of --hex, --json"],
        range: [2, expect.stringContaining("must be 1ms to")]
      })
      const { code, err } = yield* run(["connect", "ws://127.0.0.1:1/"])
      expect([code, err]).toEqual([3, expect.stringContaining("ECONNREFUSED")])
    }))

  it.scopedLive("passes a stream of bytes on as it is", () =>
    Effect.gen(function*() {
      const { url } = yield* theirs
      const bytes = randomBytes(1_000_000)
      const { code, out } = yield* run(["connect", url, "--binary", "--quiet", "--wait", "2"], bytes)
      expect([code, out.equals(bytes)]).toEqual([0, true])
    }))

  it.scopedLive("passes a stream of text on, characters whole", () =>
    Effect.gen(function*() {
      const { url } = yield* theirs
      const text = "né 🙂 ".repeat(30_000)
      const { code, out } = yield* run(["connect", url, "--stream", "--quiet", "--wait", "2"], text)
      expect([code, String(out) === text]).toEqual([0, true])
    }))

  it.scopedLive("speaks hex and JSON, says what is neither, and goes on", () =>
    Effect.gen(function*() {
      const { url } = yield* theirs
      const hex = yield* run(["connect", url, "--hex"], "68 69\nxx\n00ff\n")
      expect([hex.code, String(hex.out)]).toEqual([0, "6869\n00ff\n"])
      expect(hex.err).toContain("not sent: write each byte as two hexadecimal digits")
      const json = yield* run(["connect", url, "--json"], "{\"a\": [1]}\n{a}\n")
      expect([json.code, String(json.out)]).toEqual([0, "{\"a\":[1]}\n"])
      expect(json.err).toContain("not sent: the line is not JSON")
    }))

  it.scopedLive("asks with headers, cookies, credentials, origin and subprotocols", () =>
    Effect.gen(function*() {
      const { requests, url } = yield* theirs
      const file = join(yield* folder, "auth")
      writeFileSync(file, "ada:se:same\n")
      const asked = [
        ...["-H", "X-One: 1", "--header", "X-Two: a: b", "--cookie", "a=1", "--cookie", "b=2", "--auth-file", file],
        ...["--origin", "https://a.example", "-s", "chat.v2", "-s", "chat.v1", "--no-compression", "-x", "close 1000"]
      ]
      expect((yield* run(["connect", url, ...asked])).code).toBe(0)
      expect(requests[0]?.headers).toMatchObject({
        "x-one": "1",
        "x-two": "a: b",
        cookie: "a=1; b=2",
        authorization: `Basic ${Buffer.from("ada:se:same").toString("base64")}`,
        origin: "https://a.example",
        "sec-websocket-protocol": "chat.v2, chat.v1"
      })
      expect(requests[0]?.headers["sec-websocket-extensions"]).toBeUndefined()
    }))

  it.scopedLive("connects again, and sends what was to be sent", () =>
    Effect.gen(function*() {
      const { requests, url } = yield* theirs
      const command = yield* running(["connect", url, "--reconnect"])
      yield* command.until("connected")
      command.child.stdin?.write("drop\n")
      yield* command.until("trying again")
      command.child.stdin?.write("again\n")
      yield* command.until(/^again$/m)
      command.child.stdin?.end()
      expect((yield* Effect.promise(() => command.done)).code).toBe(0)
      expect(requests.length).toBe(2)
    }))

  it.scopedLive("shows frames, and writes a report", () =>
    Effect.gen(function*() {
      const { url } = yield* theirs
      const file = join(yield* folder, "report.html")
      const wanted = ["--no-compression", "--wire", "--report", file, "--ping", "60", "-x", "hello"]
      const { code, err } = yield* run(["connect", url, ...wanted])
      expect(code).toBe(0)
      expect(err).toMatch(/ms > text 5 bytes FIN mask [0-9a-f]{8} {2}hello/)
      expect(err).toMatch(/ms < text 5 bytes FIN {2}hello/)
      expect(err).toMatch(/ms > ping/)
      expect(err).toMatch(/pong after [\d.]+ ms/)
      expect(err).toMatch(/ms < close 2 bytes FIN/)
      expect(readFileSync(file, "utf8")).toMatch(/^<!doctype html>[^]*>hello</i)
    }))

  it.scopedLive("ends well when nobody reads its output any more", () =>
    Effect.gen(function*() {
      const { url } = yield* theirs
      const command = yield* running(["connect", url, "--quiet"])
      command.child.stdout?.destroy()
      command.child.stdin?.write("one\ntwo\n")
      expect((yield* Effect.promise(() => command.done)).code).toBe(0)
    }))

  it.scopedLive("ends when the server closes, with its input still open", () =>
    Effect.gen(function*() {
      const { url } = yield* theirs
      const command = yield* running(["connect", url])
      yield* command.until("connected")
      command.child.stdin?.write("close 1000\n")
      expect((yield* Effect.promise(() => command.done)).code).toBe(0)
    }))

  it.scopedLive("is interrupted with 130, and closes", () =>
    Effect.gen(function*() {
      const { url } = yield* theirs
      const command = yield* running(["connect", url])
      yield* command.until("connected")
      command.child.kill("SIGINT")
      expect((yield* Effect.promise(() => command.done)).code).toBe(130)
    }))

  it.scopedLive.skipIf(noTerminal)(
    "in a terminal: a prompt, a history, commands, and nothing that the terminal would obey",
    () =>
      Effect.gen(function*() {
        const { url } = yield* theirs
        const command = yield* inTerminal(["connect", url, "--slash"])
        const type = (keys: string) => Effect.sync(() => void command.child.stdin?.write(keys))
        yield* command.until("> ")
        yield* type("hello\r")
        yield* command.until("< hello")
        yield* type("red \u0016\u001b[31m\r") // ^V: what follows is typed as it is, where the terminal knows that
        yield* command.until(/< red /)
        expect(command.said()).not.toContain("< red \u001b[31m")
        yield* type("\u001b[A\u001b[A\u001b[B\u001b[A\r") // up and down: the first again
        yield* command.until(/< hello[^]*< hello/)
        yield* type("/ping\r")
        yield* command.until(/pong after [\d.]+ ms/)
        yield* type("/nothing\r")
        yield* command.until("the commands are /ping and /close [CODE [REASON]]")
        yield* type("/close 4000 bye\r")
        expect((yield* Effect.promise(() => command.done)).code).toBe(1)
        expect(command.said()).toContain("sent 4000 \"bye\"")
      })
  )

  it.scopedLive.skipIf(noTerminal)("in a terminal: Ctrl-D closes, Ctrl-C interrupts", () =>
    Effect.gen(function*() {
      const { url } = yield* theirs
      for (const [key, code] of [["\u0004", 0], ["\u0003", 130]] as const) {
        const command = yield* inTerminal(["connect", url])
        yield* command.until("> ")
        command.child.stdin?.write(key)
        expect((yield* Effect.promise(() => command.done)).code).toBe(code)
      }
    }))
})
