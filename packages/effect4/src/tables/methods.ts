/**
 * Members of values: names that nothing but Effect has.
 */
import type { Methods } from "../Table.js"

export const methods: Methods = {
  // For Deadlines and Spans: what moves with the clock of tests, and never back.
  unsafeCurrentTimeNanos: "monotonicTimeNanosUnsafe",
  unsafeUpdate: {
    call: ({ args: [input, tags], at, on }) =>
      tags === "[]" ? `${on}updateUnsafe(${input}, ${at("effect/Context#empty")}())` : undefined
  },
  unsafeOpen: "openUnsafe",
  unsafeClose: "closeUnsafe",
  unsafeInterruptAsFork: {
    call: ({ args: [by = ""], on }) =>
      by === "undefined"
        ? `${on}interruptUnsafe()`
        : by.endsWith(".id()")
        ? `${on}interruptUnsafe(${by.slice(0, -2)})`
        : `${on}interruptUnsafe(undefined, ${by})`
  },
  unsafePoll: { call: ({ on }) => `(${on}pollUnsafe() ?? null)` },
  /** Of an `Either`. */
  left: { value: ({ imports, on }) => imports("effect/Either") ? `${on}failure` : undefined },
  right: { value: ({ imports, on }) => imports("effect/Either") ? `${on}success` : undefined },
  /** Of a `SubscriptionRef`. */
  changes: {
    value: ({ at, imports, on }) =>
      imports("effect/SubscriptionRef")
        ? `${at("effect/SubscriptionRef#changes")}(${on.replace(/\.$/, "")})`
        : undefined
  },
  unsafeCurrentTimeMillis: "currentTimeMillisUnsafe",
  /** Of a `Queue`. */
  unsafeOffer: {
    call: ({ args, at, on }) => {
      const queue = on.replace(/\??\.$/, "")
      const offer = `${at("effect/Queue#offerUnsafe")}(${[queue, ...args].join(", ")})`
      return on.endsWith("?.") ? `(${queue} && ${offer})` : offer
    }
  },
  /** Of a level of logs. */
  label: { value: ({ imports, on }) => imports("effect/Logger") ? `${on}toUpperCase()` : undefined },
  /** Every test of Effect 4 has a scope. */
  scoped: { value: ({ on }) => on === "it." ? "it.effect" : undefined },
  scopedLive: { value: ({ on }) => on === "it." ? "it.live" : undefined },
  /** Of a `Tracer`. */
  span: {
    call: ({ args: [name, parent, annotations, links, startTime, kind, ...more], on }) =>
      kind === undefined || more.length > 0
        ? undefined
        : `${on}span({ name: ${name}, parent: ${parent}, annotations: ${annotations}, links: ${links}, startTime: ${startTime}, ` +
          `kind: ${kind}, root: false, sampled: true })`
  },
  /** Of a class that is an Effect. */
  commit: "asEffect"
}
