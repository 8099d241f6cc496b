/** The limits of this host's clients and servers: those of `Limits`, with keepalive on. */
import * as Limits from "@effect-ws/connection/Limits"

/** Milliseconds of silence before a ping. */
const keepaliveInterval = 20_000

export const make = (...overrides: ReadonlyArray<Partial<Limits.Limits> | undefined>): Limits.Limits =>
  Limits.make(overrides.reduce<Partial<Limits.Limits>>((all, some) => ({ ...all, ...some }), { keepaliveInterval }))
