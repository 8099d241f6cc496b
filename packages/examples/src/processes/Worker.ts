/**
 * One of several processes on one port: a server like any other, with a page. In: the port, and the file of notes. It acknowledges a
 * note once it is where all processes, and later ones, find it.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Site from "../site/Site.js"

export const start = (port: number, journal: string) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const { webSockets } = yield* Site.make({
      folder: "processes",
      port,
      webSockets: {
        closeOnShutdown: 1012, // "service restart"
        limits: { maxMessageSize: 100 } // a note is short
      }
    })
    yield* Effect.forkScoped(webSockets.serve({
      accept: ({ path }) => Effect.succeed({ value: path === "/restart" }),
      handler: (connection, wantsRestart) =>
        wantsRestart
          ? Effect.sync(() => void process.send?.("restart")) // to the first process
          : Effect.ignore(connection.run((note) =>
            Effect.zipRight(
              files.writeFileString(journal, `${note}\n`, { flag: "a" }),
              connection.send(`${process.pid} kept ${note}`)
            )
          ))
    }))
  })
