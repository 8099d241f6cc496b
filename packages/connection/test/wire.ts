/** What a peer writes, as octets, and the protocol run over it by hand: no transport, no clock. */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Decoder from "@effect-ws/codec/Decoder"
import * as Frame from "@effect-ws/codec/Frame"
import * as Primitives from "@effect-ws/codec/Primitives"
import type { Role } from "@effect-ws/connection/CloseOutcome"
import type { InflateResult } from "@effect-ws/connection/host/Compression"
import type { AnyMessage, Fragment } from "@effect-ws/connection/Message"
import * as Protocol from "@effect-ws/connection/Protocol"

export const roles: ReadonlyArray<Role> = ["client", "server"]

export const settingsFor = (role: Role, fields: Partial<Protocol.Settings> = {}): Protocol.Settings => ({
  role,
  primitives: Primitives.plain,
  maxMessageSize: 1024,
  compression: false,
  incoming: "whole",
  ...fields
})

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

export const hex = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits.replaceAll(" ", ""), "hex"))

export const concat = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => Uint8Array.from(Buffer.concat(parts))

/** A frame as the peer of `role` writes it: clients mask. `fields` may lie. */
export const frameTo = (
  role: Role,
  kind: number,
  payload: Uint8Array = new Uint8Array(0),
  fields: Partial<Frame.Header> = {}
): Uint8Array =>
  Frame.encode({
    header: Frame.header(kind, payload.length, { mask: role === "server" ? 0x37fa213d : undefined, ...fields }),
    payload
  })

export const textTo = (role: Role, text: string, fields: Partial<Frame.Header> = {}): Uint8Array =>
  frameTo(role, Frame.opcode.text, bytes(text), fields)

export const binaryTo = (role: Role, payload: Uint8Array, fields: Partial<Frame.Header> = {}): Uint8Array =>
  frameTo(role, Frame.opcode.binary, payload, fields)

export const continuationTo = (role: Role, payload: Uint8Array, fields: Partial<Frame.Header> = {}): Uint8Array =>
  frameTo(role, Frame.opcode.continuation, payload, fields)

export const closeTo = (role: Role, status: CloseStatus.CloseStatus): Uint8Array =>
  frameTo(role, Frame.opcode.close, CloseStatus.encode(Primitives.plain, status))

/** What a run of inputs brought, all together. */
export interface Run {
  readonly state: Protocol.State
  readonly messages: ReadonlyArray<AnyMessage>
  readonly fragments: ReadonlyArray<Fragment>
  readonly actions: ReadonlyArray<Protocol.Action>
}

/** An "inflater" for tests: what is compressed stands as it is, and 0xff is no DEFLATE. */
export const inflate = ({ limit, octets }: Extract<Protocol.Action, { _tag: "Inflate" }>): InflateResult =>
  octets.includes(0xff)
    ? { _tag: "Invalid" }
    : octets.length > limit
    ? { _tag: "TooBig" }
    : { _tag: "Inflated", parts: octets.length === 0 ? [] : [octets.slice()] }

/** Feeds copies of `chunks`, which are overwritten afterwards, and answers what is to be inflated: those actions are not in the run. */
export const feed = (settings: Protocol.Settings, from: Protocol.State, chunks: Iterable<Uint8Array>): Run => {
  const messages: Array<AnyMessage> = []
  const fragments: Array<Fragment> = []
  const actions: Array<Protocol.Action> = []
  let state = from
  const take = (step: Protocol.Step): void => {
    state = step.state
    messages.push(...step.messages)
    fragments.push(...step.fragments)
    for (const action of step.actions) {
      if (action._tag === "Inflate") take(Protocol.inflated(settings, state, inflate(action)))
      else actions.push("payload" in action ? { ...action, payload: action.payload.slice() } : action)
    }
  }
  for (const chunk of chunks) {
    const lent = chunk.slice()
    take(Protocol.receive(settings, state, lent))
    state = Protocol.detach(state)
    lent.fill(0xee)
  }
  return { state, messages, fragments, actions }
}

/** So many octets at a time. */
export const pieces = (octets: Uint8Array, size: number): ReadonlyArray<Uint8Array> => {
  const all: Array<Uint8Array> = []
  for (let from = 0; from < octets.length; from += size) all.push(octets.slice(from, from + size))
  return all
}

/** One octet at a time. */
export const singly = (octets: Uint8Array): ReadonlyArray<Uint8Array> => pieces(octets, 1)

/** What a peer reads: opcode, payload and FIN of each frame. */
export const framesOf = (wire: Uint8Array): ReadonlyArray<readonly [kind: number, payload: string, fin: boolean]> => {
  const frames: Array<readonly [number, string, boolean]> = []
  const [parts, carry] = Decoder.parts(Primitives.plain, Decoder.start, wire.slice())
  let header = Frame.header(0, 0)
  let payload: Array<Uint8Array> = []
  for (const part of parts) {
    if (part._tag === "Header") header = part.header
    else {
      payload.push(part.octets)
      if (!part.last) continue
      frames.push([header.opcode, Buffer.concat(payload).toString("latin1"), header.fin])
      payload = []
    }
  }
  if (carry !== Decoder.start) throw new Error("the last frame is not whole")
  return frames
}

/** A frame in words: `text hi`, `close 1000 why`, a fragment with its dots. */
export const wordsOf = (wire: Uint8Array): ReadonlyArray<string> =>
  framesOf(wire).map(([kind, payload, fin]) => {
    const name = Object.entries(Frame.opcode).find(([, code]) => code === kind)?.[0] ?? `opcode ${kind}`
    const said = kind !== Frame.opcode.close || payload.length < 2
      ? payload
      : `${payload.charCodeAt(0) * 256 + payload.charCodeAt(1)} ${payload.slice(2)}`
    return `${name} ${said}${fin ? "" : "…"}`.trim()
  })
