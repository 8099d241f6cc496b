/**
 * The server of files, with a page, until it is interrupted.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import * as Effect from "effect/Effect"
import * as Site from "../site/Site.js"
import * as Files from "./Files.js"

export const start = (port: number) =>
  Effect.gen(function*() {
    // Files are compressed already, more often than not.
    const { url, webSockets } = yield* Site.make({ folder: "transfer", port, webSockets: { compression: false } })
    yield* Files.serve.pipe(
      Effect.provideService(WebSocketServer, webSockets),
      Effect.provide(NodeFileSystem.layer),
      Effect.forkScoped
    )
    return url
  })
