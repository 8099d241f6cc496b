/** What the examiner writes over HTTP/2, frame by frame. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as net from "node:net"
import * as Target from "../src/handshake/Target.js"
import { faults, judgeTarget } from "./peers.js"
import * as Testee from "./testeeHttp2.js"

interface Frame {
  readonly type: number
  readonly flags: number
  readonly octets: Buffer
}

const preface = 24

/** A port before another one, and the frames that went there; they are whole once the connection has ended. */
const tapped = (
  port: number
): Effect.Effect<{ readonly port: number; readonly frames: Array<Frame> }, never, Scope.Scope> => {
  const frames: Array<Frame> = []
  const onClient = (client: net.Socket): void => {
    const server = net.connect({ port, host: "127.0.0.1", noDelay: true })
    let octets = Buffer.alloc(0)
    let at = preface
    client.on("data", (more: Buffer) => {
      octets = Buffer.concat([octets, more])
      while (octets.length >= at + 9 && octets.length >= at + 9 + octets.readUIntBE(at, 3)) {
        const end = at + 9 + octets.readUIntBE(at, 3)
        frames.push({ type: octets[at + 3] ?? 0, flags: octets[at + 4] ?? 0, octets: octets.subarray(at + 9, end) })
        at = end
      }
    })
    for (const socket of [client, server]) socket.on("error", () => undefined)
    client.pipe(server).pipe(client)
  }
  return Effect.map(
    Effect.acquireRelease(
      Effect.async<net.Server>((resume) => {
        const tap = net.createServer({ noDelay: true }, onClient)
        tap.listen(0, "127.0.0.1", () => resume(Effect.succeed(tap)))
      }),
      (tap) => Effect.sync(() => tap.close())
    ),
    (tap) => ({ frames, port: (tap.address() as net.AddressInfo).port })
  )
}

const written = (id: string) =>
  Effect.gen(function*() {
    const { frames, port } = yield* tapped(yield* Testee.server(undefined))
    expect(faults(yield* judgeTarget(Target.parse(`ws://127.0.0.1:${port}`, { http2: true })!, id))).toEqual([])
    return frames
  })

const data = 0
const reset = 3
const endStream = 1
const cancel = Buffer.of(0, 0, 0, 8)

it.scopedLive("octets that go one by one are a DATA frame each", () =>
  Effect.gen(function*() {
    const singles = (yield* written("2.6")).filter(({ octets, type }) => type === data && octets.length === 1)
    // A header of 6 octets, and 125.
    expect(singles).toHaveLength(131)
  }))

it.scopedLive("the end of its half is END_STREAM", () =>
  Effect.gen(function*() {
    const ends = (yield* written("19.1.1")).filter(({ flags, type }) => type === data && flags === endStream)
    expect(ends).toHaveLength(1)
  }))

it.scopedLive("a reset is RST_STREAM with CANCEL and no END_STREAM before it, and the next connection is of the same session", () =>
  Effect.gen(function*() {
    const frames = yield* written("19.2.2")
    const at = frames.findIndex(({ type }) => type === reset)
    expect(frames[at]?.octets).toEqual(cancel)
    expect(frames.slice(0, at).filter(({ flags, type }) => type === data && flags === endStream)).toEqual([])
    expect(frames.slice(at).some(({ type }) => type === data)).toBe(true)
    expect(frames.filter(({ type }) => type === 1)).toHaveLength(2)
  }))
