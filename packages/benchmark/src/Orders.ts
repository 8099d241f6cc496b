/**
 * What `bench` tells its processes to do, and how a process answers. One order at a time: each is answered before the next.
 *
 * @since 0.1.0
 */
import type { Load } from "./Load.js"

/**
 * @since 0.1.0
 * @category models
 */
export type LoadOrder =
  | { readonly _tag: "Open"; readonly port: number; readonly load: Load }
  /** Keeps the messages going for so long, then waits until all are back. */
  | { readonly _tag: "Drive"; readonly seconds: number }
  /** One message on each connection, and back. */
  | { readonly _tag: "Touch" }
  | { readonly _tag: "Close" }

/**
 * @since 0.1.0
 * @category models
 */
export type ServerOrder = { readonly _tag: "Usage"; readonly collect: boolean }

/**
 * Answers orders until the parent goes away. What goes wrong ends the process, with the reason on stderr.
 *
 * @since 0.1.0
 * @category answering
 */
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
