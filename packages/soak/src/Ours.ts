/**
 * Honest peers with our client: whole messages, streamed ones, and a connection that reconnects. Each compares what comes back.
 */
import type * as Connection from "@effect-ws/connection/Connection"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import type { Message } from "@effect-ws/connection/Message"
import type { HandshakeError } from "@effect-ws/platform/HandshakeError"
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import type { WebSocketClient } from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Ledger } from "./Ledger.js"
import * as Payload from "./Payload.js"
import { describe } from "./Tally.js"
import { type Path, pick, sample, type World } from "./World.js"

type Client = WebSocketClient["Type"]

/** One for each way to compress. */
export type Clients = ReadonlyArray<Client>

export const clients: Effect.Effect<Clients, never, Scope.Scope> = Effect.forEach(
  [
    {},
    { clientNoContextTakeover: "prefer", serverNoContextTakeover: "prefer" },
    { threshold: 0, level: 1 },
    false
  ] as const,
  (compression) =>
    NodeWebSocketClient.make({
      compression,
      openTimeout: "60 seconds",
      limits: { keepaliveInterval: 5_000, keepaliveTimeout: 30_000, closeTimeout: 30_000, dropTimeout: 30_000 }
    })
)

const reasonOf = ({ reason }: HandshakeError): string =>
  reason._tag === "Refused" ? `Refused ${reason.status}` : reason._tag

/** Messages that are sent before the first has come back, at most. */
const burst = 12

/** A visit: bursts of messages, with a rest behind each; slow readers rest before they read, too. */
export const visit = (
  world: World,
  clients: Clients,
  path: Path,
  isSlow: boolean
): Effect.Effect<void> =>
  Effect.gen(function*() {
    const ledger = new Ledger(world, isSlow ? "ours, reading slowly" : "ours")
    const opened = yield* Effect.either((yield* pick(clients)).connect(world.url(path)))
    if (Either.isLeft(opened)) return ledger.notOpened(reasonOf(opened.left))
    const connection = opened.right
    world.tally.connection(ledger.kind)
    Hosting.listen(connection, () => ledger.ended())
    yield* Effect.forkScoped(Effect.zipRight(
      isSlow ? world.pause(1_000, 8_000) : Effect.void,
      read(connection, ledger, yield* pick(["run", "pull", "messages", "receive"] as const))
    ))
    const bursts = yield* Random.nextIntBetween(1, 8)
    for (let i = 0; i < bursts && world.goesOn && connection.isOpen; i++) {
      yield* Effect.ignore(say(connection, ledger, yield* Random.nextIntBetween(1, isSlow ? 4 * burst : burst)))
      yield* ledger.settled
      if (!ledger.isSettled) break
      yield* world.pause(200, 4_000)
    }
    const outcome = yield* connection.close()
    ledger.close(describe(outcome), outcome._tag === "Clean" && outcome.closedFirst === "us")
  }).pipe(Effect.scoped)

const read = (connection: Connection.Connection, ledger: Ledger, how: "run" | "pull" | "messages" | "receive") => {
  const take = (message: Message): void => ledger.received(message.length, (sample) => Payload.matches(sample, message))
  switch (how) {
    case "run":
      return Effect.ignore(connection.run(take))
    case "messages":
      return Effect.ignore(Stream.runForEach(connection.messages, (message) => Effect.sync(() => take(message))))
    case "pull":
      return Effect.ignore(
        Effect.flatMap(
          connection.reader,
          ({ pull }) => Effect.forever(Effect.map(pull, (batch) => batch.forEach(take)))
        )
      )
    case "receive":
      return Effect.ignore(Effect.forever(Effect.map(connection.receive, take)))
  }
}

const say = (connection: Connection.Connection, ledger: Ledger, count: number) =>
  Effect.gen(function*() {
    for (let i = 0; i < count; i++) {
      const next = yield* sample
      const inPieces = yield* Random.nextIntBetween(0, 8)
      ledger.sent(next)
      if (inPieces > 0) {
        yield* connection.send(Payload.message(next))
      } else {
        const pieces = Payload.pieces(next, Math.max(10, next.size >> 3))
        if (next.kind === "text") yield* connection.sendStream("text", Stream.fromIterable(pieces.map(Payload.textOf)))
        else yield* connection.sendStream("binary", Stream.fromIterable(pieces.map(Payload.octetsOf)))
      }
      if ((yield* Random.nextIntBetween(0, 20)) === 0) yield* connection.ping
    }
  })

