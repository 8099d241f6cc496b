/**
 * The values that a host provides: those that all connections of a layer share, and those that each is given when it is made.
 *
 * For what a host does with connections see `Hosting`.
 *
 * @since 0.1.0
 */
import type { Primitives } from "@effect-ws/codec/Primitives"
import type { Role } from "../CloseOutcome.js"
import type { Incoming, Opening } from "../Connection.js"
import { type Limits, make as makeLimits } from "../Limits.js"
import type { Framing } from "../sending/FrameWriter.js"
import { Slab } from "../sending/Slab.js"
import { SpareMemory } from "../sending/SpareMemory.js"
import type { Compression } from "./Compression.js"
import type { Deadlines } from "./Deadlines.js"
import type { Meter } from "./Meter.js"

/**
 * What all connections of a layer share.
 *
 * @since 0.1.0
 * @category models
 */
export interface Host {
  readonly role: Role
  readonly limits: Limits
  readonly framing: Framing
  /** The primitives for reading messages: their `allocate` chooses the memory of messages. */
  readonly receiving: Primitives
  readonly deadlines: Deadlines
  /** Makes unpredictable unsigned 32-bit numbers. */
  readonly random: () => number
  readonly meter: Meter | undefined
}

/**
 * What is known once a connection opens.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<out I extends Incoming = Incoming> {
  readonly incoming: I
  readonly opening: Opening
  /** permessage-deflate as negotiated; `undefined` if it was not. */
  readonly compression: Compression | undefined
}

/**
 * Makes what all connections of a layer share. Throws an `InvalidOption` for a limit that is out of range.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = ({ deadlines, limits, meter, primitives, random, receiving = primitives, role }: {
  readonly role: Role
  readonly limits: Limits
  readonly primitives: Primitives
  /** The primitives for reading, if messages need another kind of memory. Default: `primitives`. */
  readonly receiving?: Primitives | undefined
  /** A source of unpredictable unsigned 32-bit numbers: masking keys, and the payload of pings. */
  readonly random: () => number
  readonly deadlines: Deadlines
  /** Is told what connections do. Default: none. */
  readonly meter?: Meter | undefined
}): Host => ({
  role,
  meter,
  limits: makeLimits(limits),
  deadlines,
  random,
  receiving,
  framing: { primitives, mask: role === "client" ? random : undefined, slab: new Slab(), spare: new SpareMemory() }
})
