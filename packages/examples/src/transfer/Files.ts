/**
 * The server of files. In: any `WebSocketServer`, and a `FileSystem`. Out: an Effect that serves until it is interrupted;
 * the files are gone when its scope closes.
 *
 * No file is held in memory: each part of a message is written before the next is read, so that a fast sender waits for the disk.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import type { StreamedConnection } from "@effect-ws/connection/Connection"
import { Refusal, serve as serveWebSockets } from "@effect-ws/platform/WebSocketServer"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { createHash, randomUUID } from "node:crypto"
import { File, fileAsText, progressAsText } from "./Messages.js"

/** The size of a piece in bytes, and how many pieces may be on their way. */
const piece = 64 * 1024
const ahead = 32

type Task =
  | { readonly _tag: "Receive"; readonly file: File }
  | { readonly _tag: "Give"; readonly file: File; readonly id: string }

class NotTheFile extends Data.TaggedError("NotTheFile")<{ readonly received: number; readonly size: number }> {
  override get message(): string {
    return `${this.received} bytes came of a file of ${this.size}`
  }
}

export const serve = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped()
  const files = new Map<string, File>()
  const pathOf = (id: string): string => `${folder}/${id}`

  const receive = (connection: StreamedConnection, file: File) =>
    Effect.gen(function*() {
      const id = randomUUID()
      const hash = createHash("sha256")
      const out = yield* fs.open(pathOf(id), { flag: "w" })
      yield* Effect.addFinalizer(() => files.has(id) ? Effect.void : Effect.ignore(fs.remove(pathOf(id))))
      let received = 0
      const write = (bytes: Uint8Array) =>
        Effect.gen(function*() {
          received += bytes.length
          if (received > file.size) return yield* new NotTheFile({ received, size: file.size })
          yield* out.writeAll(bytes)
          hash.update(bytes)
          // The next report includes this one: if the outbox is full, leave it out.
          connection.trySend(encode({ _tag: "Written", bytes: received }))
        })
      yield* connection.messageStreams.pipe(
        Stream.flatMap(({ kind, payload }) => kind === "binary" ? payload : Stream.empty),
        Stream.mapEffect(write),
        Stream.takeUntil(() => received === file.size),
        Stream.runDrain
      )
      if (received < file.size) return yield* new NotTheFile({ received, size: file.size })
      files.set(id, file)
      yield* connection.send(encode({ _tag: "Stored", id, sha256: hash.digest("hex") }))
    })

  const give = (connection: StreamedConnection, file: File, id: string) =>
    Effect.gen(function*() {
      yield* connection.send(Schema.encodeSync(fileAsText)(file))
      // A page cannot make its sender wait (a WebSocket delivers each message as an event), so it says when it has taken one.
      const window = yield* Effect.makeSemaphore(ahead)
      const more = Stream.runForEach(connection.messageStreams, () => window.release(1))
      const pieces = Stream.runForEach(
        fs.stream(pathOf(id), { chunkSize: piece }),
        (bytes) => Effect.zipRight(window.take(1), connection.send(bytes))
      )
      // The client closes when it has everything: our Close could arrive before its last messages have left.
      yield* Effect.raceFirst(Effect.zipRight(pieces, Effect.never), more)
    })

  return yield* serveWebSockets({
    incoming: "streamed",
    accept: ({ path, query }) => {
      const id = query.get("id") ?? ""
      const known = files.get(id)
      if (path === "/download") {
        return known === undefined
          ? new Refusal({ status: 404, body: "no such file" })
          : Effect.succeed({ value: { _tag: "Give", file: known, id } })
      }
      return Schema.decodeUnknown(File)({ name: query.get("name"), size: query.get("size") }).pipe(
        Effect.map((file) => ({ value: { _tag: "Receive", file } as const })),
        Effect.mapError((error) => new Refusal({ status: 400, body: error.message }))
      )
    },
    handler: (connection: StreamedConnection, task: Task) =>
      Effect.gen(function*() {
        yield* task._tag === "Receive" ? receive(connection, task.file) : give(connection, task.file, task.id)
      }).pipe(
        Effect.catchTag("NotTheFile", ({ message }) => Effect.orDie(connection.startClose(1008, message))),
        // The client has gone. A failing disk is different: that is logged, and closes with 1011.
        Effect.catchTags({
          ConnectionClosed: () => Effect.void,
          ConnectionDropped: () => Effect.void,
          MessageDiscarded: () => Effect.void,
          PeerClosed: () => Effect.void,
          ProtocolFailure: () => Effect.void
        })
      )
  })
})

const encode = Schema.encodeSync(progressAsText)
