/** The request of a client that has connected: from its first octet to the end of its head. */
import * as Effect from "effect/Effect"
import type * as net from "node:net"
import type { Asking } from "../examiner/ExamineClient.js"
import { HeadReader } from "../handshake/HeadReader.js"
import { WireLog } from "../verdict/Record.js"
import * as Sockets from "../wire/Sockets.js"

/** Milliseconds to send a request. */
const requestTimeout = 10_000

/** Reads it; `undefined` when there is none, and the connection has been dealt with. */
export const read = (socket: net.Socket): Effect.Effect<Asking | undefined> =>
  Effect.async((resume) => {
    const started = new Date()
    const log = new WireLog()
    const reader = HeadReader.ofRequest()
    const end = (asking: Asking | undefined): void => {
      clearTimeout(timer)
      deaf()
      if (asking === undefined) socket.destroy()
      resume(Effect.succeed(asking))
    }
    const timer = setTimeout(() => end(undefined), requestTimeout)
    const deaf = Sockets.listen(socket, {
      data: (octets) => {
        log.read(octets)
        const step = reader.push(octets)
        if (step._tag === "NeedMore") return
        if (step._tag === "Problem") return end(undefined)
        log.preopen.incoming += reader.size
        end({ socket, log, started, head: step.head, httpRequest: reader.text(), rest: step.rest })
      },
      end: () => end(undefined),
      error: () => end(undefined)
    })
  })
