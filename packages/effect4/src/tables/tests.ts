/**
 * What only tests import.
 */
import type { Rewrite, Table } from "../Table.js"
import { from } from "./rewrites.js"

/** As a logger of Effect 3 has them: annotations that can be iterated over, and a level with a label. */
const logger: Rewrite = {
  call: ({ args: [log = ""], at }) =>
    /^\w+$/.test(log) ? `${at("effect/Logger#make")}(${log})` : `${at("effect/Logger#make")}((options) => (${log})({
      ...options,
      annotations: ${at("effect/HashMap#fromIterable")}(Object.entries(options.fiber.getRef(${
      at("effect/References#CurrentLogAnnotations")
    })))
    }))`
}

const layerOf = (loggers: string, more = ""): NonNullable<Rewrite["call"]> => ({ args, at }) =>
  `${at("effect/Logger#layer")}([${loggers === "" ? "" : args.at(-1)}]${more})`

const minimumLogLevel: Rewrite = {
  call: ({ args, at }) => {
    const self = args.length > 1 ? [args[0]] : []
    return `${at("effect/Effect#provideService")}(${
      [...self, at("effect/References#MinimumLogLevel"), args.at(-1)].join(", ")
    })`
  }
}

/** A service that a function of its own provided. */
const provided = (service: string): Rewrite => ({
  call: ({ args, at }) => {
    const self = args.length > 1 ? [args[0]] : []
    return `${at("effect/Effect#provideService")}(${[...self, at(service), args.at(-1)].join(", ")})`
  }
})

export const tests: Table = {
  "@effect/vitest": {
    kept: "afterAll afterEach beforeAll beforeEach describe expect expectTypeOf it vi"
  },
  "effect/FastCheck": {
    to: "fast-check",
    kept:
      `Arbitrary array assert asyncProperty boolean constant constantFrom integer nat oneof option property record sample
      string tuple uint8Array`
  },
  "effect/Logger": {
    kept: "defaultLogger",
    names: {
      add: { call: layerOf("logger", ", { mergeWithExisting: true }") },
      make: logger,
      remove: { call: layerOf("") },
      replace: { call: layerOf("logger") },
      withMinimumLogLevel: minimumLogLevel
    }
  },
  "effect/LogLevel": {
    kept: "LogLevel",
    names: {
      greaterThanEqual: "isGreaterThanOrEqualTo",
      Debug: { value: () => `"Debug"` },
      Info: { value: () => `"Info"` },
      Warning: { value: () => `"Warn"` }
    }
  },
  "effect/Equal": { kept: "equals" },
  "effect/Hash": { kept: "hash" },
  "effect/HashMap": { kept: "toEntries" },
  "effect/HashSet": { kept: "fromIterable size" },
  "effect/ConfigProvider": {
    names: { fromMap: from((map, { at }) => `${at("effect/ConfigProvider#fromUnknown")}(Object.fromEntries(${map}))`) }
  },
  "effect/Queue": {
    kept: "Queue offer offerAll take unbounded",
    // What there is, without waiting.
    names: { takeAll: "clear" }
  },
  "effect/Ref": { kept: "Ref get getAndUpdate make modify set update updateAndGet" },
  "effect/TestClock": { to: "effect/testing/TestClock", kept: "adjust setTime" }
}

export const inEffect: Readonly<Record<string, Rewrite | string>> = {
  dieMessage: from((message, { at }) => `${at("effect/Effect#die")}(new Error(${message}))`),
  intoDeferred: "effect/Deferred#into",
  makeLatch: "effect/Latch#make",
  repeatN: { call: ({ args: [self, times], at }) => `${at("effect/Effect#repeat")}(${self}, { times: ${times} })` },
  withClock: provided("effect/Clock#Clock"),
  withConfigProvider: provided("effect/ConfigProvider#ConfigProvider"),
  yieldNow: { call: ({ at }) => at("effect/Effect#yieldNow") }
}
