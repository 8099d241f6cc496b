import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { pair } from "./pair.js"

it.scoped("echoes messages and closes cleanly", () =>
  Effect.gen(function*() {
    const { client, server } = yield* pair()
    yield* Effect.forkScoped(Stream.run(server.messages, server.sink))
    yield* client.send("hello")
    yield* client.send(Uint8Array.of(1, 2, 3))
    expect(yield* client.receive).toBe("hello")
    expect(yield* client.receive).toEqual(Uint8Array.of(1, 2, 3))
    const outcome = yield* client.close()
    expect(outcome).toMatchObject({ _tag: "Clean", closedFirst: "us", droppedBy: "peer" })
    expect(yield* server.outcome).toMatchObject({ _tag: "Clean", closedFirst: "peer", droppedBy: "us" })
  }))
