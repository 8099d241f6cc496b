/**
 * A server of ours under attack, and an honest connection to it beside: what the attack does to others shows there. The attacker
 * is a raw socket in the same process, so that the outcome is typed, and an exception that nobody catches fails the test run.
 *
 * And measures: memory that is held, and processor time at n and 4n.
 */
import { expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type { Connection } from "@effect-ws/connection/Connection"
import type { Message } from "@effect-ws/connection/Message"
import type { Accept } from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import type * as Scope from "effect/Scope"
import { readdirSync } from "node:fs"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as Zlib from "node:zlib"
import { selfSigned } from "../certificate.js"
import { connect, type RawClient, request } from "../rawClient.js"
import { until } from "../rawServer.js"

export type ServerOptions = Omit<Extract<NodeWebSocketServer.Options, { readonly port: number }>, "port" | "host">

/** What the server does with those who are not honest. */
export interface Behavior {
  readonly onMessage?: (connection: Connection, message: Message) => Effect.Effect<unknown, unknown> | void
  readonly accept?: Accept<void, never>
}

export interface Arena {
  readonly port: number
  /** The connections of attackers, and how they ended, in order. */
  readonly opened: ReadonlyArray<Connection>
  readonly outcomes: ReadonlyArray<CloseOutcome>
  /** What handlers have been given by attackers, in octets. */
  readonly messages: ReadonlyArray<number>
  readonly outcome: (index?: number) => Effect.Effect<CloseOutcome>
  /** A raw socket, behind what was written. */
  readonly dial: (octets?: string | Uint8Array) => Effect.Effect<RawClient, never, Scope.Scope>
  /** A raw socket behind its 101. */
  readonly open: (lines?: Readonly<Record<string, string>>) => Effect.Effect<RawClient, never, Scope.Scope>
  /** Messages that the honest connection has had back. */
  readonly rounds: () => number
  /** The honest connection goes on: each message comes back, unaltered and in order. */
  readonly goesOn: Effect.Effect<void>
}

const echoes = (connection: Connection, message: Message) => connection.send(message)

export const make = (
  options: ServerOptions = {},
  behavior: Behavior = {}
): Effect.Effect<Arena, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { accept = () => Effect.succeed({ value: undefined }), onMessage = echoes } = behavior
    const server = yield* Effect.orDie(
      NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", grace: "200 millis", ...options })
    )
    const opened: Array<Connection> = []
    const outcomes: Array<CloseOutcome> = []
    const messages: Array<number> = []
    yield* Effect.forkScoped(server.serveMessages(
      (connection, message) => {
        if (isHonest(connection)) return connection.send(message)
        messages.push(message.length)
        return onMessage(connection, message)
      },
      {
        accept: (asked) => asked.url === honestPath ? Effect.succeed({ value: undefined }) : accept(asked),
        onOpen: (connection) => {
          if (!isHonest(connection)) opened.push(connection)
        },
        onClose: (connection, outcome) => {
          if (!isHonest(connection)) outcomes.push(outcome)
        }
      }
    ))
    const port = server.address._tag === "Tcp" ? server.address.port : 0
    const where = options.tls === undefined
      ? { port, host: "127.0.0.1" }
      : { port, host: "127.0.0.1", tls: true as const, ca: certificate.cert }
    const dial = (octets?: string | Uint8Array) => connect(where, octets)
    const open = (lines: Readonly<Record<string, string>> = {}) =>
      Effect.tap(
        dial(request(lines)),
        (client) => Effect.map(client.response, ({ status }) => expect(status).toBe(101))
      )
    const honest = yield* makeHonest(dial)
    return {
      port,
      opened,
      outcomes,
      messages,
      outcome: (index = 0) => Effect.map(until(() => outcomes.length > index), () => outcomes[index] as CloseOutcome),
      dial,
      open,
      ...honest
    }
  })

const honestPath = "/honest"

const isHonest = (connection: Connection): boolean => connection.opening.target === honestPath

/** Where it took long to come to it, a keepalive may have asked meanwhile. */
const unlessPing = (client: RawClient): Effect.Effect<string> =>
  Effect.flatMap(client.frame, (frame) => frame === "9 " ? unlessPing(client) : Effect.succeed(frame))

const makeHonest = (dial: Arena["dial"]) =>
  Effect.gen(function*() {
    let rounds = 0
    const client = yield* dial(request({}, `GET ${honestPath} HTTP/1.1`))
    expect((yield* client.response).status).toBe(101)
    const round = Effect.suspend(() => {
      const said = `round ${rounds}`
      client.write(text(said))
      return Effect.map(unlessPing(client), (answer) => {
        expect(answer).toBe(`text ${said}`)
        rounds++
      })
    })
    const fiber = yield* Effect.forkScoped(Effect.forever(Effect.zipRight(round, Effect.sleep("1 millis"))))
    const goesOn = Effect.suspend(() => {
      const before = rounds
      return Effect.raceFirst(until(() => rounds >= before + 2), Fiber.join(fiber))
    })
    yield* goesOn
    return { rounds: () => rounds, goesOn }
  })

