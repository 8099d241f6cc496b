/**
 * The reception of one read: frames become messages. In: the parts of frames. Out: messages or their pieces, pings to answer, and the
 * ending, if there is one: the peer's Close, or a broken rule.
 *
 * A cursor that lives for one call and allocates in proportion to messages. It knows no states and no closing.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Decoder from "@effect-ws/codec/Decoder"
import * as Frame from "@effect-ws/codec/Frame"
import * as Legality from "@effect-ws/codec/Legality"
import type { Octets } from "@effect-ws/codec/Primitives"
import * as Utf8 from "@effect-ws/codec/Utf8"
import type { InflateResult } from "../host/Compression.js"
import type { AnyMessage, Fragment, Kind } from "../Message.js"
import * as Assembler from "./Assembler.js"
import * as Breach from "./Breach.js"
import { joined } from "./octets.js"
import type { Action, Ending, Inflating, Reading, Settings } from "./State.js"

/** Whether reading goes on. It stops at an ending, or when bytes must be inflated. */
export type Advance = "Continue" | "Stop"

const nothing = new Uint8Array(0)

/** One byte inflates to at most 1032: we inflate only as many at once as cannot exceed the rest of the limit by much. */
const mostInflation = 1032
const smallestSlice = 64
const largestSlice = 16 * 1024
/** What a slice of a message of any size may inflate to, in bytes. */
const streamedSlice = 1024 * 1024

/** Between two messages, at the boundary of a frame. */
export const idle: Reading = {
  carry: Decoder.start,
  control: undefined,
  assembly: undefined,
  seam: nothing,
  inflating: undefined
}

const kindOf = (opcode: number): Kind => opcode === Frame.opcode.text ? "text" : "binary"

/** The same after the transport took its bytes back: what still waits is copied. */
export const detach = (reading: Reading): Reading => {
  const { inflating } = reading
  return inflating === undefined || inflating.isDetached
    ? reading
    : {
      ...reading,
      inflating: { ...inflating, run: inflating.run.slice(), rest: inflating.rest.slice(), isDetached: true }
    }
}

export class Reception {
  messages: Array<AnyMessage> | undefined = undefined
  fragments: Array<Fragment> | undefined = undefined
  actions: Array<Action> | undefined = undefined
  ending: Ending | undefined = undefined
  carry: Decoder.Carry
  private control: Uint8Array | undefined
  private assembly: Assembler.Assembly | undefined
  private seam: Uint8Array
  private inflating: Inflating | undefined

  constructor(private readonly settings: Settings, from: Reading) {
    this.carry = from.carry
    this.control = from.control
    this.assembly = from.assembly
    this.seam = from.seam
    this.inflating = from.inflating
  }

  reading(): Reading {
    const { assembly, carry, control, inflating, seam } = this
    return carry === Decoder.start && control === undefined && assembly === undefined && inflating === undefined
      ? idle
      : { carry, control, assembly, seam, inflating }
  }

  header(header: Frame.Header): Advance {
    const rule = Legality.judge(header, this.context())
    if (rule !== undefined) return this.fail(Breach.of(rule))
    if (Frame.isControl(header.opcode)) return "Continue"
    if (!this.isPlain(header)) return this.begin(header)
    const { maxMessageSize: limit } = this.settings
    return header.length <= limit
      ? "Continue"
      : this.fail(Breach.tooBig({ _tag: "Declared", limit, length: header.length }))
  }

  /** A message in one frame, which may also come in one piece: then it needs no assembly. */
  private isPlain({ fin, opcode, rsv }: Frame.Header): boolean {
    return fin && rsv === 0 && opcode !== Frame.opcode.continuation && this.settings.incoming !== "streamed"
  }

  private begin(header: Frame.Header): Advance {
    const streamed = this.settings.incoming === "streamed"
    if (header.opcode !== Frame.opcode.continuation) {
      const kind = kindOf(header.opcode)
      this.assembly = Assembler.begin(kind, header.rsv === Frame.rsv1)
      if (streamed) this.emit({ _tag: "Begin", kind })
    }
    if (streamed || this.assembly === undefined) return "Continue"
    return this.keep(Assembler.admit(this.assembly, header.length, header.fin, this.settings.maxMessageSize))
  }

