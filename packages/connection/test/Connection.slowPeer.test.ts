import { expect, it } from "@effect/vitest"
import * as Loopback from "@effect-ws/connection/testing/Loopback"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { connectionOn } from "./pair.js"

it.scoped("a peer that takes an octet now and then does not hold a closing connection for ever", () =>
  Effect.gen(function*() {
    const [near, far] = Loopback.make({ split: (octets) => Array.from(octets, (octet) => Uint8Array.of(octet)) })
    const server = yield* connectionOn(near, "server")
    far.pause()
    far.attach({
      onOctets: () => far.pause(), // one at a time
      onDrained() {},
      onEnd() {},
      onClosed() {}
    })
    yield* server.send("x".repeat(1000))
    yield* Effect.fork(server.close())
    for (let seconds = 0; seconds < 56; seconds += 4) {
      expect(server.currentOutcome._tag).toBe("None")
      far.resume()
      yield* TestClock.adjust("4 seconds")
    }
    // 5 seconds, and ten times 5 more, though it has taken an octet in the last of them as well.
    expect(Option.getOrUndefined(server.currentOutcome)).toMatchObject({
      _tag: "CloseTimeout",
      closedFirst: "us",
      droppedBy: "us"
    })
  }))
