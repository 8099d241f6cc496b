/**
 * What a user's compiler must accept: see `../pack.mjs`, which writes `modules.ts` (every public module) beside this file.
 */
import { Frame } from "@effect-ws/codec"
import * as Decoder from "@effect-ws/codec/Decoder"
import { plain } from "@effect-ws/codec/Primitives"

const octets: Uint8Array = Frame.encode({
  header: Frame.header(Frame.opcode.binary, 3),
  payload: Uint8Array.of(1, 2, 3)
})

export const sizes: ReadonlyArray<number> = Decoder.parts(plain, Decoder.start, octets)[0].map((part) => {
  switch (part._tag) {
    case "Header":
      return part.header.length
    case "Payload":
      return part.octets.length
  }
})

// @ts-expect-error internals are closed to types too
export type * as Closed from "@effect-ws/codec/internal/maskLoops"
