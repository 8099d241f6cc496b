import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { once } from "node:events"
import { connect } from "node:net"
import { WebSocket as Undici } from "undici"
import Client from "websocket"
import Ws from "ws"
import { run, type Service, start } from "./service.js"

const open = async (url: string, options: Ws.ClientOptions = {}): Promise<Ws> => {
  const socket = new Ws(url, options)
  await once(socket, "open")
  return socket
}

const closed = async (socket: Ws): Promise<number> => {
  const [code] = await once(socket, "close")
  return code
}

describe("the echo service", () => {
  let service: Service
  beforeAll(async () => {
    service = await start()
  })
  afterAll(() => service.interrupt())

  it("echoes to ws: text as text, binary as binary, a burst in order", async () => {
    const socket = await open(service.ws)
    expect(socket.extensions).toBe("permessage-deflate")
    const sent = [
      "hällo 👋",
      "",
      Buffer.from([0, 1, 255]),
      "x".repeat(65_536),
      Buffer.alloc(1_048_576, 7),
      ...Array.from({ length: 1000 }, (_, i) => `message ${i}`)
    ]
    const back: Array<string | Buffer> = []
    const all = new Promise<void>((resolve) => {
      socket.on("message", (data: Buffer, isBinary) => {
        back.push(isBinary ? data : data.toString())
        if (back.length === sent.length) resolve()
      })
    })
    for (const message of sent) socket.send(message)
    await all
    const isSame = (message: string | Buffer, i: number): boolean =>
      typeof message === "string" ? message === back[i] : message.equals(Buffer.from(back[i] ?? ""))
    expect(back.map((message) => typeof message)).toEqual(sent.map((message) => typeof message))
    expect(sent.findIndex((message, i) => !isSame(message, i))).toBe(-1)
    socket.close(3000)
    expect(await closed(socket)).toBe(3000)
  })

  it("echoes to undici", async () => {
    const socket = new Undici(service.ws)
    socket.binaryType = "arraybuffer"
    await once(socket, "open")
    socket.send("text")
    const [text] = await once(socket, "message")
    expect(text.data).toBe("text")
    socket.send(Uint8Array.of(1, 2))
    const [binary] = await once(socket, "message")
    expect(new Uint8Array(binary.data)).toEqual(Uint8Array.of(1, 2))
    socket.close(1000)
    const [event] = await once(socket, "close")
    expect(event).toMatchObject({ code: 1000, wasClean: true })
  })

  it("echoes to websocket", async () => {
    const socket = new Client.w3cwebsocket(service.ws)
    await new Promise<void>((resolve) => {
      socket.onopen = () => resolve()
    })
    socket.send("text")
    expect(
      await new Promise((resolve) => {
        socket.onmessage = ({ data }) => resolve(data)
      })
    ).toBe("text")
    socket.close(1000)
    expect(
      await new Promise((resolve) => {
        socket.onclose = ({ code }) => resolve(code)
      })
    ).toBe(1000)
  })

  it("refuses a page of another origin, and a plain request for the socket's protocol only", async () => {
    const refused = new Ws(service.ws, { headers: { origin: "https://evil.example" } })
    const [error] = await once(refused, "error")
    expect(String(error)).toContain("403")
  })

  it("answers what the page asks", async () => {
    const ask = (path: string, init: RequestInit = {}) => fetch(new URL(path, service.http), init)
    const id = "0123456789abcdef0123456789abcdef"
    expect((await ask(`/connections/${id}/ping`, { method: "POST" })).status).toBe(404)
    const socket = await open(`${service.ws}?id=${id}`)
    const ping = await ask(`/connections/${id}/ping`, { method: "POST" })
    expect(await ping.json()).toEqual({ milliseconds: expect.any(Number) })
    const close = (body: unknown) =>
      ask(`/connections/${id}/close`, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" }
      })
    expect((await close({ code: 1005, reason: "" })).status).toBe(400)
    expect((await close({ code: "1000" })).status).toBe(400)
    const ending = ask(`/connections/${id}/ending`)
    const code = closed(socket)
    const answer = await close({ code: 4001, reason: "enough" })
    expect(await code).toBe(4001)
    const told = await answer.json()
    expect(told).toMatchObject({
      outcome: "Clean",
      behavior: { isServer: true, closedByMe: true, wasClean: true, localCloseCode: 4001, localCloseReason: "enough" }
    })
    expect(await (await ending).json()).toEqual({
      ...told,
      report: expect.stringMatching(/^\/inspector\/connections\/\d+$/)
    })
  })

  it("serves the page with a policy that lets nothing else in", async () => {
    for (const path of ["/", "/style.css", "/script.js", "/icon.svg"]) {
      const response = await fetch(new URL(path, service.http))
      expect(response.status).toBe(200)
      expect(response.headers.get("content-security-policy")).toContain("default-src 'none'")
    }
    expect((await fetch(new URL("/elsewhere", service.http))).status).toBe(404)
  })
})

describe("the command", () => {
  it("closes every connection with 1001 when interrupted, and ends with 0", async () => {
    const service = await start("--no-compression")
    const sockets = await Promise.all(Array.from({ length: 5 }, () => open(service.ws)))
    expect(sockets.map(({ extensions }) => extensions)).toEqual(["", "", "", "", ""])
    const codes = Promise.all(sockets.map(closed))
    expect(await service.interrupt()).toBe(0)
    expect(await codes).toEqual([1001, 1001, 1001, 1001, 1001])
  })

  it("says in a line what is wrong, and ends with 1", async () => {
    const service = await start()
    const { port } = new URL(service.http)
    try {
      const taken = await run("serve", ["--port", port])
      expect(taken).toMatchObject({ code: 1, stdout: "" })
      expect(taken.stderr.trim().split("\n")).toEqual([expect.stringContaining("EADDRINUSE")])
    } finally {
      await service.interrupt()
    }
  })

  it("tells what it takes", async () => {
    const [wrong, help] = await Promise.all([run("serve", ["--port", "99999"]), run("serve", ["--help"])])
    expect(wrong.code).toBe(1)
    expect(help.code).toBe(0)
    expect(help.stdout).toContain("--no-compression")
  })

  it("is not held up by a client that never says anything", async () => {
    const service = await start()
    const { port } = new URL(service.http)
    const silent = connect(Number(port), "127.0.0.1")
    await once(silent, "connect")
    expect(await service.interrupt()).toBe(0)
    silent.destroy()
  })
})
