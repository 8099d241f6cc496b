// Servers on Node: ws, faye, websocket
import fs from "node:fs"
import http from "node:http"
import https from "node:https"
import { createRequire } from "node:module"
const require = createRequire(process.env.IOP_NPM + "/x.js")
const [, , lib, , port] = process.argv, mode = process.env.IOP_MODE
const tls = { cert: fs.readFileSync("tls/cert.pem"), key: fs.readFileSync("tls/key.pem") }
const server = mode === "tls" ? https.createServer(tls) : http.createServer()
const command = (data, ws, x = {}) => {
  const w = data.slice(1).split(" ")
  if (w[0] === "close") w[1] === "0" ? ws.close() : ws.close(+w[1], w.slice(2).join(" "))
  if (w[0] === "ping") x.ping ? x.ping() : ws.send("!noping")
  if (w[0] === "frag") x.frag ? x.frag() : ws.send("!nofrag")
}
if (lib === "ws") {
  const { WebSocketServer } = require("ws")
  const opt = mode === "plain"
    ? false
    : mode === "nct"
    ? { clientNoContextTakeover: true, serverNoContextTakeover: true, threshold: 0 }
    : mode.startsWith("wb")
    ? { clientMaxWindowBits: +mode.slice(2), serverMaxWindowBits: +mode.slice(2), threshold: 0 }
    : { threshold: 0 }
  const wss = new WebSocketServer({ server, perMessageDeflate: opt, maxPayload: 1 << 28 })
  wss.on("connection", (ws) => {
    ws.on("message", (d, bin) => {
      if (!bin && d[0] === 33) {
        command(d.toString(), ws, {
          ping: () => {
            ws.once("pong", () => ws.send("!pong"))
            ws.ping("x")
          },
          frag: () => {
            ws.send("frag-", { fin: false })
            ws.send("é€😀", { fin: false })
            ws.send("-end", { fin: true })
          }
        })
      } else ws.send(d, { binary: bin })
    })
    ws.on("close", (c, r) => console.log("CLOSE", c, r.toString()))
    ws.on("error", (e) => console.log("ERROR", e.message))
  })
}
if (lib === "faye") {
  const W = require("faye-websocket")
  const deflate = mode === "plain" ? null : require("permessage-deflate")
  server.on("upgrade", (q, s, h) => {
    const ws = new W(q, s, h, ["iop"], { extensions: deflate ? [deflate] : [], maxLength: 1 << 28 })
    ws.on(
      "message",
      ({ data }) =>
        typeof data === "string" && data.startsWith("!")
          ? command(data, ws, { ping: () => ws.ping("x", () => ws.send("!pong")) })
          : ws.send(data)
    )
    ws.on("close", (e) => console.log("CLOSE", e.code, e.reason))
    ws.on("error", (e) => console.log("ERROR", e.message))
  })
}
if (lib === "websocket") {
  const W = require("websocket").server
  new W({
    httpServer: server,
    autoAcceptConnections: false,
    maxReceivedFrameSize: 1 << 28,
    maxReceivedMessageSize: 1 << 28,
    fragmentOutgoingMessages: true
  }).on("request", (r) => {
    const c = r.accept(r.requestedProtocols[0] ?? null, r.origin)
    c.on(
      "message",
      (m) =>
        m.type === "utf8"
          ? m.utf8Data.startsWith("!")
            ? command(m.utf8Data, {
              close: (code, reason) => code === undefined ? c.close() : c.close(code, reason),
              send: (x) => c.sendUTF(x)
            }, {
              ping: () => {
                c.once("pong", () => c.sendUTF("!pong"))
                c.ping("x")
              }
            })
            : c.sendUTF(m.utf8Data)
          : c.sendBytes(m.binaryData)
    )
    c.on("close", (code, d) => console.log("CLOSE", code, d))
    c.on("error", (e) => console.log("ERROR", e.message))
  })
}
server.listen(+port, "127.0.0.1")