const MiB = 1024 * 1024

/** One message of very many octets, which nobody holds as a whole. */
export const huge = (world: World, clients: Clients): Effect.Effect<void> =>
  Effect.gen(function*() {
    const ledger = new Ledger(world, "ours, one huge message")
    const opened = yield* Effect.either((yield* pick(clients)).connect(world.url("/streams"), { incoming: "streamed" }))
    if (Either.isLeft(opened)) return ledger.notOpened(reasonOf(opened.left))
    const connection = opened.right
    world.tally.connection(ledger.kind)
    const size = yield* Random.nextIntBetween(2 * MiB, 32 * MiB)
    const pieceSize = yield* Random.nextIntBetween(10_000, 200_000)
    const whole: Payload.Sample = { kind: "binary", from: 0, size }
    ledger.sent(whole)
    yield* Effect.forkScoped(Effect.ignore(connection.sendStream("binary", endless(size, pieceSize))))
    const first = yield* Effect.either(Stream.runForEach(Stream.take(connection.messageStreams, 1), (message) =>
      Effect.gen(function*() {
        let position = 0
        let same = message.kind === "binary"
        if (message.kind === "binary") {
          yield* Stream.runForEach(message.payload, (piece) =>
            Effect.sync(() => {
              same = same && Payload.isEndless(position, piece)
              position += piece.length
            }))
        }
        ledger.received(position, () => same && position === size)
      })))
    const outcome = yield* connection.close()
    ledger.close(describe(outcome), Either.isRight(first) && outcome._tag === "Clean" && outcome.closedFirst === "us")
  }).pipe(Effect.scoped)

const endless = (size: number, pieceSize: number): Stream.Stream<Uint8Array> =>
  Stream.unfoldChunk(0, (position) => {
    if (position >= size) return Option.none()
    const piece = Payload.endlessPiece(position, Math.min(pieceSize, size - position))
    return Option.some([Chunk.of<Uint8Array>(piece), position + piece.length])
  })

/** For as long as it goes on: numbers its messages, and says again what a restart has cut. */
export const stay = (world: World, clients: Clients, path: Path): Effect.Effect<void> =>
  Effect.gen(function*() {
    const { tally } = world
    const kind = "ours, reconnecting"
    const client = yield* pick(clients)
    const line = yield* Reconnecting.make(
      Effect.tap(Effect.suspend(() => client.connect(world.url(path))), (connection) => {
        tally.connection(kind)
        Hosting.listen(connection, (outcome) => tally.outcome(`${kind}: ${describe(outcome)}`))
        return Effect.void
      }),
      { schedule: Schedule.jittered(Schedule.spaced("300 millis")) }
    )
    let number = 0
    const repeated = new Set<string>()
    for (; world.goesOn; yield* world.pause(100, 2_000)) {
      const said = `${++number}`
      let wasDown = world.watch()
      yield* line.send(said)
      for (let waited = 0;; waited++) {
        const came = yield* Effect.timeoutOption(line.receive, "1 second")
        if (Option.isSome(came)) {
          if (came.value === said) {
            tally.message(kind, said.length)
            break
          }
          // Said again, and then both came.
          if (repeated.delete(String(came.value))) continue
          tally.altered++
          tally.surprise(`${kind}: ${String(came.value).slice(0, 40)} came for ${said}`)
          break
        }
        const { _tag } = yield* line.state
        if (wasDown() && _tag === "Open" && waited > 3) {
          tally.cut++
          wasDown = world.watch()
          waited = 0
          repeated.add(said)
          yield* line.send(said)
        } else if (waited > 60) {
          tally.lost++
          tally.surprise(`${kind}: ${said} did not come back, it is ${_tag}`)
          break
        }
      }
    }
    const ending = yield* line.close()
    if (ending._tag !== "Ended" || ending.outcome._tag !== "Clean") tally.surprise(`${kind}: ${ending._tag}`)
  }).pipe(
    Effect.catchTag(
      "Stopped",
      (stopped) => Effect.sync(() => world.tally.surprise(`reconnecting: ${stopped.message}`))
    ),
    Effect.scoped
  )
