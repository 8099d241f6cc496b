/** A connection of ours that does what a program says, step by step, over a transport and timers that the test plays. */
import * as Primitives from "@effect-ws/codec/Primitives"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type * as Connection from "@effect-ws/connection/Connection"
import { ConnectionClosed } from "@effect-ws/connection/ConnectionError"
import type { Compression } from "@effect-ws/connection/host/Compression"
import type { InflateResult } from "@effect-ws/connection/host/Compression"
import type { Deadline, Deadlines, Expiring } from "@effect-ws/connection/host/Deadlines"
import * as Host from "@effect-ws/connection/host/Host"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import * as Limits from "@effect-ws/connection/Limits"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as Take from "effect/Take"
import { ManualTransport } from "./ManualTransport.js"
import type { Account, Extension, Message, Octets, Outcome, Setting, Step } from "./model.js"
import { framesIn, octetsOfFrame, pongTo } from "./model.js"
import { opening } from "./pair.js"

/** A host's compression that does what a plain statement of it says. */
export const compressionOf = (extension: Extension): Compression => {
  const before: Array<Octets> = []
  let octets: Octets = []
  let given = 0
  const inflate = (run: Uint8Array, last: boolean, limit: number): InflateResult => {
    octets = [...octets, ...run]
    const all = extension.inflate(before, octets, last)
    if (all === undefined) return { _tag: "Invalid" }
    const part = all.slice(given)
    given = all.length
    if (last) {
      before.push(octets)
      octets = []
      given = 0
    }
    if (part.length > limit) return { _tag: "TooBig" }
    return { _tag: "Inflated", parts: part.length === 0 ? [] : [Uint8Array.from(part)] }
  }
  return {
    inflate: (run, last, limit) => ({ _tag: "Now", value: inflate(run, last, limit) }),
    isWorth: (size) => size >= extension.worthFrom,
    deflate: (octets, last) => ({ _tag: "Now", value: Uint8Array.from(extension.deflate(Array.from(octets), last)) }),
    free: () => {}
  }
}

/** What runs a program. */
export interface Endpoint {
  readonly step: (step: Step) => Promise<void>
  /** All that it has written. */
  readonly wire: () => Octets
  readonly hasEnded: () => boolean
}

/** All that is under way in memory has arrived, and every fiber has done what it can. */
const settled = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve))
  })

class NoDeadlines {
  readonly tasks = new Map<Deadline, Expiring>()
  start(after: number, task: Expiring): Deadline {
    const deadline: Deadline = { after, due: 0, task }
    this.tasks.set(deadline, task)
    return deadline
  }
  cancel(deadline: Deadline): void {
    this.tasks.delete(deadline)
  }
}

/** Memory of messages, cut from one piece after the other, in which something was left behind. */
const sideBySide = (): Primitives.Primitives["allocate"] => {
  let piece = new Uint8Array(0)
  let next = 0
  return (size) => {
    if (next + size > piece.length) {
      piece = new Uint8Array(Math.max(size, 64)).fill(0x5a)
      next = 0
    }
    next += size
    return piece.subarray(next - size, next)
  }
}

type Part = Take.Take<Message, "source">

const listOf = (octets: Uint8Array): Octets => Array.from(octets)
const plain = (message: string | Uint8Array): Message => typeof message === "string" ? message : listOf(message)
const sendable = (message: Message): string | Uint8Array =>
  typeof message === "string" ? message : Uint8Array.from(message)

export class Ours implements Endpoint {
  readonly transport = new ManualTransport()
  readonly outcomes: Array<CloseOutcome> = []
  private readonly deadlines = new NoDeadlines()
  private readonly connection: Connection.Connection
  /** As they were given. What they say is looked at once all is over: nothing that came later may have changed it. */
  private readonly messages: Array<string | Uint8Array> = []
  private readonly sends: Array<Fiber.RuntimeFiber<unknown, unknown>> = []
  private readonly pings: Array<Fiber.RuntimeFiber<unknown, unknown>> = []
  private readonly run: Fiber.RuntimeFiber<unknown, unknown>
  private stream: Queue.Queue<Part> | undefined = undefined
  private peerEnded = false
  private gone = false
  private wasCut = false

  constructor(private readonly setting: Setting) {
    const compression = setting.extension === undefined ? undefined : compressionOf(setting.extension)
    let drawn = 0
    const host = Host.make({
      role: setting.role,
      limits: Limits.make({ maxMessageSize: setting.maxMessageSize }),
      primitives: Primitives.plain,
      receiving: { ...Primitives.plain, allocate: sideBySide() },
      random: () => setting.random(drawn++),
      deadlines: this.deadlines as unknown as Deadlines
    })
    this.connection = Hosting.unsafeMake(this.transport, host, { incoming: "whole", opening, compression })
    Hosting.listen(this.connection, (outcome) => this.outcomes.push(outcome))
    this.run = Effect.runFork(this.connection.run((message) => {
      this.messages.push(message)
      if (setting.echoes) this.connection.trySend(message)
    }))
  }

  readonly step = async (step: Step): Promise<void> => {
    this.do(step)
    await settled()
    this.transport.endTurn()
    if (!this.gone && this.transport.calls.includes("destroy")) {
      this.wasCut = true
      this.break(undefined)
    }
    await settled()
  }

