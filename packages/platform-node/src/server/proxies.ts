/**
 * Proxies in front of a server. In: which peers are proxies, and sockets. Out: whether a socket's peer is one, and where the
 * connection came from, once its PROXY header was read.
 */
import * as ProxyProtocol from "@effect-ws/codec/ProxyProtocol"
import type { Deadline, Deadlines, Expiring } from "@effect-ws/connection/host/Deadlines"
import { BlockList, isIP, type Server, type Socket } from "node:net"
import type { Peers } from "./options.js"

/** Whether an address is among the peers. A peer without an address came by a Unix socket, which its file's rights guard. */
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

/** What the PROXY header of a connection told, by the TCP socket. */
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

/** Has the server see no connection before its PROXY header was read, and that one of the octets behind it. */
export const expectHeaders = (server: Server, { deadlines, onDropped, peers, timeout }: PortOptions): void => {
  const isAmong = makeIsAmong(peers)
  const listeners = server.listeners("connection")
  server.removeAllListeners("connection")
  server.on("connection", (socket: Socket) => {
    if (!isAmong(socket.remoteAddress)) {
      onDropped("PeerNotListed", socket.remoteAddress)
      socket.destroy()
      return
    }
    const awaiting = new Awaiting(socket, deadlines, onDropped, () => {
      for (const listener of listeners) Reflect.apply(listener, server, [socket])
    })
    awaiting.start(timeout)
  })
}

/** A socket whose header has not come yet. */
class Awaiting implements Expiring {
  private octets: Uint8Array = new Uint8Array(0)
  private deadline: Deadline | undefined = undefined

  constructor(
    private readonly socket: Socket,
    private readonly deadlines: Deadlines,
    private readonly onDropped: PortOptions["onDropped"],
    private readonly onHeader: () => void
  ) {}

  start(timeout: number): void {
    const { socket } = this
    socket.on("readable", this.onReadable)
    socket.on("end", this.onOver)
    socket.on("error", this.onOver)
    socket.on("close", this.onOver)
    this.deadline = this.deadlines.start(timeout, this)
  }

  onDeadline(): void {
    this.drop("Timeout")
  }

  /** No more is kept than one read behind a header that lacks something. */
  private readonly onReadable = (): void => {
    const { socket } = this
    for (let chunk: Uint8Array | null = socket.read(); chunk !== null; chunk = socket.read()) {
      this.octets = this.octets.length === 0 ? chunk : Buffer.concat([this.octets, chunk])
      const parsed = ProxyProtocol.parse(this.octets)
      switch (parsed._tag) {
        case "NeedMore":
          break
        case "Problem":
          return this.drop(parsed.rule)
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

  private readonly onOver = (): void => {
    this.stop()
    this.socket.on("error", () => {})
    this.socket.destroy()
  }

  private drop(rule: ProxyProtocol.RuleName | "Timeout"): void {
    const address = this.socket.remoteAddress
    this.onOver()
    this.onDropped(rule, address)
  }

  private stop(): void {
    const { deadline, socket } = this
    if (deadline !== undefined) this.deadlines.cancel(deadline)
    socket.off("readable", this.onReadable)
    socket.off("end", this.onOver)
    socket.off("error", this.onOver)
    socket.off("close", this.onOver)
  }
}
