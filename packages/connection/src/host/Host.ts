/**
 * What all connections of a layer share, and what each is given when it is made: the values that a host provides.
 *
 * What a host does with connections is `Hosting`.
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
  /** By which messages are read: its `allocate` says where they lie. */
  readonly receiving: Primitives
  readonly deadlines: Deadlines
  /** Unpredictable, unsigned, 32 bits. */
  readonly random: () => number
  readonly meter: Meter | undefined
}

/**
 * What is settled when a connection opens.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<out I extends Incoming = Incoming> {
  readonly incoming: I
  readonly opening: Opening
  /** permessage-deflate as it was negotiated; `undefined` if it was not. */
  readonly compression: Compression | undefined
}

/**
 * What all connections of a layer share, from what a host provides. Throws an `InvalidOption` for a limit out of its range.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = ({ deadlines, limits, meter, primitives, random, receiving = primitives, role }: {
  readonly role: Role
  readonly limits: Limits
  readonly primitives: Primitives
  /** The same for what is read, where messages are to lie in memory of another kind. Default: `primitives`. */
  readonly receiving?: Primitives | undefined
  /** A source of unpredictable unsigned 32-bit numbers: masking keys, and the payload of pings. */
  readonly random: () => number
  readonly deadlines: Deadlines
  /** Is told what connections do. Default: nobody is. */
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
