/** The limits of this host's clients and servers: those of `Limits`, with keepalive on. */
import type { Read } from "@effect-ws/codec/Options"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as Limits from "@effect-ws/connection/Limits"

export const parse = (...overrides: ReadonlyArray<Limits.Input | undefined>): Read<Limits.Limits> =>
  Limits.parse(Limits.hostDefaults, ...overrides)

export const make = (...overrides: ReadonlyArray<Limits.Input | undefined>): Limits.Limits =>
  InvalidOption.orThrow(parse(...overrides))
