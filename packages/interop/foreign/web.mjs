// Client over the standard WebSocket of whatever runtime runs it (Node 22, undici, Bun, Deno), or over ws/faye/websocket (argv[2]).
const lib = process.argv[2],
  urls = process.argv.slice(4),
  mode = process.env.IOP_MODE,
  offered = mode === "subprotocol" ? ["iop"] : []
import { createRequire } from "node:module"
const require = createRequire(process.env.IOP_NPM + "/x.js")
const fs = await import("node:fs")
const ca = fs.readFileSync("tls/cert.pem")
let make
if (lib === "global") {
  make = (u) =>
    mode === "tls" && globalThis.Bun ? new WebSocket(u, { tls: { ca: ca.toString() } }) : new WebSocket(u, offered)
} else if (lib === "undici") {
  const { WebSocket } = require(process.env.UNDICI ?? "undici")
  make = (u) => new WebSocket(u, offered)
} else if (lib === "ws") {
  const { WebSocket } = require("ws")
  const opt = mode === "plain"
    ? false
    : mode === "nct"
    ? { clientNoContextTakeover: true, serverNoContextTakeover: true, threshold: 0 }
    : mode.startsWith("wb")
    ? { clientMaxWindowBits: +mode.slice(2), serverMaxWindowBits: +mode.slice(2), threshold: 0 }
    : { threshold: 0 }
  make = (u) => new WebSocket(u, offered, { perMessageDeflate: opt, ca, maxPayload: 1 << 28 })
} else if (lib === "faye") {
  const W = require("faye-websocket")
  const deflate = mode === "plain" ? null : require("permessage-deflate")
  make = (u) => new W.Client(u, offered, { extensions: deflate ? [deflate] : [], tls: { ca }, maxLength: 1 << 28 })
} else if (lib === "websocket") {
  const { w3cwebsocket } = require("websocket")
  make = (u) =>
    new w3cwebsocket(u, offered, undefined, undefined, { ca }, {
      maxReceivedFrameSize: 1 << 28,
      maxReceivedMessageSize: 1 << 28,
      tlsOptions: { ca }
    })
}
for (const u of urls) {
  await new Promise((done) => {
    let ws
    try {
      ws = make(u)
    } catch (e) {
      console.log("ERROR", e)
      done()
      return
    }
    ws.binaryType = "arraybuffer"
    ws.onmessage = ({ data }) => {
      if (typeof data === "string" && data.startsWith("!")) {
        const w = data.slice(1).split(" ")
        if (w[0] === "close") w[1] === "0" ? ws.close() : ws.close(+w[1], w.slice(2).join(" "))
        if (w[0] === "ping") {
          ws.ping
            ? (ws.once
              ? ws.once("pong", () => ws.send("!pong"))
              : ws.addEventListener?.("pong", () => ws.send("!pong"), { once: true }),
              lib === "faye" ? ws.ping("x", () => ws.send("!pong")) : ws.ping("x"))
            : ws.send("!noping")
        }
        if (w[0] === "frag") {
          if (lib === "ws") {
            ws.send("frag-", { fin: false })
            ws.send("é€😀", { fin: false })
            ws.send("-end", { fin: true })
          } else ws.send("!nofrag")
        }
      } else ws.send(data)
    }
    ws.onerror = (e) => console.log("ERROR", e?.message ?? e?.error ?? e?.type)
    ws.onclose = (e) => {
      console.log("CLOSE", e.code, e.reason, "clean=" + e.wasClean)
      setTimeout(done, 30)
    }
  })
}
process.exit(0)
