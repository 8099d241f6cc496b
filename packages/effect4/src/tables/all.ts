import type { Tables } from "../Table.js"
import { effect } from "./effect.js"
import { methods } from "./methods.js"
import { platform } from "./platform.js"
import { tests } from "./tests.js"

export const all: Tables = { modules: { ...effect, ...platform, ...tests }, methods }
