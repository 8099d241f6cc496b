import { expect, it } from "@effect/vitest"
import type * as Connection from "@effect-ws/connection/Connection"
import type { ByteMessage } from "@effect-ws/connection/Message"
import { HandshakeError, HandshakeReason } from "@effect-ws/platform/HandshakeError"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

it.scoped("connect asks the client of the context", () =>
  Effect.gen(function*() {
    const asked: Array<unknown> = []
    const client: WebSocketClient.WebSocketClient["Type"] = {
      connect: (url, options) => {
        asked.push(url, options)
        return Effect.fail(
          new HandshakeError({ url: String(url), reason: HandshakeReason.Unreachable({ cause: "test" }) })
        )
      }
    }
    const options = { subprotocols: ["a"] }
    const error = yield* WebSocketClient.connect("ws://a.example/", options).pipe(
      Effect.provideService(WebSocketClient.WebSocketClient, client),
      Effect.flip
    )
    expect(error.message).toBe("ws://a.example/: unreachable: test")
    expect(asked).toEqual(["ws://a.example/", options])
  }))

it("types: what a connection gives follows from the options", () => {
  type Opening<C> = Effect.Effect<C, HandshakeError, WebSocketClient.WebSocketClient | Scope.Scope>
  const whole: Opening<Connection.Connection> = WebSocketClient.connect(new URL("ws://a.example/"))
  const streamed: Opening<Connection.StreamedConnection> = WebSocketClient.connect("ws://a.example/", {
    incoming: "streamed"
  })
  const bytes: Opening<Connection.Connection<ByteMessage>> = WebSocketClient.connect("ws://a.example/", {
    incoming: "bytes"
  })
  // @ts-expect-error its text is no string
  const texts: Opening<Connection.Connection> = WebSocketClient.connect("ws://a.example/", { incoming: "bytes" })
  // @ts-expect-error a streamed connection has no whole messages
  const messages = Effect.map(streamed, (connection) => connection.messages)
  expect([whole, bytes, texts, messages]).toHaveLength(4)
})
