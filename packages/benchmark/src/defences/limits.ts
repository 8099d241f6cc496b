/** Of the first table of docs/security.md. */
import type { Defence } from "./Defence.js"

export const limits: ReadonlyArray<Defence> = []
