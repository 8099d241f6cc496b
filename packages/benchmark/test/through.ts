/** A server in between: what comes back, but for the head of the 101, is changed. */
import { type AddressInfo, connect, createServer } from "node:net"

export const through = (port: number, change: (octets: Buffer) => Buffer): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer((socket) => {
      const upstream = connect(port, "127.0.0.1")
      socket.pipe(upstream)
      upstream.once("data", (head: Buffer) => {
        socket.write(head)
        upstream.on("data", (octets: Buffer) => socket.write(change(octets))).on("end", () => socket.end())
      })
      for (const each of [socket, upstream]) each.on("error", () => {}).on("close", () => upstream.destroy())
    })
    server.unref().listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port))
  })
