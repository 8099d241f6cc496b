/** What compression adds to an attacker's means: docs/reference/security.md names the tests of this file, and those of `Compression.bombs`. */
import { describe, expect } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as Effect from "effect/Effect"
import * as Zlib from "node:zlib"
import { connect } from "../rawClient.js"
import { until } from "../rawServer.js"
import { attack, binary, pour, text } from "./arena.js"

const offered = { "Sec-WebSocket-Extensions": "permessage-deflate" }
const { rsv1 } = Frame

describe("permessage-deflate", () => {
  attack(
    "streams that end: a message that asks for a new one with every two octets fails at the 17th",
    (arena) =>
      Effect.gen(function*() {
        const client = yield* arena.open(offered)
        const ends = Buffer.alloc(64 * 1024, Uint8Array.of(0x03, 0x00)) // empty blocks, each the last of its stream
        yield* pour(client, binary(ends, { rsv: rsv1 }))
        expect(yield* client.frame).toBe("close 1007")
        client.end()
        expect(yield* arena.outcome()).toMatchObject({ _tag: "Failed", failure: { rule: "InvalidDeflate" } })
      })
  )

  attack(
    "CivetWeb CVE-2026-29035, sockudo-ws: a message sent uncompressed never advances the compressor",
    (arena) =>
      Effect.gen(function*() {
        const client = yield* connect({ port: arena.port, host: "127.0.0.1" })
        const chunks: Array<Buffer> = []
        client.socket.removeAllListeners("data")
        client.socket.on("data", (chunk: Buffer) => chunks.push(chunk))
        client.write(Buffer.from(
          "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        ))
        const sent = Array.from(
          { length: 40 },
          (_, i) => i % 2 === 0 ? `${i} ${"the quick brown fox ".repeat(20)}` : `${i}`
        )
        for (const message of sent) client.write(text(message))
        const inflate = Zlib.createInflateRaw()
        const inflated = (octets: Uint8Array) =>
          Effect.async<string>((resume) => {
            let all = ""
            const collect = (part: Buffer): void => void (all += part.toString())
            inflate.on("data", collect)
            inflate.write(Buffer.concat([octets, Uint8Array.of(0, 0, 0xff, 0xff)]))
            inflate.flush(Zlib.constants.Z_SYNC_FLUSH, () => {
              inflate.off("data", collect)
              resume(Effect.succeed(all))
            })
          })
        let at = -1
        const take = (size: number) =>
          Effect.gen(function*() {
            yield* until(() => Buffer.concat(chunks).length >= at + size)
            at += size
            return Buffer.concat(chunks).subarray(at - size, at)
          })
        yield* until(() => (at = Buffer.concat(chunks).indexOf("\r\n\r\n")) >= 0)
        at += 4
        const kinds = new Set<string>()
        for (const message of sent) {
          const [first = 0, second = 0] = yield* take(2)
          const payload = yield* take(second === 126 ? (yield* take(2)).readUInt16BE() : second)
          const isCompressed = (first & 0x40) !== 0
          kinds.add(`${isCompressed} ${message.length > 10}`)
          expect(isCompressed ? yield* inflated(payload) : payload.toString()).toBe(message)
        }
        expect([...kinds].sort()).toEqual(["false false", "true true"])
        inflate.close()
      })
  )
})
