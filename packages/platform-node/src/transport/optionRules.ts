/** Rules of options that several rooms share. */
import * as Options from "@effect-ws/codec/Options"
import type { MessageMemory } from "./messageMemory.js"

/** What is called in the middle of a handshake: there it would be found out too late, and by every peer. */
export const callback: Options.Rule<unknown> = {
  default: undefined,
  isRequired: false,
  unit: "",
  range: "a function",
  judge: (value) =>
    typeof value === "function"
      ? { _tag: "Right", value }
      : { _tag: "Wrong", at: "", value, advice: "Give a function, or leave it out." }
}

/** A name or a path that says something, and that the system takes. */
export const notEmpty = (text: string): string | undefined =>
  text === "" || text.includes("\0") ? "Leave it out, or name one." : undefined

export const tcpPort = { least: 0, most: 65_535, unit: "" }

/** See `messageMemory.ts`. */
export const messageMemory: Options.Rule<MessageMemory> = Options.oneOf(["own", "pooled"], { default: "own" })

export const backlog = Options.integer({ least: 1, unit: "connections", default: undefined })

/** Whether a version of Node knows `reusePort` of `node:net`; one that does not passes over it, and the port is taken. */
export const knowsReusePort = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  return major === 22 ? minor >= 12 : major === 23 ? minor >= 1 : major >= 24
}

const { node } = process.versions

export const reusePort: Options.Rule<boolean> = {
  ...Options.flag(false),
  judge: (value) =>
    value === true && !knowsReusePort(node)
      ? {
        _tag: "Wrong",
        at: "",
        value,
        advice:
          `It needs Node 22.12, or 23.1 and later, and this is ${node}. With node:cluster, processes share a port in any version.`
      }
      : Options.flag(false).judge(value)
}
