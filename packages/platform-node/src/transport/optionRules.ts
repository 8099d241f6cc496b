/** Rules of options that several rooms share. */
import * as Options from "@effect-ws/codec/Options"

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

export const backlog = Options.integer({ least: 1, unit: "connections", default: undefined })
