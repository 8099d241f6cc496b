/**
 * Peers that break rules, that are slow on purpose, and that just go away. In: the world. Out: how the server answered, where it
 * must answer in one way; whatever else it does shows in its own tally.
 */
import * as Frame from "@effect-ws/codec/Frame"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Zlib from "node:zlib"
import { frame } from "./Payload.js"
import { dial, type Raw, request } from "./Raw.js"
import { type Path, pick, type World } from "./World.js"

const { opcode, rsv1 } = Frame
const MiB = 1024 * 1024

const hex = (digits: string): Buffer => Buffer.from(digits, "hex")
const repeated = (octets: Uint8Array, times: number): Buffer => Buffer.alloc(octets.length * times, octets)

const deflated = (octets: Uint8Array): Buffer =>
  Zlib.deflateRawSync(octets, { finishFlush: Zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4)

// -- frames that break a rule

interface Attack {
  readonly name: string
  readonly octets: Uint8Array
  /** The Close with which the server must fail the connection. */
  readonly code: number
}

const attack = (name: string, code: number, ...octets: ReadonlyArray<Uint8Array>): Attack => ({
  name,
  code,
  octets: Buffer.concat(octets)
})

const attacks: ReadonlyArray<Attack> = [
  attack("unmasked", 1002, frame(opcode.text, "hello", { mask: undefined })),
  attack("reserved bit", 1002, frame(opcode.text, "hello", { rsv: 2 })),
  attack("reserved opcode", 1002, frame(3, "hello")),
  attack("fragmented ping", 1002, frame(opcode.ping, "hello", { fin: false })),
  attack("long ping", 1002, frame(opcode.ping, "p".repeat(126))),
  attack("nothing to continue", 1002, frame(opcode.continuation, "hello")),
  attack("message in a message", 1002, frame(opcode.text, "a", { fin: false }), frame(opcode.text, "b")),
  attack("length not minimal", 1002, hex("82fe000500000000")),
  attack("length of 2^63", 1002, hex("82ff800000000000000000000000")),
  attack("length of 2^62", 1009, hex("82ff400000000000000000000000")),
  attack("length of 2^40", 1009, hex("82ff000001000000000000000000")),
  attack("no UTF-8", 1007, frame(opcode.text, hex("cebae1bdb9cf83cebcceb5eda080656469746564"))),
  attack("no UTF-8 in the end", 1007, frame(opcode.text, "long ".repeat(10_000), { fin: false }), frame(0, hex("ce"))),
  attack("Close of one octet", 1002, frame(opcode.close, "a")),
  attack("Close with 1005", 1002, frame(opcode.close, hex("03ed"))),
  attack("Close with a bad reason", 1007, frame(opcode.close, hex("03e8ff"))),
  attack(
    "very many fragments",
    1009,
    frame(opcode.text, "", { fin: false }),
    repeated(frame(opcode.continuation, "", { fin: false }), 1_200_000)
  ),
  attack("bomb", 1009, frame(opcode.binary, deflated(Buffer.alloc(32 * MiB)), { rsv: rsv1 })),
  attack("no deflate", 1007, frame(opcode.text, hex("ffffffffffffffff"), { rsv: rsv1 }))
]

const offer = { "Sec-WebSocket-Extensions": "permessage-deflate" }

/** Whole messages only: those who read them as they arrive have no limit. */
const wholePaths: ReadonlyArray<Path> = ["/messages", "/run", "/pull", "/receive", "/sink"]

/** Longer than a server on a busy machine may take. */
const patience = 120_000

/** Behind the 101, or nothing: then the server restarts, or it is a surprise. */
const open = (
  world: World,
  kind: string,
  lines: Readonly<Record<string, string>> = offer
): Effect.Effect<Raw | undefined, never, Scope.Scope> =>
  Effect.gen(function*() {
    const path = yield* pick(wholePaths)
    const raw = yield* connected(world, kind, path, request(path, lines))
    if (
      raw === undefined || ((yield* raw.until(() => raw.status !== undefined, patience)) && raw.status === 101)
    ) return raw
    if (!raw.wasDown()) world.tally.surprise(`${kind}: not opened, ${raw.status}`)
    return undefined
  })

/** What must come true, unless the server restarts meanwhile, or it is over. */
const expecting = (
  world: World,
  what: string,
  raw: Raw,
  condition: () => boolean
): Effect.Effect<void> =>
  Effect.map(world.unlessOver(raw.until(condition, patience)), (isTrue) => {
    if (isTrue === undefined) return
    if (isTrue) world.tally.outcome(what)
    else if (raw.wasDown()) world.tally.outcome("not answered, the server restarts")
    else world.tally.surprise(`${what}: status ${raw.status}, Close ${raw.closeCode}, ${raw.messages} messages`)
  })

/** Nothing if it does not connect, which only a server that restarts may have caused. */
const connected = (world: World, kind: string, path: Path, octets: string | Uint8Array) =>
  Effect.suspend(() => {
    const wasDown = world.watch()
    return Effect.map(dial(world.port(path), octets, wasDown), (raw) => {
      if (raw !== undefined) world.tally.connection(kind)
      else if (!wasDown()) world.tally.surprise(`${kind}: not connected`)
      return raw
    })
  })

const breaking = (world: World) =>
  Effect.gen(function*() {
    const raw = yield* open(world, "hostile, breaking a rule")
    if (raw === undefined) return
    const { code, name, octets } = yield* pick(attacks)
    raw.write(octets)
    yield* expecting(world, `hostile: ${name} failed with ${code}`, raw, () => raw.closeCode === code)
  })

// -- heads

const heads: ReadonlyArray<readonly [name: string, head: string]> = [
  ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(20)],
  ["no HTTP", "hello\r\n\r\n"],
  ["no key", request("/run", { "Sec-WebSocket-Key": undefined })],
  ["a short key", request("/run", { "Sec-WebSocket-Key": "c2hvcnQ=" })],
  ["an old version", request("/run", { "Sec-WebSocket-Version": "8" })],
  ["no upgrade", request("/run", { Upgrade: undefined, Connection: undefined })],
  ["POST", request("/run", {}, "POST /run HTTP/1.1")],
  ["another origin", request("/run", { Origin: "https://evil.example" })],
  ["a body", request("/run", { "Content-Length": "5" }) + "hello"],
  ["a large head", request("/run", { Padding: "x".repeat(20_000) })],
  ["many lines", request("/run", Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`x-${i}`, "y"])))],
  ["a bad extension", request("/run", { "Sec-WebSocket-Extensions": "a; b=\"c" })]
]

