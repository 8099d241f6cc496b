/** Our client beside a hostile server: it has a connection to an honest one, too, which must go on. */
import { expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import type * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Net from "node:net"
import { answering, listen, switching, until } from "../rawServer.js"
import { quietly } from "./arena.js"

const { opcode } = Frame

export interface Field {
  readonly client: WebSocketClient.WebSocketClient["Type"]
  /** Where the hostile server listens. */
  readonly url: string
  readonly sockets: ReadonlyArray<Net.Socket>
}

/** Beside our client's connection to an honest server, which must go on. */
export const attack = (
  name: string,
  onSocket: (socket: Net.Socket) => void,
  body: (field: Field) => Effect.Effect<unknown, unknown, Scope.Scope>,
  options: NodeWebSocketClient.Options = {}
): void =>
  it.scopedLive(name, () =>
    quietly(Effect.gen(function*() {
      const honest = yield* answering((accept) => switching(accept))
      const { sockets, url } = yield* listen(onSocket)
      const client = yield* NodeWebSocketClient.make({ linger: "10 millis", ...options })
      const connection = yield* client.connect(honest.url)
      let rounds = 0
      yield* Effect.forkScoped(Effect.forever(Effect.gen(function*() {
        honest.sockets[0]?.write(serverFrame(opcode.text, `round ${rounds}`))
        expect(yield* connection.receive).toBe(`round ${rounds}`)
        rounds++
        yield* Effect.sleep("1 millis")
      })))
      yield* until(() => rounds > 1)
      yield* body({ client, url, sockets })
      const behind = rounds
      yield* until(() => rounds > behind + 1)
    })), 60_000)

export const serverFrame = (
  kind: number,
  payload: string | Uint8Array,
  fields: Partial<Frame.Header> = {}
): Uint8Array => {
  const octets = typeof payload === "string" ? Buffer.from(payload) : payload
  return Frame.encode({ header: Frame.header(kind, octets.length, fields), payload: octets })
}
