/**
 * One read of `Protocol`: what frames make of messages. In: the parts of frames. Out: messages or their pieces, pings to
 * answer, and the ending, if one was met: the peer's Close, or a broken rule.
 *
 * A cursor that lives for one call and allocates in proportion to messages. It knows no states and no closing.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Decoder from "@effect-ws/codec/Decoder"
import * as Frame from "@effect-ws/codec/Frame"
import * as Legality from "@effect-ws/codec/Legality"
import type { Octets } from "@effect-ws/codec/Primitives"
import * as Utf8 from "@effect-ws/codec/Utf8"
import type { RuleName } from "@effect-ws/codec/Violation"
import { Excess, type Failure, violation } from "../CloseOutcome.js"
import type { InflateResult } from "../host/Compression.js"
import type { Fragment, Kind, Message } from "../Message.js"
import type { Action, Settings } from "../Protocol.js"
import * as Assembler from "./Assembler.js"
import { joined } from "./octets.js"

/** What is carried from one read to the next. */
export interface Reading {
  readonly carry: Decoder.Carry
  /** The octets of a control frame's payload that is not whole yet. */
  readonly control: Uint8Array | undefined
  readonly assembly: Assembler.Assembly | undefined
  /** In streamed text: the octets of a code point that is not whole yet. */
  readonly seam: Uint8Array
  readonly inflating: Inflating | undefined
}

/**
 * While octets are being inflated: what of their run is still to be, whether it ends the message, and what came behind it. Views
 * of what was read, until {@link detach}.
 */
export interface Inflating {
  readonly run: Uint8Array
  readonly last: boolean
  readonly rest: Uint8Array
  readonly isDetached: boolean
  readonly eof?: true
}

/** Why no more is read. */
export type Ending =
  | { readonly _tag: "PeerClose"; readonly remote: CloseStatus.CloseStatus }
  | { readonly _tag: "Failure"; readonly failure: Failure; readonly remote: CloseStatus.CloseStatus | undefined }

const nothing = new Uint8Array(0)
const none: ReadonlyArray<never> = []

/** Deflate makes at most 1032 octets of one: so many are inflated at once as can't exceed what is left of the limit by much. */
const mostInflation = 1032
const smallestSlice = 64
const largestSlice = 16 * 1024
/** What a slice of a message of any size may inflate to, in octets. */
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

/** The same, when the octets that were read are the transport's again: what still waits has memory of its own. */
export const detach = (reading: Reading): Reading => {
  const { inflating } = reading
  return inflating === undefined || inflating.isDetached
    ? reading
    : {
      ...reading,
      inflating: { ...inflating, run: inflating.run.slice(), rest: inflating.rest.slice(), isDetached: true }
    }
}

export class Batch {
  messages: ReadonlyArray<Message> = none
  fragments: ReadonlyArray<Fragment> = none
  actions: ReadonlyArray<Action> = none
  ending: Ending | undefined = undefined
  carry: Decoder.Carry
  private control: Uint8Array | undefined
  private assembly: Assembler.Assembly | undefined
  private seam: Uint8Array
  private inflating: Reading["inflating"]

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

  /** As are all methods below: whether to go on. */
  header(header: Frame.Header): boolean {
    const rule = Legality.judge(header, this.context())
    if (rule !== undefined) return this.fail(rule)
    if (Frame.isControl(header.opcode)) return true
    if (this.isPlain(header)) {
      const { maxMessageSize: limit } = this.settings
      return header.length <= limit || this.failTooBig(Excess.Declared({ limit, length: header.length }))
    }
    return this.begin(header)
  }

  /** A message in one frame, which may well come in one piece too: then it needs no assembly. */
  private isPlain({ fin, opcode, rsv }: Frame.Header): boolean {
    return fin && rsv === 0 && opcode !== Frame.opcode.continuation && this.settings.incoming === "whole"
  }

  private begin(header: Frame.Header): boolean {
    const streamed = this.settings.incoming === "streamed"
    if (header.opcode !== Frame.opcode.continuation) {
      const kind = kindOf(header.opcode)
      this.assembly = Assembler.begin(kind, header.rsv === Frame.rsv1)
      if (streamed) this.emit({ _tag: "Begin", kind })
    }
    if (streamed || this.assembly === undefined) return true
    const admitted = Assembler.admit(this.assembly, header.length, header.fin, this.settings.maxMessageSize)
    if ("_tag" in admitted) return this.failTooBig(admitted)
    this.assembly = admitted
    return true
  }

  payload(decoder: Decoder.Decoder): boolean {
    const { from, header, last, octets, to } = decoder
    if (Frame.isControl(header.opcode)) return this.controlPayload(decoder)
    if (this.assembly === undefined) {
      if (last && decoder.before === 0) {
        return this.message(Assembler.whole(this.settings.primitives, kindOf(header.opcode), octets, from, to))
      }
      if (!this.begin(header)) return false
    }
    const assembly = this.assembly
    if (assembly === undefined) return true
    const ends = last && header.fin
    if (assembly.compressed) return this.inflate(decoder, ends)
    if (this.settings.incoming === "streamed") return this.stream(assembly, octets, from, to, ends, false)
    return this.appended(Assembler.append(this.settings.primitives, assembly, octets, from, to), ends)
  }

  /** The octets are at an end. A header of which two octets have come can be judged already. */
  end(carry: Decoder.Carry): void {
    this.carry = carry
    const first = carry.partial[0]
    const second = carry.partial[1]
    if (first === undefined || second === undefined) return
    const rule = Legality.judgePrefix(Frame.peekHeader(first, second), this.context())
    if (rule !== undefined) this.fail(rule)
  }

