/**
 * A client and a server of ours, and between them a relay that breaks, ends, stalls or splits what passes, at octets of the whole of it:
 * TLS, the opening handshake, messages that are compressed, closing. Each end comes to exactly one result of the kind that the fault
 * explains, and the process keeps neither exception, rejection, fiber, timer nor descriptor. `EVERY_OCTET=1` takes every octet;
 * otherwise eight for each fault.
 */
import { expect, it } from "@effect/vitest"
import { Refusal } from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import * as Net from "node:net"
import { listen, until } from "../rawServer.js"
import { certificate, descriptors, make, quietly } from "./arena.js"
import { watch } from "./fibers.js"

/** `interruption` is of our client, once so many octets have passed. */
type Kind = "reset" | "end" | "stall" | "split" | "interruption"

interface Fault {
  readonly way: "up" | "down"
  readonly at: number
  readonly kind: Kind
}

/** What has passed, each way. */
interface Passed {
  up: number
  down: number
}

const relay = (port: number, fault: Fault | undefined, passed: Passed) =>
  listen((near) => {
    const far = Net.connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true })
    far.on("error", () => {})
    const pass = (from: Net.Socket, to: Net.Socket, way: Fault["way"]): void => {
      let silent = false
      from.on("data", (octets) => {
        if (silent) return
        const left = fault?.way === way ? Math.max(0, fault.at - passed[way]) : Infinity
        const passing = octets.subarray(0, left)
        const rest = octets.subarray(passing.length)
        passed[way] += passing.length
        if (passing.length > 0) to.write(passing)
        if (rest.length === 0) return
        silent = true
        switch (fault?.kind) {
          case undefined:
            return
          case "interruption":
            silent = false
            passed[way] += rest.length
            return void to.write(rest)
          case "reset":
            near.resetAndDestroy()
            return void far.resetAndDestroy()
          case "end":
            return void to.end()
          case "stall":
            return
          case "split":
            silent = false
            passed[way] += rest.length
            for (const octet of rest) to.write(Uint8Array.of(octet))
        }
      })
      from.on("end", () => {
        if (!silent) to.end()
      })
      from.on("close", () => to.destroySoon())
    }
    pass(near, far, "up")
    pass(far, near, "down")
  })

type Client = Effect.Effect.Success<ReturnType<typeof NodeWebSocketClient.make>>

const said = ["a message that is long enough to be worth compressing, ".repeat(4), "and one in parts"]

const converse = (client: Client, url: string) =>
  Effect.scoped(Effect.gen(function*() {
    const received: Array<unknown> = []
    const connection = yield* client.connect(url)
    yield* Effect.fork(Effect.ignore(connection.run((message) => void received.push(message))))
    yield* Effect.ignore(Effect.gen(function*() {
      yield* connection.send(said[0] ?? "")
      yield* connection.sendStream("text", Stream.make("and one ", "in parts"))
      yield* connection.ping
      yield* Effect.raceFirst(until(() => received.length === said.length), connection.outcome)
    }))
    const outcome = yield* connection.close()
    expect(received).toEqual(said.slice(0, received.length))
    return outcome._tag === "Dropped" ? `Dropped ${outcome.cause._tag}` : outcome._tag
  })).pipe(
    Effect.catchAll(({ reason }) =>
      Effect.succeed(`handshake ${reason._tag}${reason._tag === "Dropped" ? ` ${reason.cause._tag}` : ""}`)
    )
  )

const dropped = ["handshake Dropped Reset", "handshake Dropped Eof", "Dropped Reset", "Dropped Eof", "Clean"]

/** What a fault explains, at either end. */
const explained: Record<Kind, ReadonlyArray<string>> = {
  // Node ends a socket before it resets it, and who was first is seen
  reset: [...dropped, "handshake TlsFailed"],
  // Half a request is answered with 400
  end: [...dropped, "handshake TlsFailed", "handshake Refused"],
  stall: [...dropped, "handshake Timeout", "handshake Refused", "Failed", "CloseTimeout", "DropTimeout"],
  split: ["Clean"],
  interruption: [...dropped, "interrupted"]
}

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length

/** What nobody caught while it runs: the test runner sees it too, and fails. */
const uncaught = Effect.acquireRelease(
  Effect.sync(() => {
    const errors: Array<unknown> = []
    const add = (error: unknown): void => void errors.push(error)
    process.on("unhandledRejection", add)
    process.on("uncaughtExceptionMonitor", add)
    return { errors, add }
  }),
  ({ add }) =>
    Effect.sync(() => {
      process.off("unhandledRejection", add)
      process.off("uncaughtExceptionMonitor", add)
    })
)

