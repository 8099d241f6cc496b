/**
 * The chat: its rooms, with a page, until it is interrupted.
 */
import { WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import * as Effect from "effect/Effect"
import * as Site from "../site/Site.js"
import * as Rooms from "./Rooms.js"

/** Bytes that may wait for a slow visitor, and of one message that a visitor says. */
const limits = { outboxSize: 64 * 1024, maxMessageSize: 16 * 1024 }

export const start = (port: number) =>
  Effect.gen(function*() {
    const { url, webSockets } = yield* Site.make({ folder: "chat", port, webSockets: { limits } })
    yield* Effect.forkScoped(Effect.provideService(Rooms.serve, WebSocketServer, webSockets))
    return url
  })