  payload(decoder: Decoder.Decoder): Advance {
    const { from, header, last, octets, to } = decoder
    if (Frame.isControl(header.opcode)) return this.controlPayload(decoder)
    if (this.assembly === undefined) {
      if (last && decoder.before === 0) {
        return this.whole(kindOf(header.opcode), octets, from, to)
      }
      if (this.begin(header) === "Stop") return "Stop"
    }
    const assembly = this.assembly
    if (assembly === undefined) return "Continue"
    const ends = last && header.fin
    if (assembly.compressed) return this.inflate(decoder, ends)
    if (this.settings.incoming === "streamed") return this.stream(assembly, octets, from, to, ends, false)
    return this.appended(Assembler.append(this.settings.primitives, assembly, octets, from, to), ends)
  }

  /** The read is at its end. A header can be judged as soon as two of its bytes have arrived. */
  end(carry: Decoder.Carry): void {
    this.carry = carry
    const first = carry.partial[0]
    const second = carry.partial[1]
    if (first === undefined || second === undefined) return
    const rule = Legality.judgePrefix(Frame.peekHeader(first, second), this.context())
    if (rule !== undefined) this.fail(Breach.of(rule))
  }

  inflated(result: InflateResult): Advance {
    const { inflating } = this
    if (inflating === undefined) return "Continue"
    this.inflating = undefined
    switch (result._tag) {
      case "Invalid":
        return this.fail(Breach.of("InvalidDeflate"))
      case "TooBig":
        return this.fail(this.inflatesTooFar())
      case "Inflated":
        if (inflating.run.length === 0) return this.inflatedParts(result.parts, inflating.last)
        return this.inflatedParts(result.parts, false) === "Stop" ? "Stop" : this.inflateNext(inflating)
    }
  }

  private inflatedParts(parts: ReadonlyArray<Octets>, last: boolean): Advance {
    for (let i = 0; i < parts.length || (i === 0 && last); i++) {
      const octets = parts[i] ?? nothing
      if (this.assembly === undefined) return "Continue"
      if (this.inflatedPart(this.assembly, octets, last && i >= parts.length - 1) === "Stop") return "Stop"
    }
    return "Continue"
  }

  private inflatedPart(assembly: Assembler.Assembly, octets: Octets, ends: boolean): Advance {
    const { incoming, primitives } = this.settings
    const given = Assembler.isGiven(octets)
    if (incoming === "streamed") return this.stream(assembly, octets, 0, octets.length, ends, given)
    if (ends && assembly.size === 0) return this.whole(assembly.kind, octets, 0, octets.length, given)
    return this.appended(Assembler.append(primitives, assembly, octets, 0, octets.length, given), ends)
  }

  private context(): Legality.Context {
    const { compression, role } = this.settings
    return { receiver: role, compression, fragmented: this.assembly !== undefined }
  }

  private controlPayload(decoder: Decoder.Decoder): Advance {
    const { from, header, last, octets, to } = decoder
    const run = octets.subarray(from, to)
    const payload = this.control === undefined ? run : joined(this.control, run)
    if (!last) {
      this.control = payload === run ? run.slice() : payload
      return "Continue"
    }
    this.control = undefined
    switch (header.opcode) {
      case Frame.opcode.ping:
        this.act({ _tag: "SendPong", payload })
        return "Continue"
      case Frame.opcode.pong:
        this.act({ _tag: "NotePong", payload })
        return "Continue"
      default:
        return this.peerClose(payload)
    }
  }

  private peerClose(payload: Uint8Array): Advance {
    const parsed = CloseStatus.parse(this.settings.primitives, payload)
    if (parsed._tag === "Illegal") return this.fail(Breach.of(parsed.rule), parsed.status)
    this.ending = { _tag: "PeerClose", remote: parsed.status }
    return "Stop"
  }

  private inflate(decoder: Decoder.Decoder, last: boolean): Advance {
    const { from, octets, to } = decoder
    if (from === to && !last) return "Continue"
    this.carry = decoder.carry()
    return this.inflateNext({ run: octets.subarray(from, to), last, rest: decoder.rest(), isDetached: false })
  }

