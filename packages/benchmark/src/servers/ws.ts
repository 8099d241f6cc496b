/**
 * The peer: `ws` as its documentation shows an echo and a broadcast, with its native addon. It loads no module of ours, but for our
 * levels.
 */
import "bufferutil"
import { createServer } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { AddressInfo } from "node:net"
import { type PerMessageDeflateOptions, type RawData, type ServerOptions, type WebSocket, WebSocketServer } from "ws"
import { type Settings, where } from "./settings.js"

export interface WsSettings extends Settings {
  /** Whose levels it compresses with; its own unless told otherwise. */
  readonly levels?: "defaults" | "ours"
  /** Text as a string, as ours hands it out, or as octets. */
  readonly text?: "string" | "octets"
}

const perMessageDeflate = async (levels: "defaults" | "ours"): Promise<PerMessageDeflateOptions> => {
  if (levels === "defaults") return { threshold: 0 }
  const { defaults: { level, memLevel } } = await import("@effect-ws/platform-node/NodeDeflate")
  return { threshold: 0, zlibDeflateOptions: { level, memLevel } }
}

/** Echoes. */
export const listen = (settings: WsSettings): Promise<number> =>
  serve(
    settings,
    settings.text === "string"
      ? (socket, message, isBinary) => socket.send(isBinary ? message : message.toString(), { binary: isBinary })
      : (socket, message, isBinary) => socket.send(message, { binary: isBinary })
  )

/** Sends the first message of each connection back to it, and every other to all. */
export const listenFanOut = (settings: Settings): Promise<number> => {
  const greeted = new Set<WebSocket>()
  return serve(settings, (socket, message, isBinary) => {
    if (greeted.has(socket)) { for (const each of greeted) each.send(message, { binary: isBinary }) }
    else {
      greeted.add(socket)
      socket.on("close", () => greeted.delete(socket)).send(message, { binary: isBinary })
    }
  })
}

const serve = async (
  { compression, levels = "defaults", tls }: WsSettings,
  onMessage: (socket: WebSocket, message: RawData, isBinary: boolean) => void
): Promise<number> => {
  const options: ServerOptions = compression
    ? { perMessageDeflate: await perMessageDeflate(levels) }
    : {}
  const server = tls === undefined ? createServer() : createTlsServer(tls)
  new WebSocketServer({ ...options, server }).on("connection", (socket) => {
    socket.on("error", () => {})
    socket.on("message", (message, isBinary) => onMessage(socket, message, isBinary))
  })
  return new Promise((resolve) => {
    server.listen(where, () => resolve((server.address() as AddressInfo).port))
  })
}
