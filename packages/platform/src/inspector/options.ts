/** The options of an inspector: their rules, and the settings that they become. */
import * as OptionTable from "@effect-ws/codec/Options"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as Redacted from "effect/Redacted"
import type { InspectorSettings } from "./routes.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The path of the pages, such as "/inspector". Default "": the root. */
  readonly path?: string | undefined
  /**
   * The token that a request must show: once as `?token=…` in the address, which sets a cookie, or as `Authorization: Bearer …`. At
   * least 16 characters. Default: none, and then only this machine may look.
   */
  readonly token?: Redacted.Redacted<string> | undefined
}

const isToken = (value: unknown): value is Redacted.Redacted<string> => {
  if (!Redacted.isRedacted(value)) return false
  const token = Redacted.value(value)
  return typeof token === "string" && /^[\x21-\x7e]{16,}$/.test(token)
}

/**
 * The rules for the options.
 *
 * @since 0.1.0
 * @category options
 */
export const options: OptionTable.Table<{
  readonly path: string
  readonly token: Redacted.Redacted<string> | undefined
}> = {
  path: OptionTable.text({
    range: "a path such as /inspector, or nothing",
    judge: (path) =>
      /^(?:\/[A-Za-z0-9._~-]+)*$/.test(path)
        ? undefined
        : "Begin with a slash and end without one; use letters and digits.",
    default: ""
  }),
  token: {
    default: undefined,
    isRequired: false,
    unit: "",
    range: "a Redacted string of 16 characters or more",
    judge: (value) =>
      isToken(value)
        ? { _tag: "Right", value }
        // of the value nothing is shown: it may well be the secret
        : {
          _tag: "Wrong",
          at: "",
          value: "<redacted>",
          advice: "Make one with Redacted.make, of at least 16 visible ASCII characters."
        }
  }
}

/** Throws an `InvalidOption`. */
export const read = (given: Options): InspectorSettings => {
  const { path, token } = InvalidOption.read(options, given)
  return { path, token: token === undefined ? undefined : Redacted.value(token) }
}
