/**
 * What the examiner sends, as frames: legal or not, whole, cut up or piece by piece. In: opcodes and payloads. Out: octets to the
 * `Wire`, and each frame in the log.
 *
 * It knows no state of the connection: see `Endpoint`.
 *
 * @since 0.1.0
 */
import * as Frame from "@effect-ws/codec/Frame"
import * as Mask from "@effect-ws/codec/Mask"
import { showMask } from "@effect-ws/codec/report/ConnectionRecord"
import { randomFillSync } from "node:crypto"
import type { Pace } from "../cases/Case.js"
import * as Payload from "../cases/Payload.js"
import * as Record from "../verdict/Record.js"
import type { Compression } from "./Compression.js"
import type { Wire } from "./Wire.js"

/**
 * @since 0.1.0
 * @category writing
 */
export class FrameWriter {
  /** Of the frame whose payload comes in pieces. */
  private piecewise = { mask: 0, phase: 0 }

  constructor(private readonly wire: Wire, private readonly log: Record.WireLog, private readonly masked: boolean) {}

  frame(opcode: number, payload: Payload.Payload, fin: boolean, rsv: number, pace: Pace): void {
    const octets = Payload.octets(payload)
    const mask = this.nextMask()
    const encoded = Frame.encode({ header: Frame.header(opcode, octets.length, { fin, rsv, mask }), payload: octets })
    const repeated = payload.base.length === payload.length ? null : payload.length
    const shown = repeated === null ? payload : Payload.of(payload.base)
    this.note(opcode, fin, rsv, mask, shown, repeated, pace)
    if (pace === "joined") this.wire.write(encoded)
    else this.wire.chop(encoded, pace === "apart" ? encoded.length : pace)
  }

  /** Cut into frames of `fragment` octets if that is not 0. */
  message(binary: boolean, octets: Uint8Array, fragment: number, compression: Compression | undefined): void {
    const payload = compression === undefined ? octets : compression.deflate(octets)
    const rsv = compression === undefined ? 0 : Frame.rsv1
    this.log.outgoing.messages++
    this.log.outgoing.app += octets.length
    // A message whose size is a multiple of the fragment's ends in an empty frame, as with Autobahn.
    const whole = fragment === 0 || payload.length <= fragment
    const count = whole ? 1 : Math.floor(payload.length / fragment) + 1
    const frames: Array<Uint8Array> = []
    for (let i = 0; i < count; i++) {
      const part = whole ? payload : payload.subarray(i * fragment, (i + 1) * fragment)
      const opcode = i > 0 ? Frame.opcode.continuation : binary ? Frame.opcode.binary : Frame.opcode.text
      frames.push(this.fragment(opcode, part, i + 1 === count, i === 0 ? rsv : 0))
    }
    const [only] = frames
    this.wire.write(frames.length === 1 && only !== undefined ? only : Buffer.concat(frames), frames)
  }

  private fragment(opcode: number, payload: Uint8Array, fin: boolean, rsv: number): Uint8Array {
    const mask = this.nextMask()
    this.log.outgoing.frames++
    this.log.outgoing.webSocket += payload.length
    this.note(opcode, fin, rsv, mask, Payload.of(payload), null, "joined")
    return Frame.encode({ header: Frame.header(opcode, payload.length, { fin, rsv, mask }), payload })
  }

  /** The header of a text frame without FIN, whose payload comes by {@link data}. */
  begin(length: number): void {
    const mask = this.nextMask()
    this.piecewise = { mask: mask ?? 0, phase: 0 }
    const header = Frame.header(Frame.opcode.text, length, { fin: false, mask })
    this.wire.write(Frame.encode({ header, payload: new Uint8Array(0) }))
  }

  data(payload: Payload.Payload): void {
    const octets = Uint8Array.from(Payload.octets(payload))
    Mask.mask(octets, 0, octets.length, this.piecewise.mask, this.piecewise.phase)
    this.piecewise.phase += octets.length
    this.wire.write(octets)
  }

  private nextMask(): number | undefined {
    return this.masked ? masks.next() : undefined
  }

  private note(
    opcode: number,
    fin: boolean,
    rsv: number,
    mask: number | undefined,
    payload: Payload.Payload,
    repeated: number | null,
    pace: Pace
  ): void {
    Record.count(this.log.framesOut, opcode)
    if (!this.log.on) return
    const [chop, sync] = [typeof pace === "number" ? pace : null, pace === "apart"]
    this.log.add([
      "TF",
      [payload.length, Payload.show(payload)],
      opcode,
      fin,
      rsv,
      showMask(mask),
      repeated,
      chop,
      sync
    ])
  }
}

/** Unpredictable masking keys, many at a time (RFC 6455 §5.3). */
const masks = {
  pool: new Uint32Array(1024),
  used: 1024,
  next(): number {
    if (this.used === this.pool.length) {
      randomFillSync(this.pool)
      this.used = 0
    }
    return this.pool[this.used++] ?? 0
  }
}
