/** What becomes of cases when the peer does what nobody should: facts and verdicts as Autobahn has them. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Ways } from "./crooked.js"
import { binary, close, code, examine, frame, ping, pong, text, wellBehaved } from "./crooked.js"

const roles = ["server", "client"] as const
const wrongText = Buffer.from("ff", "hex")
const unfinishedText = Buffer.from("c3", "hex")

/** Says something before it answers the first data frame, and else behaves. */
const answering = (answer: NonNullable<Ways["frame"]>): Ways => ({
  frame: (opcode, payload, say, header) =>
    (opcode === text || opcode === binary ? answer : wellBehaved)(opcode, payload, say, header)
})

/** The event loop comes round so slowly. */
const slowly = <A>(ms: number, effect: Effect.Effect<A>): Effect.Effect<A> =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const state = { on: true }
      const turn = (): void => {
        block(ms)
        if (state.on) setImmediate(turn)
      }
      setImmediate(turn)
      return state
    }),
    () => effect,
    (state) => Effect.sync(() => (state.on = false))
  )

const block = (ms: number): void => {
  const until = performance.now() + ms
  while (performance.now() < until) { /* busy */ }
}

describe("a server that keeps TCP after both Closes", () => {
  it.live("is judged when the examiner drops TCP, and not by what is due afterwards", () =>
    Effect.gen(function*() {
      let blocked = false
      const { result, verdicts } = yield* examine("server", "7.3.1", {
        open: () => {
          // Both timers, of the case and of the closing handshake, are due when the event loop comes to them.
          setTimeout(() => block(200), 900)
          blocked = true
        },
        frame: (opcode, _, say) => opcode === close && say.frame(close)
      })
      expect(blocked).toBe(true)
      expect(verdicts).toEqual(["7.3.1 OK/FAILED BY CLIENT"])
      expect(result.record.closing).toMatchObject({
        closedByMe: true,
        failedByMe: true,
        droppedByMe: true,
        wasClean: true,
        wasServerConnectionDropTimeout: false
      })
    }))

  it.live("is not clean where the closing handshake's time is up first", () =>
    Effect.gen(function*() {
      const { result, verdicts } = yield* examine("server", "2.7", {
        frame: (opcode, _, say) => opcode === close && say.frame(close)
      })
      expect(verdicts).toEqual(["2.7 OK/UNCLEAN"])
      expect(result.record.closing).toMatchObject({ wasServerConnectionDropTimeout: true, failedByMe: false })
    }))
})

describe.each(roles)("a %s that sends text which is not UTF-8", (role) => {
  const facts = { closedByMe: true, failedByMe: true, localCloseCode: 1007 }

  it.live("is dropped where the wrong message ends: its Close is not waited for", () =>
    Effect.gen(function*() {
      const { result, verdicts } = yield* examine(
        role,
        "1.1.2",
        answering((_, __, say) => say.frame(text, wrongText))
      )
      expect(verdicts).toEqual(["1.1.2 FAILED/UNCLEAN"])
      expect(result.record.closing).toMatchObject({ ...facts, droppedByMe: true, remoteCloseCode: null })
    }))

  it.live("has time to close where the message only ends inside a character", () =>
    Effect.gen(function*() {
      const { result, verdicts } = yield* examine(
        role,
        "1.1.2",
        answering((_, __, say) => say.frame(text, unfinishedText))
      )
      expect(verdicts).toEqual(["1.1.2 FAILED/WRONG CODE"])
      expect(result.record.closing).toMatchObject({ ...facts, remoteCloseCode: 1007, wasClean: true })
    }))

  it.live("has time to close as long as the wrong message has not ended", () =>
    Effect.gen(function*() {
      const { result, verdicts } = yield* examine(
        role,
        "1.1.2",
        answering((_, __, say) => say.frame(text, wrongText, { fin: false }))
      )
      expect(verdicts).toEqual(["1.1.2 FAILED/WRONG CODE"])
      expect(result.record.closing).toMatchObject({ ...facts, remoteCloseCode: 1007 })
    }))

  it.live("is failed at the first wrong octet, and dropped with the next that comes", () =>
    Effect.gen(function*() {
      const long = frame(role, text, Buffer.concat([wrongText, Buffer.alloc(9, "*")]))
      const { result, verdicts } = yield* examine(role, "1.1.2", {
        frame: (opcode, _, say) => {
          // The frame is never whole.
          if (opcode === text) say.pieces(long.subarray(0, -8), long.subarray(-8, -6))
        }
      })
      expect(verdicts).toEqual(["1.1.2 FAILED/UNCLEAN"])
      expect(result.record.closing).toMatchObject({ ...facts, droppedByMe: true, wasCloseHandshakeTimeout: false })
    }))

  it.live("is not heard any more, if the text comes at the opening", () =>
    Effect.gen(function*() {
      const { verdicts } = yield* examine(role, "2.1", {
        open: (say) => say.frame(text, wrongText),
        frame: wellBehaved
      })
      expect(verdicts).toEqual(["2.1 FAILED/UNCLEAN"])
    }))
})

describe("a client that speaks before the connection is open", () => {
  it.live("is heard when it is", () =>
    Effect.gen(function*() {
      const open: Ways = { open: (say) => say.frame(text, "too early"), frame: wellBehaved }
      expect((yield* examine("client", "2.1,7.1.3", open, true)).verdicts).toEqual([
        "2.1 FAILED/OK",
        "7.1.3 FAILED/OK"
      ])
      const wrong: Ways = { open: (say) => say.frame(text, wrongText), frame: wellBehaved }
      expect((yield* examine("client", "2.1,7.1.3", wrong, true)).verdicts).toEqual([
        "2.1 FAILED/UNCLEAN",
        "7.1.3 OK/UNCLEAN"
      ])
    }))
})

