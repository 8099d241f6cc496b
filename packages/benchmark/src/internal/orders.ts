/**
 * What `bench` tells its processes to do. One order at a time: each is answered before the next.
 */
import type { Load } from "../Load.js"

export type LoadOrder =
  | { readonly _tag: "Open"; readonly port: number; readonly load: Load }
  /** Keeps the messages going for so long, then waits until all are back. */
  | { readonly _tag: "Drive"; readonly seconds: number }
  /** One message on each connection, and back. */
  | { readonly _tag: "Touch" }
  | { readonly _tag: "Close" }

export type ServerOrder = { readonly _tag: "Usage"; readonly collect: boolean }

/** Answers orders until the parent goes away. What goes wrong ends the process, with the reason on stderr. */
export const answer = <Order>(carryOut: (order: Order) => Promise<object>): void => {
  process.on("disconnect", () => process.exit(0))
  process.on("message", (order: Order) => {
    carryOut(order).then(
      (reply) => process.send?.(reply),
      (error) => {
        console.error(error)
        process.exit(1)
      }
    )
  })
}