const short = {
  openTimeout: "1 second",
  limits: { keepaliveInterval: 500, keepaliveTimeout: 500, closeTimeout: 300, dropTimeout: 300 }
} as const
const every = process.env["EVERY_OCTET"] !== undefined

for (const secure of [false, true]) {
  for (const kind of ["reset", "end", "stall", "split", "interruption"] as const) {
    it.scopedLive(
      `${kind} at any octet of ${secure ? "TLS, " : ""}an opening, messages and a closing`,
      () =>
        quietly(Effect.gen(function*() {
          const times = kind === "stall" ? short : {}
          const arena = yield* make({ ...times, compression: {}, ...(secure ? { tls: certificate } : {}) })
          const client = yield* NodeWebSocketClient.make({ ...times, tls: { ca: certificate.cert } })
          const { errors } = yield* uncaught
          const fibers = yield* watch
          const through = (fault: Fault | undefined, passed: Passed) =>
            Effect.scoped(Effect.flatMap(
              relay(arena.port, fault, passed),
              ({ port, sockets }) => {
                const conversation = converse(client, `${secure ? "wss" : "ws"}://127.0.0.1:${port}/`)
                const result = fault?.kind !== "interruption"
                  ? conversation
                  : Effect.raceFirst(
                    conversation,
                    Effect.as(until(() => passed[fault.way] >= fault.at), "interrupted")
                  )
                // The client has left by itself, before the relay goes
                return Effect.zipLeft(
                  result,
                  until(() => sockets.every((near) => near.readableEnded || near.destroyed))
                )
              }
            ))
          const whole: Passed = { up: 0, down: 0 }
          expect(yield* through(undefined, whole)).toBe("Clean")
          yield* arena.goesOn
          const before = { descriptors: descriptors(), timers: timers() }
          const faults = (["up", "down"] as const).flatMap((way) => {
            const step = every ? 1 : whole[way] / 8
            return Array.from({ length: every ? whole[way] + 1 : 9 }, (_, i): Fault => ({
              way,
              kind,
              at: Math.min(whole[way], Math.floor(i * step))
            }))
          })
          const found = yield* fibers.over(Effect.forEach(
            faults,
            (fault) => Effect.map(through(fault, { up: 0, down: 0 }), (result) => ({ ...fault, result })),
            { concurrency: 6 }
          ))
          for (const one of found) {
            expect(explained[kind], JSON.stringify(one)).toContain(one.result)
            // Of nothing that passed, nothing comes but a handshake that failed
            if (one.at === 0 && !["split", "interruption"].includes(kind)) {
              expect(one.result, JSON.stringify(one)).toMatch(/^handshake/)
            }
          }
          yield* until(() => arena.outcomes.length === arena.opened.length)
          for (const outcome of arena.outcomes) {
            const tag = outcome._tag === "Dropped" ? `Dropped ${outcome.cause._tag}` : outcome._tag
            expect(explained[kind]).toContain(tag)
          }
          yield* arena.goesOn
          yield* until(() => descriptors() <= before.descriptors && timers() <= before.timers)
          expect(arena.outcomes).toHaveLength(arena.opened.length) // one each
          expect(yield* fibers.left).toBe(0)
          expect(errors).toEqual([])
        })),
      every ? 1_800_000 : 60_000
    )
  }
}

it.scopedLive(
  "a refusal too large for the socket, of a client that does not read it, is cut in time",
  () =>
    quietly(Effect.gen(function*() {
      const body = "x".repeat(32 * 1024 * 1024)
      const arena = yield* make({ limits: { dropTimeout: 200 } }, {
        accept: () => Effect.fail(new Refusal({ status: 403, body }))
      })
      const before = descriptors()
      const done = yield* Effect.exit(Effect.scoped(Effect.gen(function*() {
        const attacker = yield* Effect.acquireRelease(
          Effect.sync(() => Net.connect({ port: arena.port, host: "127.0.0.1" }).on("error", () => {}).pause()),
          (socket) => Effect.sync(() => socket.destroy())
        )
        attacker.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")
        attacker.write("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        // Two descriptors: the attacker's and the server's, which goes
        yield* until(() => descriptors() === before + 2)
        yield* until(() => descriptors() === before + 1)
      })))
      expect(Exit.isSuccess(done)).toBe(true)
      yield* arena.goesOn
    })),
  20_000
)
