import { describe, expect, it } from "@effect/vitest"
import { type AddressInfo, connect, createServer, Socket } from "node:net"
import { TLSSocket } from "node:tls"
import { readInto } from "../src/servers/readInto.js"

describe("reading into one buffer", () => {
  it("is what this Node can: else the floor is none", async () => {
    const buffer = new Uint8Array(4)
    const read = await new Promise<string>((resolve, reject) => {
      let heard = ""
      const server = createServer((socket) => {
        const can = readInto(socket, buffer, (size) => {
          heard += Buffer.from(buffer.subarray(0, size)).toString()
        })
        if (!can) reject(new Error("it cannot"))
        socket.on("data", () => reject(new Error("it was read elsewhere"))).on("end", () => {
          server.close()
          resolve(heard)
        })
      })
      server.listen(
        0,
        "127.0.0.1",
        () => connect((server.address() as AddressInfo).port, "127.0.0.1").end("ten octets")
      )
    })
    expect(read).toBe("ten octets")
  })

  it("is not for TLS, and not before there is a connection", () => {
    const never = (): void => expect.unreachable()
    expect(readInto(new TLSSocket(new Socket()), new Uint8Array(1), never)).toBe(false)
    expect(readInto(new Socket(), new Uint8Array(1), never)).toBe(false)
  })
})
