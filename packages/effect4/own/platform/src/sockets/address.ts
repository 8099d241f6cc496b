/** Where a server listens, as a `SocketServer` has it. */
import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"
import type { Address } from "../WebSocketServer.js"

export const addressOf = (address: Address): NetAddress.SocketAddress => {
  switch (address._tag) {
    case "Tcp":
      return Result.getOrElse(NetAddress.inetAddressFromIpString(address.host, address.port), () => nowhere(address.port))
    case "Unix":
      return NetAddress.unixPathAddress(address.path)
    case "None":
      return nowhere(0)
  }
}

const nowhere = (port: number): NetAddress.SocketAddress =>
  Result.getOrThrow(NetAddress.inetAddress(NetAddress.ipv4Unspecified, port))
