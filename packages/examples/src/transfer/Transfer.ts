/**
 * The client: uploads and downloads a file. In: any `WebSocketClient`, the content as a Stream, and a function to call with the
 * progress. It knows neither page nor disk.
 */
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { File, fileAsText, progressAsText } from "./Messages.js"

/** The connection ended before the whole file had arrived. */
export class Incomplete extends Data.TaggedError("Incomplete")<{ readonly bytes: number; readonly size: number }> {
  override get message(): string {
    return `the connection ended after ${this.bytes} of ${this.size} bytes`
  }
}

type Tell = (bytes: number, size: number) => void

/** Sends a file, one message for each element of the content, and reports what the server has on disk. Returns its id and SHA-256. */
export const upload = <E, R>(server: string, file: File, content: Stream.Stream<Uint8Array, E, R>, tell: Tell) =>
  Effect.gen(function*() {
    const query = new URLSearchParams(yield* Schema.encode(File)(file))
    const connection = yield* WebSocketClient.connect(`${server}upload?${query}`)
    yield* Effect.forkScoped(Stream.run(content, connection.sink)) // waits if the network or the server's disk is slower
    let written = 0
    while (true) {
      const progress = yield* Effect.flatMap(connection.receive, Schema.decodeUnknown(progressAsText)).pipe(
        Effect.catchTag("EndOfMessages", () => new Incomplete({ bytes: written, size: file.size }))
      )
      if (progress._tag === "Stored") return progress
      written = progress.bytes
      tell(written, file.size)
    }
  }).pipe(Effect.scoped)

/** Downloads a file, and sends "more" for each piece that `take` has taken. */
export const download = <E, R>(
  server: string,
  id: string,
  take: (bytes: Uint8Array) => Effect.Effect<void, E, R>,
  tell: Tell
) =>
  Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect(`${server}download?id=${encodeURIComponent(id)}`)
    const file = yield* Effect.flatMap(connection.receive, Schema.decodeUnknown(fileAsText))
    let bytes = 0
    while (bytes < file.size) {
      const piece = yield* Effect.catchTag(
        connection.receive,
        "EndOfMessages",
        () => new Incomplete({ bytes, size: file.size })
      )
      if (typeof piece === "string") continue
      yield* take(piece)
      bytes += piece.length
      tell(bytes, file.size)
      yield* connection.send("more")
    }
    return file
  }).pipe(Effect.scoped)
