/**
 * `ws`, as its documentation shows an echo, to be examined in place of ours: what Autobahn says of it is known, so it examines the
 * examiner.
 *
 *     node .config/ws-peer.mjs server
 *     node .config/ws-peer.mjs client --agent NAME --concurrency N URL
 */
import { parseArgs } from "node:util"
import { WebSocket, WebSocketServer } from "ws"

const { positionals: [role, url], values } = parseArgs({
  allowPositionals: true,
  options: { agent: { type: "string", default: "ws" }, concurrency: { type: "string", default: "1" } }
})

const serve = () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: true })
  server.on("listening", () => console.log(`ws://127.0.0.1:${server.address().port}/`))
  server.on("connection", (socket) => {
    socket.on("error", () => {})
    socket.on("message", (message, binary) => socket.send(message, { binary }))
  })
  process.once("SIGINT", () => process.exit(0))
}

/** The last message. */
const ask = (target, echoes) =>
  new Promise((resolve) => {
    const socket = new WebSocket(new URL(target, url))
    let last = ""
    socket.on("error", () => {})
    socket.on("message", (message, binary) => {
      last = message.toString()
      if (echoes) socket.send(message, { binary })
    })
    socket.on("close", () => resolve(last))
  })

const answer = async () => {
  const count = Number(await ask("/getCaseCount", false))
  let next = 1
  const take = async () => {
    while (next <= count) await ask(`/runCase?case=${next++}&agent=${values.agent}`, true)
  }
  await Promise.all(Array.from({ length: Number(values.concurrency) }, take))
  await ask(`/updateReports?agent=${values.agent}`, false)
}

if (role === "server") serve()
else await answer()
