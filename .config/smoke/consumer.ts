/**
 * What a user's compiler must accept: see `../pack.mjs`, which writes `modules.ts` (every public module) beside this file.
 */
import { Frame } from "@effect-ws/codec"
import * as Decoder from "@effect-ws/codec/Decoder"
import { plain } from "@effect-ws/codec/Primitives"
import type { Connection } from "@effect-ws/connection/Connection"
import * as Effect from "effect/Effect"
import type { Connection as OneName } from "effect-ws"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import { Blob } from "node:buffer"
import { webcrypto } from "node:crypto"

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

/** What was received is a `BlobPart` and a `BufferSource`. */
export const received: (connection: Connection) => Effect.Effect<Blob, unknown> = (connection) =>
  Effect.flatMap(connection.receive, (message) =>
    Effect.promise(async () => {
      if (typeof message !== "string") await webcrypto.subtle.digest("SHA-256", message)
      return new Blob([message])
    }))

/** What is sent may be any octets. */
export const sent = (connection: Connection, octets: Uint8Array) => connection.send(octets)

/** By one name it is the same. */
export const same = (connection: OneName.Connection): Connection => connection
export const opened = WebSocketClient.connect("ws://localhost")

// @ts-expect-error internals are closed to types too
export type * as Closed from "@effect-ws/codec/internal/maskLoops"
