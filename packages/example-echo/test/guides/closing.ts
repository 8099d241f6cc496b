/** Closing a connection, and doing the right thing after each kind of end. */
import { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type { Connection } from "@effect-ws/connection/Connection"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"

/** What to do next, for every way in which a connection can end. The compiler complains if you leave one out. */
const nextStep = CloseOutcome.$match({
  Clean: ({ remote }) => remote?._tag === "Status" && remote.code === 4001 ? "sign in again" : "done",
  Failed: ({ failure }) =>
    failure._tag === "Violation" ? `report ${failure.rule} (RFC ${failure.rfc})` : "connect again",
  CloseTimeout: () => "done", // we closed, and the peer did not answer
  DropTimeout: () => "done", // both closed, and the server left TCP open
  Dropped: () => "connect again", // the peer, or the network, went away without a Close
  Aborted: () => "done" // we cut it
})

/** A handler that returns closes with 1000. One that fails closes with 1011, and the error is logged. */
const handler = (connection: Connection) =>
  Effect.gen(function*() {
    switch (connection.opening.target) {
      case "/stay":
        return yield* connection.outcome
      case "/token":
        return yield* connection.close(4001, "the token is too old")
      case "/cut":
        return yield* connection.abort("too slow")
      default:
        return yield* connection.send("goodbye")
    }
  })

/** Reads to the end. A normal end completes; any other fails with an error that says why. */
const readAll = (url: string) =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect(url)
    const reading = yield* connection.run(() => {}).pipe(
      Effect.as("the normal end"),
      Effect.catchTags({
        PeerClosed: ({ code, reason }) => Effect.succeed(`closed with ${code}: ${reason}`),
        ConnectionDropped: () => Effect.succeed("dropped"),
        ProtocolFailure: ({ message }) => Effect.succeed(message)
      })
    )
    // Completes once, and never fails.
    const outcome = yield* connection.outcome
    return { reading, outcome: outcome._tag, next: nextStep(outcome) }
  }))

/** Closing from this side: a code and a reason, and the outcome once the peer has answered. */
const leave = (url: string) =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect(url)
    const { _tag, closedFirst, local } = yield* connection.close(4000, "I have to go")
    return { _tag, closedFirst, code: local?._tag === "Status" ? local.code : undefined }
  }))

export const program = Effect.gen(function*() {
  const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
  yield* Effect.forkScoped(server.serve(handler))
  const url = `ws://127.0.0.1:${server.address._tag === "Tcp" ? server.address.port : 0}`
  return {
    returned: yield* readAll(`${url}/`),
    token: yield* readAll(`${url}/token`),
    cut: yield* readAll(`${url}/cut`),
    left: yield* leave(`${url}/stay`)
  }
}).pipe(Effect.scoped, Effect.provide(NodeWebSocketClient.layer()))
