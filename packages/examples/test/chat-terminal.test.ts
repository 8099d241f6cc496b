/** The chat in two terminals: what is typed in one is shown in the other, and nothing that a terminal would obey. */
import { describe, expect, it } from "@effect/vitest"
import { WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import { PassThrough } from "node:stream"
import * as Rooms from "../src/chat/Rooms.js"
import { chat } from "../src/chat/terminal.js"

const room = "lobby"

/** A place for a chat, on a free port, and how to open it. */
const place = Effect.gen(function*() {
  const webSockets = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
  const open = Effect.forkScoped(Effect.provideService(Rooms.serve, WebSocketServer, webSockets))
  return { url: `${Option.getOrThrow(webSockets.url)}/`, open }
})

/** Somebody at a terminal: what is typed, and what is shown. */
const sit = (url: string, name: string) =>
  Effect.gen(function*() {
    const typed = new PassThrough()
    const shown = yield* Queue.unbounded<string>()
    const recording = {
      ...(yield* Effect.console),
      log: (...words: ReadonlyArray<unknown>) => Queue.offer(shown, words.join(" "))
    }
    const sitting = yield* Effect.fork(Console.withConsole(chat(url, { room, name }, typed), recording))
    return {
      next: Queue.take(shown),
      type: (text: string) => Effect.sync(() => typed.write(`${text}\n`)),
      leave: Effect.zipRight(Effect.sync(() => typed.end()), Fiber.join(sitting))
    }
  })

describe("chat-terminal", () => {
  it.scopedLive("says what is typed, and shows what others say until the input ends", () =>
    Effect.gen(function*() {
      const { open, url } = yield* place
      yield* open
      const ann = yield* sit(url, "ann")
      expect(yield* ann.next).toBe("* here: ann")
      const bob = yield* sit(url, "bob")
      expect(yield* bob.next).toBe("* here: ann, bob")
      expect(yield* ann.next).toBe("* bob came")
      yield* bob.type("   ")
      yield* bob.type("see \u001b[2Jthis")
      expect(yield* ann.next).toBe("bob: see ·[2Jthis")
      expect(yield* bob.next).toBe("bob: see ·[2Jthis")
      yield* bob.leave
      expect(yield* ann.next).toBe("* bob left")
      yield* ann.leave
    }))
  it.scopedLive("says that it has lost the chat, and comes back to it", () =>
    Effect.gen(function*() {
      const { open, url } = yield* place
      const first = yield* open
      const ann = yield* sit(url, "ann")
      expect(yield* ann.next).toBe("* here: ann")
      yield* Fiber.interrupt(first)
      expect(yield* ann.next).toBe("* connection lost, trying again")
      yield* open
      expect(yield* ann.next).toBe("* here: ann")
      yield* ann.type("still here")
      expect(yield* ann.next).toBe("ann: still here")
      yield* ann.leave
    }))
})
