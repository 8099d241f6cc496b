/**
 * Frames of any kind, and the cases made of them, for the chapters beyond Autobahn.
 */
import * as Frame from "@effect-ws/codec/Frame"
import type { Action, Case, Event, Extension, PeerRole } from "./Case.js"
import * as C from "./Case.js"
import * as Payload from "./Payload.js"
import { asterisk, text } from "./words.js"

const must = (...codes: ReadonlyArray<number>) => `The peer fails the connection (${codes.join(" or ")})`

/** The peer has to fail the connection. */
export const bad = (
  id: string,
  description: string,
  actions: ReadonlyArray<Action>,
  codes: ReadonlyArray<number> = [1002],
  fields: {
    readonly extension?: Extension
    readonly seconds?: number
    readonly peers?: ReadonlyArray<PeerRole>
    readonly heavy?: boolean
  } = {}
): Case =>
  C.make(
    id,
    description,
    must(...codes),
    C.events([...actions, C.killAfter(fields.seconds ?? 1)], [], undefined, fields.extension),
    C.failedByPeer(...codes),
    { peers: fields.peers ?? ["client", "server"], heavy: fields.heavy ?? false }
  )

/** What was sent has to come back. */
export const good = (
  id: string,
  description: string,
  actions: ReadonlyArray<Action>,
  ok: ReadonlyArray<Event>,
  fields: { readonly extension?: Extension; readonly seconds?: number; readonly peers?: ReadonlyArray<PeerRole> } = {}
): Case =>
  C.make(
    id,
    description,
    "The messages come back; then a clean close",
    C.events([...actions, C.closeAfter(fields.seconds ?? 2)], ok, undefined, fields.extension),
    C.closedByMe,
    { peers: fields.peers ?? ["client", "server"] }
  )

export const key = 0x0a0b0c0d

/** A frame with a header of any kind; a client's frames are masked, unless told otherwise. */
export const raw = (fields: Partial<Frame.Header>, payload: Uint8Array): Action => ({
  _tag: "Octets",
  octets: (peer) => {
    const mask = peer === "server" ? key : undefined
    return Frame.encode({ header: Frame.header(text, payload.length, { mask, ...fields }), payload })
  }
})

export const octets = (size: number): Uint8Array => Payload.octets(Payload.repeat(asterisk, size))

export const none: Uint8Array = new Uint8Array(0)