describe("messages behind the examiner's Close", () => {
  const greeting = (opcode: number, payload: Uint8Array | string = ""): Ways => ({
    open: (say) => say.frame(opcode, payload),
    frame: wellBehaved
  })

  it.live.each(roles)("an echo that comes behind a pong of a %s is an echo (9.1)", (role) =>
    Effect.gen(function*() {
      const { verdicts } = yield* examine(role, "9.1.1,9.2.1", greeting(pong))
      expect(verdicts).toEqual(["9.1.1 OK/OK", "9.2.1 OK/OK"])
    }))

  it.live("in a thousand round trips a pong ends the run (9.7)", () =>
    Effect.gen(function*() {
      expect((yield* examine("server", "9.7.2", greeting(pong))).verdicts).toEqual(["9.7.2 FAILED/OK"])
    }))

  it.live("an echo that comes behind a wrong message is an echo (9.1); and not in round trips (9.7)", () =>
    Effect.gen(function*() {
      const { verdicts } = yield* examine("server", "9.1.1,9.7.2", greeting(text, "hello"))
      expect(verdicts).toEqual(["9.1.1 OK/OK", "9.7.2 FAILED/OK"])
    }))

  it.live("a message too many fails round trips (9.7), and a single echo not (9.1)", () =>
    Effect.gen(function*() {
      const ways: Ways = {
        frame: (opcode, payload, say) => {
          if (opcode === close) say.frame(binary, "one more")
          wellBehaved(opcode, payload, say, {} as never)
        }
      }
      const { verdicts } = yield* examine("server", "9.1.1,9.7.2,9.8.2", ways)
      expect(verdicts).toEqual(["9.1.1 OK/OK", "9.7.2 FAILED/OK", "9.8.2 FAILED/OK"])
    }))

  it.live("a message too many fails compressed round trips (12, 13), with compression or without", () =>
    Effect.gen(function*() {
      const ways: Ways = {
        extension: "permessage-deflate",
        frame: (opcode, payload, say, { fin, rsv }) => {
          if (opcode === close) say.frame(text, "one more")
          if (opcode === text) say.frame(opcode, payload, { fin, rsv })
          else wellBehaved(opcode, payload, say, {} as never)
        }
      }
      const { extension: _, ...without } = ways
      expect((yield* examine("server", "12.1.1,13.1.1", ways)).verdicts).toEqual([
        "12.1.1 FAILED/OK",
        "13.1.1 FAILED/OK"
      ])
      expect((yield* examine("server", "12.1.1", without)).verdicts).toEqual(["12.1.1 FAILED/OK"])
      expect((yield* examine("server", "12.1.1", { frame: wellBehaved })).verdicts).toEqual(["12.1.1 UNIMPLEMENTED/OK"])
    }))
})

describe("breaches", () => {
  const judged = (...octets: ReadonlyArray<Uint8Array>) =>
    Effect.map(examine("server", "2.1", { open: (say) => say.pieces(...octets) }), ({ result }) => {
      const { droppedByMe, localCloseCode, wasCloseHandshakeTimeout } = result.record.closing
      return { droppedByMe, localCloseCode, wasCloseHandshakeTimeout }
    })
  const waitsForClose = { droppedByMe: true, localCloseCode: 1002, wasCloseHandshakeTimeout: true }
  const drops = { ...waitsForClose, wasCloseHandshakeTimeout: false }

  it.live("one fails the connection, two in one header drop TCP", () =>
    Effect.gen(function*() {
      expect(yield* judged(frame("server", text, "a", { rsv: 1 }))).toEqual(waitsForClose)
      expect(yield* judged(frame("server", text, "a", { rsv: 1, mask: 1 }))).toEqual(drops)
    }))

  it.live("a header that comes in pieces is judged whenever some of it comes", () =>
    Effect.gen(function*() {
      const long = frame("server", 3, Buffer.alloc(200))
      expect(yield* judged(long.subarray(0, 2))).toEqual(waitsForClose)
      expect(yield* judged(long.subarray(0, 2), long.subarray(2, 3))).toEqual(drops)
    }))
})

describe("what is written down of Closes", () => {
  it.live("the octet that stands in place of a code (7.3.2), and no reason that cannot be read", () =>
    Effect.gen(function*() {
      const ways: Ways = {
        frame: (opcode, _, say) => opcode === close && say.frame(close, code(1002, Buffer.from("61ff", "hex")))
      }
      const { result } = yield* examine("server", "7.3.2", ways)
      expect(result.record.closing).toMatchObject({
        localCloseCode: null,
        localCloseReason: "a",
        remoteCloseCode: 1002,
        remoteCloseReason: null,
        wasClean: false
      })
    }))
})

describe("on a machine that is busy with other things", () => {
  it.live("time counts from when the last octet could leave", () =>
    Effect.gen(function*() {
      // 38 octets with a turn for each: the second that 3.4 leaves the peer would be over before the last has left.
      const { result, verdicts } = yield* slowly(
        40,
        examine("server", "3.4", {
          frame: (opcode, payload, say, header) => {
            if (header.rsv === 0) return wellBehaved(opcode, payload, say, header)
            say.frame(close, code(1002))
            say.end()
          }
        })
      )
      expect(verdicts).toEqual(["3.4 OK/OK"])
      expect(result.record.duration).toBeGreaterThan(1000)
    }))

  it.live("and a ping is answered while the case waits for its turn", () =>
    Effect.gen(function*() {
      const { verdicts } = yield* examine("client", "2.6", { open: (say) => say.frame(ping), frame: wellBehaved })
      expect(verdicts).toEqual(["2.6 OK/OK"])
    }))
})
