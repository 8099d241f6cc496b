/** A way to an engine that can be cut, stand still, or be parted: then what is sent is lost, and nobody is told. */
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
  /**
   * A partition: from now on all that is sent is lost in silence, in both directions, ends and new connections included.
   */
  readonly part: Effect.Effect<void>
  /** It is over for new connections. Those that lost something never hear of each other again, as with a firewall that forgot them. */
  readonly heal: Effect.Effect<void>
}

export const make = (to: number): Effect.Effect<Proxy, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() =>
      new Promise<Proxy & { readonly close: () => void }>((resolve) => {
        const sockets = new Set<Socket>()
        const parted = new Set<Socket>()
        let isStalled = false
        let isParted = false
        const add = (socket: Socket, other: Socket): void => {
          sockets.add(socket)
          socket.on("error", () => {})
          socket.on("data", (bytes) => void (parted.has(socket) || other.write(bytes)))
          socket.on("end", () => parted.has(socket) || other.end())
          socket.on("close", () => {
            sockets.delete(socket)
            if (!parted.delete(socket)) other.destroy()
          })
          if (isStalled) socket.pause()
        }
        const server = createServer({ allowHalfOpen: true }, (from) => {
          if (isParted) {
            sockets.add(from)
            from.resume().on("error", () => {}).on("close", () => sockets.delete(from))
            return
          }
          const there = connect({ port: to, host: "127.0.0.1", allowHalfOpen: true })
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
            part: Effect.zipRight(Effect.sync(() => void (isParted = true)), all((socket) => parted.add(socket))),
            heal: Effect.sync(() => void (isParted = false)),
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
