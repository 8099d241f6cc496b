#!/usr/bin/env node
/**
 * `npm start -- --port 9001 --host 127.0.0.1`: the echo service, until Ctrl-C, which closes every connection with 1001.
 *
 * Exit codes: 0 when it was interrupted, 1 when it cannot listen or the command line is wrong.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { main } from "../internal/main.js"
import * as Service from "../Service.js"

const port = Options.integer("port").pipe(
  Options.withDescription("The port to listen on; 0 for a free one."),
  Options.filterMap(
    (port) => port >= 0 && port <= 65535 ? Option.some(port) : Option.none(),
    "--port must be 0 to 65535"
  ),
  Options.withDefault(9001)
)

const host = Options.text("host").pipe(
  Options.withDescription("The address to listen on."),
  Options.withDefault("127.0.0.1")
)

const noCompression = Options.boolean("no-compression").pipe(
  Options.withDescription("Decline permessage-deflate.")
)

const http2 = Options.boolean("http2").pipe(
  Options.withDescription("Accept HTTP/2 (h2c) as well as HTTP/1.1, and serve no page.")
)

const command = Command.make(
  "serve",
  { port, host, noCompression, http2 },
  ({ host, http2, noCompression, port }) =>
    Effect.scoped(Effect.gen(function*() {
      const compression = noCompression ? false : undefined
      if (http2) {
        yield* Console.log(`Echo: ${yield* Service.withHttp2({ host, port, compression })}`)
        return yield* Effect.never
      }
      const { inspectorUrl, pageUrl, webSocketUrl } = yield* Service.make({ host, port, compression })
      yield* Console.log(`Echo: ${webSocketUrl}`)
      yield* Console.log(`Page: ${pageUrl}`)
      yield* Console.log(`Inspector: ${inspectorUrl}`)
      return yield* Effect.never
    }))
).pipe(
  Command.withDescription("Echoes WebSocket messages, and serves a page on which to try it.")
)

main(command, { name: "effect-ws echo", interrupted: 0 })
