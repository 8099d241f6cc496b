/** Captures of real conversations, dissected by tshark, where it is installed (Debian: tshark). */
import { describe, expect, it } from "@effect/vitest"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as WireLog from "@effect-ws/platform/WireLog"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { execFileSync, type ExecFileSyncOptionsWithStringEncoding } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const tshark = ["/usr/bin/tshark", "/usr/local/bin/tshark"].find(existsSync)
if (tshark === undefined) console.warn("no tshark: that captures can be dissected is not tested")

const service = (options: WireLog.Options) =>
  WebSocketServer.layer((connection) => connection.run((message) => connection.send(message))).pipe(
    Layer.provideMerge(WebSocketTest.layer()),
    Layer.provideMerge(WireLog.layer(options))
  )

/** The record of a connection that sends these, and then closes. */
const recorded = (options: WireLog.Options, messages: ReadonlyArray<string | Uint8Array>) =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect("ws://test/chat")
    for (const message of messages) {
      yield* connection.send(message)
      yield* connection.receive
    }
    yield* connection.ping
    yield* connection.close(4001, "enough")
    return Option.getOrThrow(yield* WireLog.reportOf(connection))
  })).pipe(Effect.provide(service(options)))

const fields = [
  "http.request.method",
  "http.request.uri",
  "http.response.code",
  "websocket.opcode",
  "websocket.mask",
  "text",
  // What is wrong: 1 is a right checksum.
  "_ws.malformed",
  "tcp.analysis.flags",
  "tcp.checksum.status",
  "ip.checksum.status"
] as const

type Packet = Readonly<Record<typeof fields[number], string>>

/** What tshark finds in each packet. It takes a second to start: so all fields at once. */
const dissect = (octets: Uint8Array): ReadonlyArray<Packet> => {
  const folder = mkdtempSync(join(tmpdir(), "capture-"))
  try {
    const file = join(folder, "connection.pcapng")
    writeFileSync(file, octets)
    const checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    const args = ["-r", file, ...checks, "-T", "json", ...fields.flatMap((field) => ["-e", field])]
    const options: ExecFileSyncOptionsWithStringEncoding = { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }
    const packets: ReadonlyArray<
      { readonly _source: { readonly layers: { readonly [field: string]: Array<string> } } }
    > = JSON.parse(execFileSync(tshark ?? "", args, options))
    return packets.map(({ _source: { layers } }) =>
      Object.fromEntries(fields.map((field) => [field, layers[field]?.join() ?? ""])) as Packet
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const wrong = (packets: ReadonlyArray<Packet>): ReadonlyArray<Packet> =>
  packets.filter((packet) =>
    packet["_ws.malformed"] !== "" || packet["tcp.analysis.flags"] !== "" ||
    packet["tcp.checksum.status"] !== "1" || packet["ip.checksum.status"] !== "1"
  )

describe.skipIf(tshark === undefined)("a capture", () => {
  it.effect("is dissected: handshake, frames, and what they say", () =>
    Effect.gen(function*() {
      const packets = dissect(
        WireLog.pcapng(yield* recorded({ payloadSize: 1000 }, ["hello", Uint8Array.of(1, 2, 3), "x".repeat(300)]))
      )
      const values = (field: typeof fields[number]) =>
        packets.map((packet) => packet[field]).filter((text) => text !== "")
      expect(values("http.request.method")).toEqual(["GET"])
      expect(values("http.request.uri")).toEqual(["/chat"])
      expect(values("http.response.code")).toEqual(["101"])
      expect(values("websocket.opcode")).toEqual(["1", "1", "2", "2", "1", "1", "9", "10", "8", "8"])
      expect(values("websocket.mask").map(Number)).toEqual([1, 0, 1, 0, 1, 0, 1, 0, 1, 0])
      expect(values("text").join()).toContain("hello")
      expect(wrong(packets)).toEqual([])
    }))

  it.effect("is dissected without payloads, which are zeros, and of a stream of HTTP/2", () =>
    Effect.gen(function*() {
      const report = yield* recorded({}, ["hello", "x".repeat(70_000)])
      const octets = WireLog.pcapng({
        ...report,
        record: {
          ...report.record,
          httpRequest: "CONNECT /chat HTTP/2\r\nhost: test\r\nsec-websocket-version: 13\r\n\r\n",
          httpResponse: "HTTP/2 200\r\n\r\n"
        }
      })
      const packets = dissect(octets)
      const opcodes = packets.flatMap((packet) => packet["websocket.opcode"].split(",")).filter((code) => code !== "")
      expect(opcodes).toEqual(["1", "1", "1", "1", "9", "10", "8", "8"])
      expect(Buffer.from(octets).includes("hello")).toBe(false)
      expect(wrong(packets)).toEqual([])
    }))
})
