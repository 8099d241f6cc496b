import { describe, expect, it } from "@effect/vitest"
import * as Primitives from "@effect-ws/codec/Primitives"
import type * as Connection from "@effect-ws/connection/Connection"
import * as Deadlines from "@effect-ws/connection/host/Deadlines"
import * as Host from "@effect-ws/connection/host/Host"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import type { Meter } from "@effect-ws/connection/host/Meter"
import * as Limits from "@effect-ws/connection/Limits"
import * as Loopback from "@effect-ws/connection/testing/Loopback"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Recorder, type RecorderSettings } from "../../src/wireLog/Recorder.js"
import { turn } from "../loopbackClient.js"

const settings: RecorderSettings = {
  choose: () => true,
  sample: 1,
  keep: () => true,
  payloadSize: 0,
  logSize: 10_000,
  memory: 1_000_000,
  reports: 10,
  shownHeaders: new Set(),
  onKept: () => {}
}

const opening: Connection.Opening = { subprotocol: undefined, extensions: "", headers: [], target: "/" }
const head = { startLine: "", headers: [] }

/** A recorder, and a host whose connections it may watch. */
const make = (given: Partial<RecorderSettings> = {}, meter?: Meter) =>
  Effect.gen(function*() {
    const deadlines = yield* Deadlines.make
    const recorder = new Recorder({ ...settings, ...given }, yield* Effect.clock)
    const limits = Limits.make({ settleTimeout: 0 })
    const host = Host.make({
      role: "server",
      limits,
      primitives: Primitives.plain,
      random: () => 0,
      deadlines,
      ...(meter === undefined ? {} : { meter })
    })
    const watch = (handshake = () => ({ request: head, response: head })) => {
      const [near, far] = Loopback.make()
      const watching = recorder.watch({
        role: "server",
        peer: undefined,
        opening,
        transport: near,
        host,
        handshake
      })
      return { near, far, watching }
    }
    const open = () => {
      const { far, near, watching } = watch()
      const connection = Hosting.unsafeMake(watching.transport, watching.host, {
        opening,
        compression: undefined,
        incoming: "whole"
      })
      watching.opened(connection)
      return { connection, far, near }
    }
    return { recorder, open, watch }
  })

describe("a record that is kept", () => {
  it.scoped("does not keep its connection, which is more than the memory that is counted", () =>
    Effect.gen(function*() {
      const { open, recorder } = yield* make()
      const ended = yield* Effect.sync(() => {
        const { connection, near } = open()
        near.reset(new Error("gone"))
        return new WeakRef(connection)
      })
      yield* turn
      expect(recorder.summaries().map(({ outcome }) => outcome?._tag)).toEqual(["Dropped"])
      yield* Effect.sync(() => {
        setFlagsFromString("--expose-gc")
        runInNewContext("gc")()
      })
      expect(ended.deref() === undefined).toBe(true)
    }))
})

describe("the meter of a connection that is watched", () => {
  it.scoped("passes on all that it is told to the meter of the host", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      const tell = (name: string) => (...args: ReadonlyArray<unknown>) => void told.push([name, ...args].join(" "))
      const { watch } = yield* make({}, {
        read: tell("read"),
        written: tell("written"),
        received: tell("received"),
        sent: tell("sent"),
        pinged: tell("pinged"),
        paused: tell("paused"),
        resumed: tell("resumed"),
        outboxFull: tell("outboxFull"),
        outboxRoom: tell("outboxRoom"),
        closing: tell("closing")
      })
      const { meter } = watch().watching.host
      meter?.read(1)
      meter?.written(2)
      meter?.received(3)
      meter?.sent()
      meter?.pinged(Duration.millis(4))
      meter?.paused?.("InboxFull")
      meter?.resumed?.()
      meter?.outboxFull?.()
      meter?.outboxRoom?.()
      meter?.closing({ role: "server", bufferedAmount: 0 })
      expect(told.map((line) => line.split(" ")[0])).toEqual(
        ["read", "written", "received", "sent", "pinged", "paused", "resumed", "outboxFull", "outboxRoom", "closing"]
      )
      expect(told).toContain("paused InboxFull")
    }))
})
