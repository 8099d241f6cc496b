/** A bare opening handshake: it looks only for the 101, and at what extensions stand in it. */
import { randomBytes } from "node:crypto"
import { connect, type Socket } from "node:net"

/** The answer must agree on just what is offered. */
export const open = (port: number, offer?: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true })
    let head = ""
    const onData = (octets: Buffer): void => {
      head += octets.toString("latin1")
      if (!head.includes("\r\n\r\n")) return
      socket.off("data", onData).off("error", reject)
      const extensions = /^sec-websocket-extensions: *(.*?) *\r$/im.exec(head)?.[1]
      if (head.startsWith("HTTP/1.1 101") && head.endsWith("\r\n\r\n") && extensions === offer) resolve(socket)
      else reject(new Error(`not opened: ${head}`))
    }
    socket.on("error", reject).on("data", onData).write(request(port, offer))
  })

const request = (port: number, offer: string | undefined): string =>
  [
    "GET / HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    ...offer === undefined ? [] : [`Sec-WebSocket-Extensions: ${offer}`],
    "",
    ""
  ].join("\r\n")
