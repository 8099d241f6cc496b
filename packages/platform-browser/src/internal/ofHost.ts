/** The globals of this host, which no library of types for hosts is needed to name. */
import type { Globals } from "../page/globals.js"

/** Looked at when a client is made: a polyfill may have been set by then. */
export const ofHost = (): Globals => globalThis as unknown as Globals
