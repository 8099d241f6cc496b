/**
 * The options of a layer -> its permessage-deflate: what it offers or accepts, and the contexts of each connection, made from two
 * pools that all connections of the layer share.
 */
import type { Agreed, ClientConfig, ServerConfig } from "@effect-ws/codec/PermessageDeflate"
import type { Role } from "@effect-ws/connection/CloseOutcome"
import type {
  Answer,
  Compression,
  Deflate,
  InflateResult,
  SharedDeflater
} from "@effect-ws/connection/host/Compression"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import { Deflater } from "./Deflater.js"
import { Inflater } from "./Inflater.js"
import { type ClientOptions, clientOptions, type ServerOptions, serverOptions, type Settings } from "./options.js"
import { type Place, Pool } from "./Pool.js"

export const client = (options: ClientOptions = {}): Deflate<ClientConfig> => {
  const config = InvalidOption.read(clientOptions, options, "compression.")
  return { config, open: opener("client", config) }
}

export const server = (options: ServerOptions = {}): Deflate<ServerConfig> => {
  const config = InvalidOption.read(serverOptions, options, "compression.")
  return { config, open: opener("server", config) }
}

const opener = (role: Role, settings: Settings): (agreed: Agreed) => Compression => {
  const deflaters = new Pool((windowBits) => new Deflater({ ...settings, windowBits }, settings.deflateLaterFrom))
  const inflaters = new Pool((windowBits) => new Inflater(windowBits, settings.inflateLaterFrom))
  const shared = new Map<number, SharedDeflater>()
  const sharedOf = (windowBits: number): SharedDeflater => {
    const deflater = shared.get(windowBits) ?? { deflate: (octets) => alone(deflaters, windowBits, octets) }
    shared.set(windowBits, deflater)
    return deflater
  }
  return (agreed) => {
    const { clientMaxWindowBits, clientNoContextTakeover, serverMaxWindowBits, serverNoContextTakeover } = agreed
    const clients = { bits: clientMaxWindowBits, keeps: !clientNoContextTakeover }
    const servers = { bits: serverMaxWindowBits, keeps: !serverNoContextTakeover }
    const [ours, theirs] = role === "client" ? [clients, servers] : [servers, clients]
    const windowBits = deflatable(Math.min(ours.bits, settings.windowBits))
    return new NodeCompression(
      settings.threshold,
      ours.keeps && settings.prepared === "each" ? undefined : sharedOf(windowBits),
      deflaters.place(windowBits, ours.keeps),
      inflaters.place(theirs.bits, theirs.keeps)
    )
  }
}

/** A message that takes over nothing, and whose context no connection can take away. */
const alone = (deflaters: Pool<Deflater>, windowBits: number, octets: Uint8Array): Answer<Uint8Array> => {
  const place = deflaters.place(windowBits, false)
  const answer = place.use((context) => context.deflate(octets, true), true)
  if (answer._tag === "Now") return answer
  return {
    _tag: "Later",
    listen: (listener, failed) =>
      answer.listen(listener, (defect) => {
        place.free()
        failed(defect)
      })
  }
}

class NodeCompression implements Compression {
  constructor(
    private readonly threshold: number,
    readonly shared: SharedDeflater | undefined,
    private readonly deflater: Place<Deflater>,
    private readonly inflater: Place<Inflater>
  ) {}

  isWorth(size: number): boolean {
    return size >= this.threshold
  }

  deflate(octets: Uint8Array, last: boolean): Answer<Uint8Array> {
    return this.deflater.use((context) => context.deflate(octets, last), last)
  }

  inflate(octets: Uint8Array, last: boolean, limit: number): Answer<InflateResult> {
    return this.inflater.use((context) => context.inflate(octets, last, limit), last)
  }

  restart(): void {
    this.deflater.restart()
  }

  free(): void {
    this.deflater.free()
    this.inflater.free()
  }
}

/** zlib has no deflate window of 2^8; with 2^9 it never reaches farther back than 250 bytes. */
const deflatable = (bits: number): number => Math.max(9, bits)
