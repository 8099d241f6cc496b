/** A way to an engine that can be cut: what stands still on it is neither lost nor told of, until it goes on or is broken. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { connect, createServer, type Socket } from "node:net"

export interface Proxy {
  readonly port: number
  /** Nothing passes, in either direction. */
  readonly stall: Effect.Effect<void>
  /** What stood still goes on. */
  readonly resume: Effect.Effect<void>
  /** Breaks all connections; new ones may come. */
  readonly cut: Effect.Effect<void>
}

export const make = (to: number): Effect.Effect<Proxy, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() =>
      new Promise<Proxy & { readonly close: () => void }>((resolve) => {
        const sockets = new Set<Socket>()
        let isStalled = false
        const add = (socket: Socket, other: Socket): void => {
          sockets.add(socket)
          socket.on("error", () => {})
          socket.on("data", (bytes) => void other.write(bytes))
          socket.on("close", () => {
            sockets.delete(socket)
            other.destroy()
          })
          if (isStalled) socket.pause()
        }
        const server = createServer((from) => {
          const there = connect(to, "127.0.0.1")
          add(from, there)
          add(there, from)
        })
        const all = (act: (socket: Socket) => void) => Effect.sync(() => sockets.forEach(act))
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          resolve({
            port: typeof address === "object" && address !== null ? address.port : 0,
            stall: Effect.zipRight(Effect.sync(() => void (isStalled = true)), all((socket) => socket.pause())),
            resume: Effect.zipRight(Effect.sync(() => void (isStalled = false)), all((socket) => socket.resume())),
            cut: all((socket) => socket.destroy()),
            close: () => {
              sockets.forEach((socket) => socket.destroy())
              server.close()
            }
          })
        })
      })
    ),
    ({ close }) => Effect.sync(close)
  )
