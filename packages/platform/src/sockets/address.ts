/** Where a server listens, as a `SocketServer` has it. */
import type { SocketServer } from "@effect/platform/SocketServer"
import type { Address } from "../WebSocketServer.js"

export const addressOf = (address: Address): SocketServer["Type"]["address"] => {
  switch (address._tag) {
    case "Tcp":
      return { _tag: "TcpAddress", hostname: address.host, port: address.port }
    case "Unix":
      return { _tag: "UnixAddress", path: address.path }
    case "None":
      return { _tag: "TcpAddress", hostname: "", port: 0 }
  }
}