  private do(step: Step): void {
    const { connection, transport } = this
    switch (step._tag) {
      case "Hear":
        return this.hear(step.octets)
      case "HearPong": {
        const [frames] = framesIn(this.wire())
        const ping = frames.filter(({ first }) => first === 137)[step.ping]
        if (ping !== undefined) this.hear(pongTo(this.setting.role, ping.payload))
        return
      }
      case "HearEnd":
        if (this.peerEnded || this.gone) return
        this.peerEnded = true
        return transport.receiver?.onEnd()
      case "Break":
        return this.break(new Error("ECONNRESET"))
      case "Send":
        return void this.sends.push(Effect.runFork(connection.send(sendable(step.message))))
      case "Begin": {
        const queue = Effect.runSync(Queue.unbounded<Part>())
        const source: Stream.Stream<Message, "source"> = Stream.flattenTake(Stream.fromQueue(queue))
        this.stream = queue
        return void this.sends.push(Effect.runFork(
          step.kind === "text"
            ? connection.sendStream("text", Stream.map(source, String))
            : connection.sendStream("binary", Stream.map(source, (part) => Uint8Array.from(part as Octets)))
        ))
      }
      case "Part":
        return void this.stream?.unsafeOffer(Take.of(step.content))
      case "Finish":
        return void this.stream?.unsafeOffer(Take.end)
      case "Abandon":
        return void this.stream?.unsafeOffer(Take.fail("source"))
      case "Ping":
        return void this.pings.push(Effect.runFork(connection.ping))
      case "Close":
        return void Effect.runFork(connection.close(step.code, step.reason))
      case "Stall":
        transport.passes = false
        return
      case "Drain":
        if (this.gone) return
        transport.passes = true
        return transport.drain()
      case "Timer":
        // Again while it is prolonged: what we have written since has left
        for (const [deadline, task] of this.deadlines.tasks) {
          if (deadline.after === Limits.defaults.keepaliveTimeout) continue // a ping's: the model has no such time
          this.deadlines.tasks.delete(deadline)
          task.onDeadline(deadline)
        }
        return
      case "Abort":
        return void Effect.runFork(Hosting.abort(connection, { _tag: "ScopeClosed" }))
    }
  }

  private hear(octets: Octets): void {
    if (!this.peerEnded && !this.gone && octets.length > 0) this.transport.says(Uint8Array.from(octets))
  }

  private break(error: unknown): void {
    if (this.gone) return
    this.gone = true
    this.transport.receiver?.onClosed(error)
  }

  readonly wire = (): Octets => listOf(this.transport.wire)

  readonly hasEnded = (): boolean => this.gone || this.transport.calls.includes("halfClose")

  /** Whether it broke while it had not taken all that was written: then some of it was never asked for. */
  get brokeOff(): boolean {
    return this.gone && !this.transport.passes
  }

  /** What is left: nothing, once the transport is gone. */
  get left(): ReadonlyArray<string> {
    return [
      ...[...this.deadlines.tasks.keys()].map(({ after }) => `a timer of ${after} ms`),
      ...(this.run.unsafePoll() === null ? ["who reads"] : []),
      ...[...this.sends, ...this.pings].filter((fiber) => fiber.unsafePoll() === null).map(() => "who sends")
    ]
  }

  /** Writing behind the end of our side. */
  get isLate(): boolean {
    const { calls } = this.transport
    const end = calls.findIndex((call) => call === "halfClose" || call === "destroy")
    return end >= 0 && calls.slice(end).includes("write")
  }

  account(): Account {
    const { calls } = this.transport
    const wire = this.wire()
    const [frames, rest] = framesIn(wire)
    const [outcome] = this.outcomes
    // In as few octets as it can be said, and nothing besides
    const again = [...frames.flatMap(octetsOfFrame), ...rest]
    if (String(again) !== String(wire) || rest.length > 0) {
      throw new Error("what was written is not what its frames say")
    }
    return {
      messages: this.messages.map(plain),
      frames: frames.map((frame) =>
        frame.first === 136 && failures.includes(codeOfClose(frame.payload))
          ? { ...frame, payload: frame.payload.slice(0, 2) }
          : frame
      ),
      sends: this.sends.map(stateOf),
      pings: this.pings.map((fiber) => {
        const state = stateOf(fiber)
        return state === "sent" ? "answered" : state === "failed" ? "closed" : state
      }),
      ended: calls.includes("halfClose"),
      destroyed: this.wasCut,
      outcome: outcome === undefined ? undefined : {
        _tag: outcome._tag,
        closedFirst: outcome.closedFirst,
        local: codeOf(outcome.local),
        remote: codeOf(outcome.remote),
        droppedBy: outcome.droppedBy
      }
    }
  }
}

const stateOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Account["sends"][number] => {
  const exit = fiber.unsafePoll()
  if (exit === null) return "waiting"
  if (Exit.isSuccess(exit)) return "sent"
  const error = Cause.squash(exit.cause)
  return error instanceof ConnectionClosed ? "closed" : error === "source" ? "failed" : "waiting"
}

const codeOf = (status: CloseOutcome["local"]): Outcome["local"] =>
  status === undefined ? undefined : status._tag === "Empty" ? null : status.code

/** The codes that say that a connection failed; programs close with others. */
const failures: ReadonlyArray<number | null> = [1002, 1007, 1009]

const codeOfClose = ([high, low]: Octets): number | null =>
  high === undefined || low === undefined ? null : high * 256 + low
