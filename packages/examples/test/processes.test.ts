/** The example as a user starts it: several processes, replaced while clients are at work. In `npm run test:weekly`. */
import { expect, it } from "@effect/vitest"
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Client from "../src/processes/Client.js"
import { start } from "./processes.js"

/** Keeps one note after the other until it is told to stop. */
class Writer {
  readonly kept: Array<string> = []
  by = ""
  isDone = false
  readonly ends: Array<Reconnecting.Ending<unknown>> = []

  constructor(readonly name: string) {}

  run(url: string) {
    return Effect.scoped(Effect.gen(this, function*() {
      const { connection, keep } = yield* Client.make(url)
      const watching = yield* Effect.fork(Stream.runForEach(connection.states, (state) =>
        Effect.sync(() => {
          if (Reconnecting.State.$is("Waiting")(state)) this.ends.push(state.after)
        })))
      while (!this.isDone) {
        const note = `${this.name}-${this.kept.length}`
        this.by = yield* keep(note)
        this.kept.push(note)
      }
      yield* connection.close()
      yield* Fiber.join(watching)
    }))
  }
}

const until = (isSo: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => isSo() ? Effect.void : Effect.delay(until(isSo), "5 millis"))

it.scopedLive.skipIf(process.platform === "win32" || process.env["LONG"] === undefined)(
  "a rolling restart: every client is told 1012 and comes back, and what was acknowledged is kept",
  () =>
    Effect.gen(function*() {
      const program = yield* start
      const server = program.url.replace(/^http/, "ws")

      const writers: Array<Writer> = []
      const running: Array<Fiber.Fiber<void, unknown>> = []
      const workers = () => new Set(writers.map(({ by }) => by).filter((by) => by !== ""))
      while (writers.length < 4 || workers().size < 2) {
        const writer = new Writer(`note-${writers.length}`)
        writers.push(writer)
        running.push(yield* Effect.fork(writer.run(server)))
        yield* until(() => writer.kept.length > 0)
      }
      const before = workers()

      yield* program.signal("SIGHUP")
      expect(yield* program.line).toBe("what was due is replaced")
      yield* until(() => writers.every(({ by }) => !before.has(by)))
      for (const writer of writers) writer.isDone = true
      yield* Effect.forEach(running, Fiber.join)

      for (const { ends, name } of writers) {
        // Between two of them an attempt may have met a worker that was just going.
        const closes = ends.flatMap((end) => end._tag === "Ended" ? [end.outcome] : [])
        expect([name, closes.length > 0]).toEqual([name, true])
        for (const outcome of closes) {
          expect(outcome).toMatchObject({ _tag: "Clean", closedFirst: "peer", remote: { code: 1012 } })
        }
      }
      expect(new Set(program.notes())).toEqual(new Set(writers.flatMap(({ kept }) => kept)))

      yield* program.signal("SIGTERM")
      expect(yield* program.exited).toEqual([0, null])
    }).pipe(Effect.provide(NodeWebSocketClient.layer())),
  180_000
)
