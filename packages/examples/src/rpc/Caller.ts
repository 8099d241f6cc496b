/**
 * The RPC client. In: any `WebSocketClient` (of Node, a page or a test), and a function to call for each failure. Out: calls
 * and a stream that go on after a restart of the server. `RpcClient` connects again by itself; only the caller knows whether a call may
 * be repeated.
 */
import * as RpcClient from "@effect/rpc/RpcClient"
import type { RpcClientError } from "@effect/rpc/RpcClientError"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Requests } from "./Requests.js"

/** The error of a call or stream that was under way when the connection ended, or that was made before there is another. */
export type Tell = (error: RpcClientError) => void

const again = Schedule.spaced("250 millis")

export const make = (url: string) =>
  Effect.gen(function*() {
    const protocol = yield* Layer.build(
      RpcClient.layerProtocolSocket({ retrySchedule: again }).pipe(
        Layer.provide([PlatformSocket.layer(url), RpcSerialization.layerJson])
      )
    )
    const { Count, Restart, Work } = yield* Effect.provide(RpcClient.make(Requests), protocol)

    /** All numbers, each once: where the stream broke off, it asks again from there. */
    const count = (tell: Tell) => {
      let from = 0
      return Stream.suspend(() => Count({ from })).pipe(
        Stream.tap(({ number }) => Effect.sync(() => from = number + 1)),
        Stream.tapError((error) => Effect.sync(() => tell(error))),
        Stream.retry(again)
      )
    }

    /** Asks until there is an answer. The id says that it is the same work. */
    const work = (id: string, tell: Tell) =>
      Work({ id }).pipe(
        Effect.tapError((error) => Effect.sync(() => tell(error))),
        Effect.retry(again)
      )

    /** Does not ask again: that would be another restart. */
    return { count, work, restart: Restart() }
  })
