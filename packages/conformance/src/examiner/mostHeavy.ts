import { availableParallelism } from "node:os"

/**
 * How many heavy cases run at a time. More would only have each wait for the others, and overrun the second that a peer has to
 * answer a Close.
 */
export const mostHeavy: number = availableParallelism()
