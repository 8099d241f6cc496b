/** The options of `WireLog`: what they may be, and the settings that they are. Functions of the user's are guarded here. */
import * as OptionTable from "@effect-ws/codec/Options"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import * as Cause from "effect/Cause"
import * as Runtime from "effect/Runtime"
import { synchronous } from "../internal/userFunctions.js"
import * as log from "../logging/log.js"
import { recordSpan } from "../telemetry/recordSpan.js"
import type { Candidate, Identity } from "./model.js"
import type { RecorderSettings } from "./Recorder.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * Chooses which connections are recorded, when they open. Default: all. If it throws, that is logged, and the connection is not
   * recorded.
   */
  readonly choose?: ((candidate: Candidate) => boolean) | undefined
  /** The share of the chosen connections that is recorded: 0 to 1; 0.01 is one in a hundred. Default 1. */
  readonly sample?: number | undefined
  /**
   * Chooses which records are kept once the connection has ended: {@link unclean} keeps those that did not end `Clean`. Default: all. If
   * it throws, that is logged, and the record is kept.
   */
  readonly keep?: ((outcome: CloseOutcome, identity: Identity) => boolean) | undefined
  /**
   * Bytes of each frame's payload that are recorded: 0 to 65,536. They may hold what users wrote, and secrets. Default 0: nothing but
   * code and reason of a Close.
   */
  readonly payloadSize?: number | undefined
  /** Headers whose values are shown, besides those known to hold no secret. Default: none. */
  readonly showHeaders?: ReadonlyArray<string> | undefined
  /**
   * Bytes that the wire log of one connection may take. Beyond it the oldest records go, except for the first 16 and the last 16.
   * Default 65,536.
   */
  readonly logSize?: number | undefined
  /**
   * Bytes that all records may take together. Beyond it the oldest records in the middle of any log go, then the oldest reports, and
   * then no more connections are recorded. Default 33,554,432 (32 MiB).
   */
  readonly memory?: number | undefined
  /** How many reports of ended connections are kept. Default 200. */
  readonly reports?: number | undefined
  /**
   * Whether each record becomes a span, `websocket.connection`, below that of the opening handshake, with an event for each record of
   * the wire log. Only with `Telemetry`. Default `false`.
   */
  readonly spans?: boolean | undefined
}

/**
 * For `keep`: records of connections that did not end `Clean`.
 *
 * @since 0.1.0
 * @category options
 */
export const unclean = (outcome: CloseOutcome): boolean => outcome._tag !== "Clean"

interface Given {
  readonly choose: NonNullable<Options["choose"]> | undefined
  readonly sample: number
  readonly keep: NonNullable<Options["keep"]> | undefined
  readonly payloadSize: number
  readonly showHeaders: ReadonlyArray<string>
  readonly logSize: number
  readonly memory: number
  readonly reports: number
  readonly spans: boolean
}

const isFunction = (value: unknown): value is () => boolean => typeof value === "function"

const predicate: OptionTable.Rule<(() => boolean) | undefined> = {
  default: undefined,
  isRequired: false,
  unit: "",
  range: "a function that answers true or false",
  judge: (value) =>
    isFunction(value)
      ? { _tag: "Right", value }
      : { _tag: "Wrong", at: "", value, advice: "Give a function, or leave it out." }
}

const share: OptionTable.Rule<number> = {
  default: 1,
  isRequired: false,
  unit: "",
  range: "a number from 0 to 1",
  judge: (value) =>
    typeof value === "number" && value >= 0 && value <= 1
      ? { _tag: "Right", value }
      : { _tag: "Wrong", at: "", value, advice: "Give the share of connections: 0.01 for one in a hundred." }
}

/**
 * The rules for the options.
 *
 * @since 0.1.0
 * @category options
 */
export const options: OptionTable.Table<Given> = {
  choose: predicate,
  sample: share,
  keep: predicate,
  payloadSize: OptionTable.integer({ least: 0, most: 65_536, unit: "bytes", default: 0 }),
  showHeaders: OptionTable.list<never, ReadonlyArray<string>>({
    range: "a list of header names",
    judge: (text) =>
      /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text)
        ? undefined
        : "Give a header name: letters, digits and signs, without spaces.",
    default: []
  }),
  logSize: OptionTable.integer({ least: 0, most: OptionTable.largestSize, unit: "bytes", default: 65_536 }),
  memory: OptionTable.integer({ least: 0, most: OptionTable.largestSize, unit: "bytes", default: 33_554_432 }),
  reports: OptionTable.integer({ least: 0, most: 1_000_000, unit: "", default: 200 }),
  spans: OptionTable.flag(false)
}

/** `runtime` is for the log. */
export const settingsOf = (given: Given, runtime: Runtime.Runtime<never>): RecorderSettings => {
  const { choose, keep, logSize, memory, payloadSize, reports, sample, showHeaders, spans } = given
  const guarded = (name: string, fallback: boolean, ask: () => boolean): boolean => {
    try {
      return synchronous(name, ask())
    } catch (defect) {
      Runtime.runFork(runtime)(log.fault(`WireLog's ${name} failed`, Cause.die(defect)))
      return fallback
    }
  }
  return {
    choose: (candidate: Candidate) => choose === undefined || guarded("choose", false, () => choose(candidate)),
    sample,
    keep: (outcome, identity) => keep === undefined || guarded("keep", true, () => keep(outcome, identity)),
    payloadSize,
    logSize,
    memory,
    reports,
    shownHeaders: new Set(showHeaders.map((name) => name.toLowerCase())),
    onKept: (report, tracing) => {
      if (spans && tracing !== undefined) recordSpan(tracing, report())
    }
  }
}