/** A test that attacks: behind it, and while it lasts, the honest connection goes on. */
export const attack = (
  name: string,
  body: (arena: Arena) => Effect.Effect<unknown, unknown, Scope.Scope>,
  options: ServerOptions = {},
  behavior: Behavior = {}
): void =>
  it.scopedLive(
    name,
    () =>
      quietly(Effect.gen(function*() {
        const arena = yield* make(options, behavior)
        yield* body(arena)
        yield* arena.goesOn
      })),
    60_000
  )

export const quietly = Effect.provide(Logger.remove(Logger.defaultLogger))

export const certificate = selfSigned()

// -- octets

/** With a mask of zeros. `fields` may lie. */
export const frame = (
  opcode: number,
  payload: string | Uint8Array = "",
  fields: Partial<Frame.Header> = {}
): Uint8Array => {
  const octets = typeof payload === "string" ? Buffer.from(payload) : payload
  return Frame.encode({ header: Frame.header(opcode, octets.length, { mask: 0, ...fields }), payload: octets })
}

export const text = (payload: string, fields: Partial<Frame.Header> = {}): Uint8Array =>
  frame(Frame.opcode.text, payload, fields)

export const binary = (payload: Uint8Array, fields: Partial<Frame.Header> = {}): Uint8Array =>
  frame(Frame.opcode.binary, payload, fields)

export const continuation = (payload: Uint8Array, fields: Partial<Frame.Header> = {}): Uint8Array =>
  frame(Frame.opcode.continuation, payload, fields)

/** The same octets so many times. */
export const repeated = (octets: Uint8Array, times: number): Buffer => Buffer.alloc(octets.length * times, octets)

/** Writes all, no faster than the other side takes it. */
export const pour = (client: RawClient, octets: Uint8Array): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (octets.length === 0 || client.closed) return resume(Effect.void)
    client.socket.write(octets, () => resume(Effect.void))
  })

/** Writes it again and again, for as long as the socket lives, no faster than the other side takes it; gives the octets taken. */
export const flood = (client: RawClient, octets: Uint8Array): Effect.Effect<() => number> =>
  Effect.sync(() => {
    let taken = 0
    const write = (): void => {
      if (client.socket.destroyed) return
      client.socket.write(octets, (error) => {
        if (error !== undefined && error !== null) return
        taken += octets.length
        write()
      })
    }
    write()
    return () => taken
  })

/** As the payload of a compressed message has it. */
export const deflated = (octets: Uint8Array): Buffer =>
  Zlib.deflateRawSync(octets, { finishFlush: Zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4)

/** The header of a binary message of so many octets, masked with zeros. */
export const declaring = (length: number): Uint8Array =>
  Frame.encode({ header: Frame.header(Frame.opcode.binary, length, { mask: 0 }), payload: new Uint8Array(0) })

/** Each octet in a write of its own, in a turn of its own: so many reads. */
export const drip = (client: RawClient, octets: Uint8Array): Effect.Effect<void> =>
  Effect.promise(async () => {
    for (const octet of octets) {
      client.socket.write(Uint8Array.of(octet))
      await new Promise(setImmediate)
    }
  })

// -- measures

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** Octets that are held, in JavaScript's heap and beside it; what could be collected is collected before. */
export const held: Effect.Effect<number> = Effect.promise(async () => {
  for (let i = 0; i < 3; i++) {
    await new Promise(setImmediate)
    collect()
  }
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
})

/**
 * How much more is held behind it than before, `own` being what the test itself keeps. What lives a little longer than it must
 * (a pending write, code that is compiled) is waited for: the least of some measures counts.
 */
export const growth = <A, E, R>(effect: Effect.Effect<A, E, R>, own?: unknown): Effect.Effect<number, E, R> =>
  Effect.gen(function*() {
    kept.add(own)
    const before = yield* held
    yield* effect
    let least = Infinity
    for (let i = 0; i < 4; i++) {
      least = Math.min(least, (yield* held) - before)
      if (least > 256 * 1024) yield* Effect.sleep("20 millis")
    }
    kept.delete(own)
    return least
  })

const kept = new Set<unknown>()

/** Processor time of this process while it runs, in milliseconds: other processes take no part in it. */
const cpu = <E, R>(effect: Effect.Effect<unknown, E, R>): Effect.Effect<number, E, R> =>
  Effect.suspend(() => {
    const before = process.cpuUsage()
    return Effect.map(effect, () => {
      const { system, user } = process.cpuUsage(before)
      return (system + user) / 1000
    })
  })

/**
 * Four times the octets take about four times the processor time: less than `most` times, where a square would take 16 times.
 * Measured again when it was disturbed.
 */
export const linear = <E, R>(
  n: number,
  work: (n: number) => Effect.Effect<unknown, E, R>,
  most = 9
): Effect.Effect<void, E, R> =>
  Effect.gen(function*() {
    yield* work(n) // what is run for the first time is compiled as well
    let once = Infinity
    let four = Infinity
    for (let attempt = 0; attempt < 5; attempt++) {
      once = Math.min(once, yield* cpu(work(n)))
      four = Math.min(four, yield* cpu(work(4 * n)))
      if (four < most * Math.max(once, 1)) return
    }
    expect(four / once).toBeLessThan(most)
  })

/** Descriptors that this process holds. */
export const descriptors = (): number => readdirSync("/proc/self/fd").length