  /** Asks for the next slice of the run. Nothing more is parsed until it arrives. */
  private inflateNext(inflating: Inflating): Advance {
    const streamed = this.settings.incoming === "streamed"
    const limit = streamed ? Infinity : this.settings.maxMessageSize - (this.assembly?.size ?? 0)
    if (!(limit >= 0)) return this.fail(this.inflatesTooFar())
    const bound = Math.floor((streamed ? streamedSlice : limit) / mostInflation)
    const size = Math.max(smallestSlice, Math.min(bound, largestSlice))
    const run = inflating.run.subarray(size)
    const last = inflating.last && run.length === 0
    this.act({ _tag: "Inflate", octets: inflating.run.subarray(0, size), last, limit })
    this.inflating = { ...inflating, run }
    return "Stop"
  }

  private inflatesTooFar(): Breach.Breach {
    return Breach.tooBig({ _tag: "Inflated", limit: this.settings.maxMessageSize })
  }

  private keep(assembly: Assembler.Assembly): Advance {
    if (assembly.breach !== undefined) return this.fail(assembly.breach)
    this.assembly = assembly
    return "Continue"
  }

  private appended(assembly: Assembler.Assembly, ends: boolean): Advance {
    if (!ends || assembly.breach !== undefined) return this.keep(assembly)
    const finished = Assembler.finish(assembly)
    if (finished.breach !== undefined) return this.fail(finished.breach)
    const { incoming, primitives } = this.settings
    return this.message(Assembler.message(primitives, finished, incoming === "bytes"))
  }

  /** A message that came in one piece. */
  private whole(kind: Kind, octets: Uint8Array, from: number, to: number, given = false): Advance {
    const { incoming, primitives } = this.settings
    const breach = Assembler.judge(primitives, kind, octets, from, to)
    return breach === undefined
      ? this.message(Assembler.whole(primitives, kind, octets, from, to, incoming === "bytes", given))
      : this.fail(breach)
  }

  private message(message: AnyMessage): Advance {
    this.assembly = undefined
    if (this.messages === undefined) this.messages = [message]
    else this.messages.push(message)
    return "Continue"
  }

  private stream(
    assembly: Assembler.Assembly,
    octets: Uint8Array,
    from: number,
    to: number,
    ends: boolean,
    given: boolean
  ): Advance {
    if (assembly.kind === "text") {
      const text = this.streamText(assembly, octets, from, to, ends)
      if (text === undefined) return this.fail(Breach.invalidUtf8)
      if (text !== "") this.emit({ _tag: "Text", text })
    } else if (to > from) {
      this.emit({
        _tag: "Binary",
        octets: given && Assembler.isGiven(octets) ? octets : Assembler.copy(this.settings.primitives, octets, from, to)
      })
    }
    if (!ends) return "Continue"
    this.assembly = undefined
    this.emit({ _tag: "End" })
    return "Continue"
  }

  /** The text up to the last whole code point; the rest is the seam to the next run. */
  private streamText(
    assembly: Assembler.Assembly,
    octets: Uint8Array,
    from: number,
    to: number,
    ends: boolean
  ): string | undefined {
    const { primitives } = this.settings
    const utf8 = Utf8.advanceRun(primitives, assembly.utf8, octets, from, to)
    if (utf8 === Utf8.rejected || (ends && utf8 !== Utf8.complete)) return undefined
    this.assembly = { ...assembly, utf8 }
    const run = this.seam.length === 0 ? octets.subarray(from, to) : joined(this.seam, octets.subarray(from, to))
    const end = utf8 === Utf8.complete ? run.length : Utf8.boundary(run, 0, run.length)
    this.seam = end === run.length ? nothing : run.slice(end)
    return primitives.decodeUtf8(run, 0, end)
  }

  private fail(breach: Breach.Breach, remote?: CloseStatus.CloseStatus): Advance {
    this.ending = { _tag: "Failure", failure: breach, remote }
    return "Stop"
  }

  private act(action: Action): void {
    if (this.actions === undefined) this.actions = [action]
    else this.actions.push(action)
  }

  private emit(fragment: Fragment): void {
    if (this.fragments === undefined) this.fragments = [fragment]
    else this.fragments.push(fragment)
  }
}
