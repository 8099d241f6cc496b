/** Spans, metrics and logs of a server and a client: one layer turns them on. */
import * as Telemetry from "@effect-ws/platform/Telemetry"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"

/** Stands in for `NodeSdk.layer` of @effect/opentelemetry: keeps the spans, so that you can look at them here. */
const spans: Array<Tracer.Span> = []
const tracer = Layer.unwrapEffect(Effect.map(Effect.tracer, (native) =>
  Layer.setTracer(Tracer.make({
    span: (...span) => {
      const made = native.span(...span)
      spans.push(made)
      return made
    },
    context: (f, fiber) => native.context(f, fiber)
  }))))

/** Provide it to the client and to the server. Without it nothing is measured, and it costs nothing. */
const observed = Layer.mergeAll(
  NodeWebSocketClient.layer(),
  NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1" })
).pipe(Layer.provide(Telemetry.layer({ sampleEvery: "1 second" })))

/** The client's messages, sent and received: metrics are tagged by role and direction. */
const messages = (direction: "receive" | "transmit") =>
  Telemetry.metrics.messages.pipe(
    Metric.tagged("websocket.role", "client"),
    Metric.tagged("network.io.direction", direction),
    Metric.value,
    Effect.map(({ count }) => count)
  )

export const program = Effect.gen(function*() {
  const { address } = yield* WebSocketServer.WebSocketServer
  const port = address._tag === "Tcp" ? address.port : 0
  yield* Effect.forkScoped(WebSocketServer.serve((connection) => Stream.run(connection.messages, connection.sink)))

  const connection = yield* WebSocketClient.connect(`ws://127.0.0.1:${port}/chat?token=secret`)
  yield* connection.send("hello")
  yield* connection.receive
  yield* connection.ping
  yield* connection.close(4000, "enough")

  return {
    spans: spans.map(({ attributes, name }) => ({ name, ...Object.fromEntries(attributes) })),
    received: yield* messages("receive"),
    sent: yield* messages("transmit")
  }
}).pipe(Effect.scoped, Effect.provide(observed), Effect.provide(tracer))
