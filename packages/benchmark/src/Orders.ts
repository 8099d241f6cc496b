/**
 * What `bench` tells its processes to do, and how a process answers. One order at a time: each is answered before the next.
 *
 * @since 0.1.0
 */
import type { FanOut } from "./FanOut.js"
import type { Load } from "./Load.js"
import type { Opens } from "./Opens.js"

/**
 * @since 0.1.0
 * @category models
 */
export type LoadOrder =
  /** Opens the connections of a load. */
  | { readonly _tag: "Open"; readonly port: number; readonly load: Load }
  /** Opens those that each text goes to. */
  | { readonly _tag: "Gather"; readonly port: number; readonly fanOut: FanOut }
  /** Opens none yet: driving it does. */
  | { readonly _tag: "Storm"; readonly port: number; readonly opens: Opens }
  /** Keeps the messages going for so long, then waits until all are back. */
  | { readonly _tag: "Drive"; readonly seconds: number }
  /** One message on each connection of a load, and back. */
  | { readonly _tag: "Touch" }
  | { readonly _tag: "Close" }

/**
 * @since 0.1.0
 * @category models
 */
export type ServerOrder =
  | { readonly _tag: "Usage"; readonly collect: boolean }
  /** Takes samples from now on: what loading and compiling took is left out. */
  | { readonly _tag: "Profile" }
  /** Writes down what they were. */
  | { readonly _tag: "WriteProfile"; readonly file: string }

/**
 * What a server's process is told besides whom to be, as arguments.
 *
 * @since 0.1.0
 * @category models
 */
export type Flag = "compression" | "tls" | "fan-out"

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
