const [, port] = Deno.args, mode = Deno.env.get("IOP_MODE")
Deno.serve({
  port: +port,
  hostname: "127.0.0.1",
  onListen() {},
  ...(mode === "tls" ? { cert: Deno.readTextFileSync("tls/cert.pem"), key: Deno.readTextFileSync("tls/key.pem") } : {})
}, (q) => {
  const { socket: ws, response } = Deno.upgradeWebSocket(q, mode === "subprotocol" ? { protocol: "iop" } : {})
  ws.binaryType = "arraybuffer"
  ws.onmessage = ({ data: d }) => {
    if (typeof d === "string" && d.startsWith("!")) {
      const w = d.slice(1).split(" ")
      if (w[0] === "close") w[1] === "0" ? ws.close() : ws.close(+w[1], w.slice(2).join(" "))
      if (w[0] === "ping") ws.send("!noping")
      if (w[0] === "frag") ws.send("!nofrag")
    } else ws.send(d)
  }
  ws.onclose = (e) => console.log("CLOSE", e.code, e.reason, "clean=" + e.wasClean)
  ws.onerror = (e) => console.log("ERROR", e.message)
  return response
})