const head = (world: World) =>
  Effect.gen(function*() {
    const [name, octets] = yield* pick(heads)
    const raw = yield* connected(
      world,
      "hostile, with a bad head",
      yield* pick(wholePaths),
      Buffer.from(octets, "latin1")
    )
    if (raw === undefined) return
    yield* expecting(
      world,
      `hostile: ${name} refused`,
      raw,
      () => raw.status !== undefined && raw.status >= 400 && raw.status < 500
    )
  })

// -- floods

const pings = 20_000

const flood = (world: World) =>
  Effect.gen(function*() {
    const kind = "hostile, flooding"
    const raw = yield* open(world, kind)
    if (raw === undefined) return
    const isPings = yield* Random.nextBoolean
    const count = isPings ? 1 : 5_000
    raw.write(
      isPings
        ? Buffer.concat([repeated(frame(opcode.ping, "ping"), pings), frame(opcode.text, "still there")])
        : repeated(frame(opcode.text, "x"), count)
    )
    yield* expecting(
      world,
      isPings ? "hostile: a flood of pings, and an echo" : "hostile: a flood of messages, all echoed",
      raw,
      () => raw.messages === count
    )
  })

const connecting = (world: World) =>
  Effect.forEach(
    Array.from({ length: 30 }),
    () => connected(world, "hostile, connecting only", "/run", ""),
    { concurrency: "unbounded", discard: true }
  )

export const hostile = (world: World): Effect.Effect<void> =>
  Effect.scoped(
    Effect.flatten(pick([breaking(world), breaking(world), head(world), head(world), flood(world), connecting(world)]))
  )

