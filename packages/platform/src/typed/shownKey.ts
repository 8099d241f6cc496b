import { excerpt } from "../logging/boundedCause.js"

/** A key may be the peer's. */
export const shownKey = (key: PropertyKey): string =>
  typeof key === "string" ? JSON.stringify(excerpt(key, 50)) : String(key)
