/**
 * The peer: `ws` as its documentation shows an echo, with its native addon.
 */
import "bufferutil"
import * as NodeDeflate from "@effect-ws/platform-node/NodeDeflate"
import type { AddressInfo } from "node:net"
import { WebSocketServer } from "ws"

/** Every message; as hard as it does unless told otherwise, or as ours does. */
const settings = {
  defaults: { threshold: 0 },
  ours: {
    threshold: 0,
    zlibDeflateOptions: { level: NodeDeflate.defaults.level, memLevel: NodeDeflate.defaults.memLevel }
  }
}

export const listen = (compression: false | keyof typeof settings): Promise<number> =>
  new Promise((resolve) => {
    const options = compression === false ? {} : { perMessageDeflate: settings[compression] }
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...options }, () => {
      resolve((server.address() as AddressInfo).port)
    })
    server.on("connection", (socket) => {
      socket.on("error", () => {})
      socket.on("message", (message, isBinary) => socket.send(message, { binary: isBinary }))
    })
  })