// -- slow on purpose

/** One octet at a time, until all is written or the server has enough. */
const drip = (world: World, raw: Raw, octets: Uint8Array): Effect.Effect<void> =>
  Effect.gen(function*() {
    for (const octet of octets) {
      if (raw.isEnded || !world.goesOn) return
      raw.write(Uint8Array.of(octet))
      yield* world.pause(200, 300)
    }
  })

const slowHead = (world: World) =>
  Effect.gen(function*() {
    const raw = yield* connected(world, "slow, amid the head", "/run", "")
    if (raw === undefined) return
    yield* drip(world, raw, Buffer.from(request("/run")))
    if (world.goesOn) yield* expecting(world, "slow: a head refused with 408", raw, () => raw.status === 408)
  })

const slowFrame = (world: World) =>
  Effect.gen(function*() {
    const raw = yield* open(world, "slow, amid a frame")
    if (raw === undefined) return
    yield* drip(world, raw, frame(opcode.text, "patience is a virtue"))
    if (world.goesOn) yield* expecting(world, "slow: a frame that took seconds, echoed", raw, () => raw.messages === 1)
  })

/** It takes what the server has room for, for a while, and never reads. */
const stuck = (world: World) =>
  Effect.gen(function*() {
    const raw = yield* open(world, "slow, never reading", {})
    if (raw === undefined) return
    raw.socket.pause()
    for (let i = 0; i < 100; i++) raw.write(frame(opcode.binary, Buffer.alloc(100_000)))
    yield* world.pause(2_000, 10_000)
    raw.socket.resetAndDestroy()
  })

export const slow = (world: World): Effect.Effect<void> =>
  Effect.scoped(Effect.flatten(pick([slowHead(world), slowFrame(world), stuck(world)])))

// -- going away

const leaving = ["reset", "end", "destroy"] as const

const leave = (raw: Raw, how: typeof leaving[number]): void => {
  if (how === "reset") raw.socket.resetAndDestroy()
  else if (how === "end") raw.socket.end()
  else raw.socket.destroy()
}

const amidHead = (world: World) =>
  Effect.gen(function*() {
    const text = request("/run")
    const begun = text.slice(0, yield* Random.nextIntBetween(0, text.length))
    const raw = yield* connected(world, "abrupt, amid the head", "/run", begun)
    if (raw === undefined) return
    yield* Effect.sleep(yield* Random.nextIntBetween(0, 50))
    leave(raw, yield* pick(leaving))
    yield* raw.until(() => false, 500)
  })

const behindHead = (world: World) =>
  Effect.gen(function*() {
    const raw = yield* connected(world, "abrupt, behind the head", "/run", request("/run"))
    if (raw === undefined) return
    leave(raw, yield* pick(leaving))
    yield* raw.until(() => false, 500)
  })

const amidFrame = (world: World) =>
  Effect.gen(function*() {
    const raw = yield* open(world, "abrupt, amid a frame")
    if (raw === undefined) return
    const octets = frame(opcode.binary, Buffer.alloc(yield* Random.nextIntBetween(1, 300_000)))
    for (let i = yield* Random.nextIntBetween(0, 20); i > 0; i--) raw.write(octets)
    raw.write(octets.subarray(0, yield* Random.nextIntBetween(1, octets.length)))
    yield* Effect.sleep(yield* Random.nextIntBetween(0, 50))
    leave(raw, yield* pick(leaving))
    yield* raw.until(() => false, 2_000)
  })

/** Neither a Close nor the end of the stream: the server's pings find that out. */
const vanish = (world: World) =>
  Effect.gen(function*() {
    const raw = yield* open(world, "abrupt, silent amid a frame")
    if (raw === undefined) return
    raw.write(frame(opcode.text, "and then").subarray(0, 7))
    yield* expecting(world, "abrupt: silence found out, 1011", raw, () => raw.closeCode === 1011)
  })

export const abrupt = (world: World): Effect.Effect<void> =>
  Effect.scoped(
    Effect.flatten(
      pick([amidHead(world), amidHead(world), behindHead(world), amidFrame(world), amidFrame(world), vanish(world)])
    )
  )
