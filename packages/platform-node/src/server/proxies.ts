/**
 * Proxies in front of a server. In: which peers are proxies, and sockets. Out: whether a socket's peer is one, and where the
 * connection came from, once its PROXY header was read.
 */
import * as ProxyProtocol from "@effect-ws/codec/ProxyProtocol"
import type { Deadlines } from "@effect-ws/connection/host/Deadlines"
import { BlockList, isIP, type Server, type Socket } from "node:net"
import { OpeningOctets, takeOver } from "./OpeningOctets.js"
import type { Peers } from "./options.js"

/** Whether an address is among the peers. A peer without an address uses a Unix socket, which file permissions protect. */
export const makeIsAmong = (peers: Peers): (address: string | undefined) => boolean => {
  if (peers === "any") return () => true
  const list = new BlockList()
  for (const peer of peers) {
    const [address = "", prefix] = peer.split("/")
    const family = familyOf(address)
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return (address) => address === undefined || list.check(address, familyOf(address))
}

const familyOf = (address: string): "ipv4" | "ipv6" => isIP(address) === 6 ? "ipv6" : "ipv4"

/** The address in the PROXY header of a connection, by its TCP socket. */
const sources = new WeakMap<Socket, string>()

/** The TCP socket under one of TLS, which has none of its own. */
type Layered = Socket & { readonly _parent?: Socket | null }

/** Where the connection comes from; `undefined` for a Unix socket. */
export const addressOf = (socket: Socket): string | undefined => {
  const { _parent: parent }: Layered = socket
  return sources.get(parent ?? socket) ?? socket.remoteAddress
}

export interface PortOptions {
  readonly peers: Peers
  readonly deadlines: Deadlines
  /** Milliseconds for the header to come. */
  readonly timeout: number
  /** Is told of each socket that is dropped. */
  readonly onDropped: (rule: ProxyProtocol.RuleName | "Timeout" | "PeerNotListed", address: string | undefined) => void
}

/** Makes the server see a connection only once its PROXY header was read, with the bytes after it. */
export const expectHeaders = (server: Server, { deadlines, onDropped, peers, timeout }: PortOptions): void => {
  const isAmong = makeIsAmong(peers)
  takeOver(server, "connection", (socket, passOn) => {
    if (!isAmong(socket.remoteAddress)) {
      onDropped("PeerNotListed", socket.remoteAddress)
      socket.destroy()
      return
    }
    new Awaiting(socket, deadlines, onDropped, passOn).start(timeout)
  })
}

/** A socket whose header is incomplete. */
class Awaiting extends OpeningOctets {
  private octets: Uint8Array = new Uint8Array(0)

  constructor(
    socket: Socket,
    deadlines: Deadlines,
    private readonly onDropped: PortOptions["onDropped"],
    private readonly onHeader: () => void
  ) {
    super(socket, deadlines)
  }

  override onDeadline(): void {
    this.refuse("Timeout")
  }

  /** Of an incomplete header, at most one read more than its limit is kept. */
  protected readonly onReadable = (): void => {
    const { socket } = this
    for (let chunk: Uint8Array | null = socket.read(); chunk !== null; chunk = socket.read()) {
      this.octets = this.octets.length === 0 ? chunk : Buffer.concat([this.octets, chunk])
      const parsed = ProxyProtocol.parse(this.octets)
      switch (parsed._tag) {
        case "NeedMore":
          break
        case "Problem":
          return this.refuse(parsed.rule)
        case "Header": {
          this.stop()
          if (parsed.source !== undefined) sources.set(socket, parsed.source.address)
          const rest = this.octets.subarray(parsed.length)
          if (rest.length > 0) socket.unshift(rest)
          return this.onHeader()
        }
      }
    }
  }

  private refuse(rule: ProxyProtocol.RuleName | "Timeout"): void {
    const address = this.socket.remoteAddress
    this.drop()
    this.onDropped(rule, address)
  }
}
