/** Peers and handlers that do not read, and handshakes that do not end, with numbers: docs/reference/security.md shows them. */
import { describe, expect, it } from "@effect/vitest"
import { PreparedMessage } from "@effect-ws/connection/Message"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import { readFileSync } from "node:fs"
import * as Net from "node:net"
import { request } from "../rawClient.js"
import { until } from "../rawServer.js"
import { type Arena, attack, binary, descriptors, flood, growth, held, make, quietly, repeated, text } from "./arena.js"

const KiB = 1024
const MiB = 1024 * KiB

/** Until it has not changed for a while: what leaves now has left, and what cannot leave does not. */
const settled = (value: () => number): Effect.Effect<number> =>
  Effect.promise(async () => {
    for (let last = NaN;;) {
      const before = value()
      if (before === last) return before
      last = before
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
  })

describe("a peer that never reads", () => {
  for (const size of [100, 256 * KiB]) {
    let accepted = 0
    const message = new Uint8Array(size)
    attack(
      `a peer that never reads: messages of ${size} stay under the budget, the sender suspends, a deadline ends it`,
      (arena) =>
        Effect.gen(function*() {
          const client = yield* arena.open()
          client.socket.pause()
          const grown = yield* growth(Effect.gen(function*() {
            client.write(text("go"))
            yield* settled(() => accepted)
          }))
          const pending = arena.opened[0]?.bufferedAmount ?? 0
          // The outbox, and the message that passed its mark.
          expect(pending).toBeGreaterThan(512 * KiB)
          expect(pending).toBeLessThan(MiB + size + 64 * KiB)
          expect(grown).toBeLessThan(pending + MiB)
          yield* Effect.sleep("50 millis")
          expect(accepted).toBe(yield* settled(() => accepted)) // the sender is suspended
          yield* Deferred.succeed(deadline, undefined)
          expect(yield* arena.outcome()).toMatchObject({
            _tag: "Aborted",
            why: { _tag: "Application", reason: "it takes nothing" },
            droppedBy: "us"
          })
          expect(yield* growth(Effect.void)).toBeLessThan(MiB)
        }),
      {},
      {
        onMessage: (connection) =>
          Effect.suspend(() => {
            accepted = 0
            const sending = Effect.forever(Effect.zipRight(
              connection.send(message),
              Effect.sync(() => void accepted++)
            ))
            return Effect.raceFirst(Effect.ignore(sending), Deferred.await(deadline)).pipe(
              Effect.zipRight(connection.abort("it takes nothing"))
            )
          })
      }
    )
    const deadline = Deferred.unsafeMake<void>(FiberId.none)
  }

  attack(
    "a peer that never reads, and has everything echoed: it is not read any more either",
    (arena) =>
      Effect.gen(function*() {
        const client = yield* arena.open()
        client.socket.pause()
        const some = repeated(binary(new Uint8Array(4 * KiB)), 256)
        yield* flood(client, some)
        const grown = yield* growth(settled(() => arena.messages.length), some)
        // 1 MiB to be written, 1 MiB that was read, a batch of both under way
        expect(grown).toBeLessThan(4 * MiB)
        expect(arena.opened[0]?.bufferedAmount).toBeLessThan(MiB + 128 * KiB)
        client.socket.resume()
        const echoed = arena.messages.length
        yield* until(() => arena.messages.length > echoed + 100) // and when it reads again, all goes on
        client.socket.resetAndDestroy()
        expect(yield* arena.outcome()).toMatchObject({ _tag: "Dropped" })
      })
  )
})

describe("a handler that never reads", () => {
  const sizes: ReadonlyArray<readonly [says: string, message: Uint8Array, most: number]> = [
    ["text of 1", text("a"), MiB],
    // and what one read of 64 KiB holds in messages of 7 octets
    ["binary of 1", binary(new Uint8Array(1)), 5 * MiB],
    ["binary of 1 KiB", binary(new Uint8Array(KiB)), 3 * MiB],
    ["binary of 100 KiB", binary(new Uint8Array(100 * KiB)), 3 * MiB],
    ["text of 10 KiB beyond latin1", text("é漢".repeat(2 * KiB)), 4 * MiB] // two octets a letter
  ]
  for (const [says, message, most] of sizes) {
    attack(
      `a handler that never reads: its inbox of ${says} is bounded, and reading pauses`,
      (arena) =>
        Effect.gen(function*() {
          const client = yield* arena.open()
          const some = repeated(message, Math.ceil(256 * KiB / message.length))
          const grown = yield* growth(Effect.flatMap(flood(client, some), settled), some)
          report(`inbox of ${says}`, grown)
          expect(grown).toBeLessThan(most)
          expect(arena.messages).toHaveLength(1)
          client.socket.resetAndDestroy()
        }),
      {},
      { onMessage: () => Effect.async<void>(() => {}) }
    )
  }
})

describe("a broadcast", () => {
  it.scopedLive(
    "a broadcast to 1,000 of which 10 are stuck: the others get everything, and memory is flat",
    () =>
      quietly(Effect.gen(function*() {
        // Octets are counted: on a busy machine a ping would be among them.
        const arena = yield* make({ compression: false, limits: { keepaliveInterval: 0 } }, {})
        const all = yield* many(arena, affordable(1_000))
        const stuck = arena.opened.slice(0, 10)
        for (const socket of all.sockets.slice(0, 10)) socket.pause()
        const fill = new PreparedMessage(new Uint8Array(16 * KiB))
        for (const connection of stuck) {
          yield* settled(() => {
            while (connection.trySend(fill) === "accepted");
            return connection.bufferedAmount
          })
        }
        const before = stuck.map((connection) => connection.bufferedAmount)
        for (const amount of before) expect(amount).toBeLessThan(MiB + 128 * KiB)
        const received = all.received()
        const rounds = 50
        const size = 4 * KiB
        const grown = yield* growth(Effect.gen(function*() {
          for (let round = 0; round < rounds; round++) {
            const message = new PreparedMessage(new Uint8Array(size).fill(round))
            for (const [index, connection] of arena.opened.entries()) {
              expect(connection.trySend(message)).toBe(index < 10 ? "full" : "accepted")
            }
            yield* Effect.yieldNow()
          }
          yield* until(() => all.received() - received === (all.sockets.length - 10) * rounds * (size + 4))
        }))
        report(`broadcast of ${rounds} × ${size} to ${all.sockets.length}`, grown)
        expect(grown).toBeLessThan(8 * MiB) // of 200 MiB that went through
        expect(stuck.map((connection) => connection.bufferedAmount)).toEqual(before)
        yield* arena.goesOn
      })),
    120_000
  )
})

describe("handshakes", () => {
  it.scopedLive(
    "slow loris: a handshake sent an octet at a time ends at its timeout; thousands of them do not stop others",
    () =>
      quietly(Effect.gen(function*() {
        const arena = yield* make({ openTimeout: "3 seconds" })
        const before = descriptors()
        const count = affordable(2_000)
        const octets = request()
        let answers = ""
        let gone = 0
        const held0 = yield* held
        const sockets: Array<Net.Socket> = []
        for (let i = 0; i < count; i++) {
          const socket = Net.connect({ port: arena.port, host: "127.0.0.1" })
          sockets.push(socket)
          socket.on("error", () => {})
          socket.on("data", (chunk: Buffer) => {
            answers += chunk.toString("latin1").slice(0, 12)
          })
          socket.on("close", () => gone++)
          if (i % 100 === 99) yield* until(() => sockets.every((other) => !other.connecting))
        }
        yield* Effect.addFinalizer(() => Effect.sync(() => sockets.forEach((socket) => socket.destroy())))
        report(`each of ${count} handshakes under way, both ends`, ((yield* held) - held0) / count)
        for (let at = 0; gone < count; at++) {
          for (const socket of sockets) {
            if (socket.writable) socket.write(octets.charAt(at % octets.length))
          }
          // Others are served meanwhile, and so is who comes new.
          yield* arena.goesOn
          yield* Effect.scoped(Effect.gen(function*() {
            const honest = yield* arena.open()
            honest.write(text("hello"))
            expect(yield* honest.frame).toBe("text hello")
          }))
          yield* Effect.sleep("100 millis")
        }
        expect(answers.match(/HTTP\/1\.1 408/g)?.length).toBe(count)
        expect(arena.opened.length).toBe(arena.outcomes.length)
        yield* until(() => descriptors() <= before)
      })),
    120_000
  )

  it.scopedLive(
    "slow loris: deciding that never ends is bounded as well, by openTimeout and maxConnections",
    () =>
      quietly(Effect.gen(function*() {
        const arena = yield* make({ openTimeout: "1 second", maxConnections: 101 }, { accept: () => Effect.never })
        const clients = yield* Effect.replicateEffect(arena.dial(request()), 120)
        const statuses = yield* Effect.forEach(clients, (client) => Effect.map(client.response, ({ status }) => status))
        expect(statuses).toEqual(statuses.map(() => 503))
        yield* Effect.forEach(clients, (client) => client.rest)
        yield* arena.goesOn
        expect(arena.opened).toEqual([])
      })),
    60_000
  )
})

/** Of so many connections with both ends in this process, as many as its descriptors allow. */
const affordable = (wanted: number): number => {
  const most = Number(/Max open files +([0-9]+)/.exec(readFileSync("/proc/self/limits", "latin1"))?.[1])
  return Math.max(20, Math.min(wanted, Math.floor((most - descriptors() - 50) / 2)))
}

const many = (arena: Arena, count: number) =>
  Effect.gen(function*() {
    const sockets: Array<Net.Socket> = []
    let octets = 0
    let open = 0
    yield* Effect.addFinalizer(() => Effect.sync(() => sockets.forEach((socket) => socket.destroy())))
    for (let i = 0; i < count; i++) {
      const socket = Net.connect({ port: arena.port, host: "127.0.0.1" })
      sockets.push(socket)
      socket.on("error", () => {})
      socket.write(request())
      socket.once("data", () => {
        open++
        socket.on("data", (chunk: Buffer) => {
          octets += chunk.length
        })
      })
      yield* until(() => open === i + 1) // in the order in which the server opens them
    }
    yield* until(() => open === count && arena.opened.length === count)
    return { sockets, received: () => octets }
  })

const report = (what: string, octets: number): void => {
  if (process.env["SHOW_MEMORY"] !== undefined) console.info(`${what}: ${Math.round(octets / 1024)} KiB`)
}
