/**
 * The pings that a user waits for, and the pongs that answer them. Each has a payload of its own, so that an answer to
 * another is not taken for it; a pong answers every ping before it, too (RFC 6455 §5.5.3). Nobody waits for ever: a peer may answer
 * with what it likes.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type ConnectionClosed, PingTimeout } from "../ConnectionError.js"
import type { Deadline, Expiring } from "../host/Deadlines.js"
import type { Host } from "../host/Host.js"

type Resume = (effect: Effect.Effect<void, ConnectionClosed | PingTimeout>) => void

export class Ping implements Expiring {
  /** `undefined` once nobody waits any more: its pong still answers those before it. */
  private deadline: Deadline | undefined

  /** `payload`: 8 unpredictable bytes. */
  constructor(
    private readonly pings: Pings,
    private readonly host: Host,
    readonly payload: Uint8Array,
    private readonly resume: Resume
  ) {
    this.deadline = host.deadlines.start(host.limits.keepaliveTimeout, this)
  }

  get isAwaited(): boolean {
    return this.deadline !== undefined
  }

  onDeadline(): void {
    this.settle(Effect.fail(new PingTimeout({ after: this.host.limits.keepaliveTimeout })))
    this.pings.forget()
  }

  settle(effect: Effect.Effect<void, ConnectionClosed | PingTimeout>): void {
    if (this.stop()) this.resume(effect)
  }

  /** Whether anybody waited. */
  stop(): boolean {
    const { deadline } = this
    if (deadline === undefined) return false
    this.deadline = undefined
    this.host.deadlines.cancel(deadline)
    return true
  }
}

export class Pings {
  /** In the order of sending; the first is awaited. */
  private waiting: ReadonlyArray<Ping> = []

  constructor(private readonly host: Host) {}

  add(resume: Resume): Ping {
    const payload = new Uint8Array(8)
    const words = new DataView(payload.buffer)
    words.setUint32(0, this.host.random())
    words.setUint32(4, this.host.random())
    const ping = new Ping(this, this.host, payload, resume)
    this.waiting = [...this.waiting, ping]
    return ping
  }

  /** Nobody waits for it any more. */
  remove(ping: Ping): void {
    ping.stop()
    this.forget()
  }

  /** Those that nobody waits for, and that stand before all others. */
  forget(): void {
    const first = this.waiting.findIndex(({ isAwaited }) => isAwaited)
    this.waiting = first < 0 ? [] : this.waiting.slice(first)
  }

  note(payload: Uint8Array): void {
    const answered = this.waiting.findIndex((ping) => isEqual(ping.payload, payload))
    if (answered < 0) return // unsolicited, which is legal
    const answers = this.waiting.slice(0, answered + 1)
    this.waiting = this.waiting.slice(answered + 1)
    this.forget()
    for (const ping of answers) ping.settle(Effect.void)
  }

  fail(outbox: { readonly error: ConnectionClosed }): void {
    const { waiting } = this
    this.waiting = []
    for (const ping of waiting) ping.settle(Effect.fail(outbox.error))
  }
}

/** Measures keepalive's pings, which have no payload, for a meter. */
export class RoundTrip {
  private since: bigint | undefined = undefined

  constructor(private readonly host: Host) {}

  begin(): void {
    this.since = this.host.deadlines.nanos()
  }

  note(payload: Uint8Array): void {
    const { since } = this
    if (since === undefined || payload.length > 0) return
    this.since = undefined
    this.host.meter?.pinged(Duration.nanos(this.host.deadlines.nanos() - since))
  }
}

const isEqual = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((octet, index) => octet === other[index])
