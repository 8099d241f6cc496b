const port = process.argv[4], mode = process.env.IOP_MODE
Bun.serve({
  port: +port,
  hostname: "127.0.0.1",
  ...(mode === "tls" ? { tls: { cert: Bun.file("tls/cert.pem"), key: Bun.file("tls/key.pem") } } : {}),
  fetch: (q, s) => s.upgrade(q) ? undefined : new Response("no", { status: 400 }),
  websocket: {
    maxPayloadLength: 1 << 28,
    backpressureLimit: 1 << 28,
    perMessageDeflate: mode !== "plain",
    idleTimeout: 120,
    message(ws, d) {
      if (typeof d === "string" && d.startsWith("!")) {
        const w = d.slice(1).split(" ")
        if (w[0] === "close") w[1] === "0" ? ws.close() : ws.close(+w[1], w.slice(2).join(" "))
        if (w[0] === "ping") ws.ping("x")
        if (w[0] === "frag") ws.send("!nofrag")
      } else ws.send(d, mode !== "plain")
    },
    pong(ws) {
      ws.send("!pong")
    },
    close(ws, c, r) {
      console.log("CLOSE", c, r)
    }
  }
})
