/**
 * The floor with compression: what Node's sockets and zlib cost an echo that does as little as can be done. It inflates and
 * deflates each message in the turn that brings it, however large, with the contexts that ours uses, and so loads what they need.
 */
import * as Frame from "@effect-ws/codec/Frame"
import * as Mask from "@effect-ws/codec/Mask"
import type { Agreed } from "@effect-ws/codec/PermessageDeflate"
import type { Answer, Compression } from "@effect-ws/connection/host/Compression"
import * as NodeDeflate from "@effect-ws/platform-node/NodeDeflate"
import bufferUtil from "bufferutil"
import type { Socket } from "node:net"
import { opened } from "./handshake.js"

/** All in this turn. */
const deflate = NodeDeflate.server({ deflateLaterFrom: Infinity, inflateLaterFrom: Infinity })

/** Serves one connection. */
export const accept = (socket: Socket): void => {
  let head = ""
  const onHead = (octets: Buffer): void => {
    head += octets.toString("latin1")
    const opening = opened(head, true)
    if (opening === undefined) return
    socket.off("data", onHead).write(opening.answer)
    const echo = new Echo(socket, !opening.extensions.includes("no_context_takeover"))
    socket.on("data", (octets) => echo.onData(octets))
  }
  socket.on("error", () => {}).on("data", onHead)
}

/** Below this many octets a call costs more than a loop. */
const nativeFrom = 256
const key = new Uint8Array(4)

const unmask = (payload: Buffer, octets: Buffer, keyAt: number, mask: number): void => {
  if (payload.length < nativeFrom) return Mask.mask(payload, 0, payload.length, mask, 0)
  key.set(octets.subarray(keyAt, keyAt + key.length))
  bufferUtil.unmask(payload, key)
}

class Echo {
  private rest: Buffer = Buffer.alloc(0)
  private readonly compression: Compression

  constructor(private readonly socket: Socket, takeover: boolean) {
    const agreed: Agreed = {
      serverNoContextTakeover: !takeover,
      clientNoContextTakeover: !takeover,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 15
    }
    this.compression = deflate.open(agreed)
    socket.on("close", () => this.compression.free())
  }

  onData(read: Buffer): void {
    const octets = this.rest.length === 0 ? read : Buffer.concat([this.rest, read])
    const out: Array<Uint8Array> = []
    let from = 0
    let closes = false
    for (;;) {
      const header = Frame.parseHeader(octets, from, octets.length)
      if (header === undefined) break
      const start = from + Frame.headerSize(header.lengthBits, true)
      const end = start + header.length
      if (end > octets.length) break
      const payload = octets.subarray(start, end)
      unmask(payload, octets, start - key.length, header.mask ?? 0)
      out.push(header.opcode === Frame.opcode.text ? this.compressed(payload) : closeOf(payload))
      closes ||= header.opcode === Frame.opcode.close
      from = end
    }
    this.rest = octets.subarray(from)
    if (out.length > 0) this.socket.write(out.length === 1 ? out[0] ?? "" : Buffer.concat(out))
    if (closes) this.socket.end()
  }

  private compressed(payload: Buffer): Uint8Array {
    const inflated = now(this.compression.inflate(payload, true, Infinity))
    // copied: it is lent until the next call, whose output would take its place
    const message = inflated?._tag === "Inflated" ? Buffer.concat(inflated.parts) : Buffer.alloc(0)
    const deflated = now(this.compression.deflate(message, true)) ?? message
    return Frame.encode({
      header: Frame.header(Frame.opcode.text, deflated.length, { rsv: Frame.rsv1 }),
      payload: deflated
    })
  }
}

const closeOf = (payload: Uint8Array): Uint8Array =>
  Frame.encode({ header: Frame.header(Frame.opcode.close, payload.length), payload })

const now = <A>(answer: Answer<A>): A | undefined => answer._tag === "Now" ? answer.value : undefined