  inflated(result: InflateResult): boolean {
    const { inflating } = this
    if (inflating === undefined) return true
    this.inflating = undefined
    switch (result._tag) {
      case "Invalid":
        return this.fail("InvalidDeflate")
      case "TooBig":
        return this.failTooBig(Excess.Inflated({ limit: this.settings.maxMessageSize }))
      case "Inflated":
        if (inflating.run.length === 0) return this.inflatedParts(result.parts, inflating.last)
        return this.inflatedParts(result.parts, false) && this.inflateNext(inflating)
    }
  }

  private inflatedParts(parts: ReadonlyArray<Octets>, last: boolean): boolean {
    for (let i = 0; i < parts.length || (i === 0 && last); i++) {
      const octets = parts[i] ?? nothing
      if (this.assembly === undefined) return true
      if (!this.inflatedPart(this.assembly, octets, last && i >= parts.length - 1)) return false
    }
    return true
  }

  private inflatedPart(assembly: Assembler.Assembly, octets: Octets, ends: boolean): boolean {
    const { incoming, primitives } = this.settings
    const given = Assembler.isGiven(octets)
    if (incoming === "streamed") return this.stream(assembly, octets, 0, octets.length, ends, given)
    if (ends && assembly.size === 0) {
      return this.message(
        given && assembly.kind === "binary"
          ? octets
          : Assembler.whole(primitives, assembly.kind, octets, 0, octets.length)
      )
    }
    return this.appended(Assembler.append(primitives, assembly, octets, 0, octets.length, given), ends)
  }

  private context(): Legality.Context {
    const { compression, role } = this.settings
    return { receiver: role, compression, fragmented: this.assembly !== undefined }
  }

  private controlPayload(decoder: Decoder.Decoder): boolean {
    const { from, header, last, octets, to } = decoder
    const run = octets.subarray(from, to)
    const payload = this.control === undefined ? run : joined(this.control, run)
    if (!last) {
      this.control = payload === run ? run.slice() : payload
      return true
    }
    this.control = undefined
    switch (header.opcode) {
      case Frame.opcode.ping:
        return this.act({ _tag: "SendPong", payload })
      case Frame.opcode.pong:
        return this.act({ _tag: "NotePong", payload })
      default:
        return this.peerClose(payload)
    }
  }

  private peerClose(payload: Uint8Array): boolean {
    const parsed = CloseStatus.parse(this.settings.primitives, payload)
    if (parsed._tag === "Illegal") return this.fail(parsed.rule, parsed.status)
    this.ending = { _tag: "PeerClose", remote: parsed.status }
    return false
  }

  private inflate(decoder: Decoder.Decoder, last: boolean): boolean {
    const { from, octets, to } = decoder
    if (from === to && !last) return true
    this.carry = decoder.carry()
    return this.inflateNext({ run: octets.subarray(from, to), last, rest: decoder.rest(), isDetached: false })
  }

  /** Asks for the next slice of the run. Nothing more is parsed until it is there. */
  private inflateNext(inflating: Inflating): boolean {
    const streamed = this.settings.incoming === "streamed"
    const limit = streamed ? Infinity : this.settings.maxMessageSize - (this.assembly?.size ?? 0)
    if (!(limit >= 0)) return this.failTooBig(Excess.Inflated({ limit: this.settings.maxMessageSize }))
    const bound = Math.floor((streamed ? streamedSlice : limit) / mostInflation)
    const size = Math.max(smallestSlice, Math.min(bound, largestSlice))
    const run = inflating.run.subarray(size)
    const last = inflating.last && run.length === 0
    this.act({ _tag: "Inflate", octets: inflating.run.subarray(0, size), last, limit })
    this.inflating = { ...inflating, run }
    return false
  }

  private appended(appended: Assembler.Assembly | RuleName, ends: boolean): boolean {
    if (typeof appended === "string") return this.fail(appended)
    this.assembly = appended
    return ends ? this.message(Assembler.finish(this.settings.primitives, appended)) : true
  }

  private message(message: Message | Assembler.RuleFailure): boolean {
    this.assembly = undefined
    if (typeof message !== "string" && "rule" in message) return this.fail(message.rule)
    if (this.messages === none) this.messages = [message]
    else (this.messages as Array<Message>).push(message)
    return true
  }

  private stream(
    assembly: Assembler.Assembly,
    octets: Uint8Array,
    from: number,
    to: number,
    ends: boolean,
    given: boolean
  ): boolean {
    if (assembly.kind === "text") {
      const text = this.streamText(assembly, octets, from, to, ends)
      if (text === undefined) return this.fail("InvalidUtf8")
      if (text !== "") this.emit({ _tag: "Text", text })
    } else if (to > from) {
      this.emit({
        _tag: "Binary",
        octets: given && Assembler.isGiven(octets) ? octets : Assembler.copy(this.settings.primitives, octets, from, to)
      })
    }
    if (!ends) return true
    this.assembly = undefined
    return this.emit({ _tag: "End" })
  }

  /** The text up to the last whole code point; what is left of it is the seam to the next run. */
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

  private fail(rule: RuleName, remote?: CloseStatus.CloseStatus): boolean {
    this.ending = { _tag: "Failure", failure: violation(rule), remote }
    return false
  }

  private failTooBig(excess: Excess): boolean {
    this.ending = { _tag: "Failure", failure: violation("MessageTooBig", excess), remote: undefined }
    return false
  }

  private act(action: Action): boolean {
    if (this.actions === none) this.actions = [action]
    else (this.actions as Array<Action>).push(action)
    return true
  }

  private emit(fragment: Fragment): boolean {
    if (this.fragments === none) this.fragments = [fragment]
    else (this.fragments as Array<Fragment>).push(fragment)
    return true
  }
}
