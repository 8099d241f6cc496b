/** All defences. */
import { attacks } from "./attacks.js"
import type { Defence } from "./Defence.js"
import { limits } from "./limits.js"
import { rules } from "./rules.js"

export const all: ReadonlyArray<Defence> = [...limits, ...attacks, ...rules]
