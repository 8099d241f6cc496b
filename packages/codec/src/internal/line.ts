import type { Headers } from "../HttpHeaders.js"

/** A header line; none where there is nothing to say. */
export const line = (name: string, value: string | undefined): Headers => value === undefined ? [] : [[name, value]]
