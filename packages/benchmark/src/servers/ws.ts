/**
 * The peer: `ws` as its documentation shows an echo, with its native addon.
 */
import "bufferutil"
import type { AddressInfo } from "node:net"
import { WebSocketServer } from "ws"

export const listen = (): Promise<number> =>
  new Promise((resolve) => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" }, () => {
      resolve((server.address() as AddressInfo).port)
    })
    server.on("connection", (socket) => {
      socket.on("error", () => {})
      socket.on("message", (message, isBinary) => socket.send(message, { binary: isBinary }))
    })
  })
