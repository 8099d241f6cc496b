import { expect, it } from "@effect/vitest"
import { once } from "node:events"
import { WebSocketServer } from "ws"
import { run } from "./service.js"

/** A fuzzing server of three cases: it keeps what it was asked, and what came back. */
const fuzzingServer = async () => {
  const asked: Array<string> = []
  const echoed: Array<string> = []
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" })
  server.on("connection", (socket, { url = "" }) => {
    asked.push(url)
    if (url === "/getCaseCount") socket.send("3")
    if (!url.startsWith("/runCase")) return socket.close()
    socket.on("message", (data) => {
      echoed.push(String(data))
      socket.close()
    })
    socket.send(`case ${new URL(url, "ws://a").searchParams.get("case")}`)
  })
  await once(server, "listening")
  const address = server.address()
  return { asked, echoed, server, url: `ws://127.0.0.1:${typeof address === "object" ? address?.port : 0}` }
}

it("runs every case in order, echoes, and asks for the reports; its argument may stand first", async () => {
  const { asked, echoed, server, url } = await fuzzingServer()
  try {
    const ended = await run("testee", [url, "--agent", "me & you"])
    expect(ended).toMatchObject({ code: 0, stderr: "" })
    expect(asked).toEqual([
      "/getCaseCount",
      ...[1, 2, 3].map((place) => `/runCase?case=${place}&agent=me%20%26%20you`),
      "/updateReports?agent=me%20%26%20you"
    ])
    expect(echoed).toEqual(["case 1", "case 2", "case 3"])
  } finally {
    server.close()
  }
})

it("says that there is no fuzzing server, and ends with 1", async () => {
  const { server, url } = await fuzzingServer()
  server.close()
  await once(server, "close")
  const ended = await run("testee", [url])
  expect(ended.code).toBe(1)
  expect(ended.stderr.trim().split("\n")).toHaveLength(1)
})
