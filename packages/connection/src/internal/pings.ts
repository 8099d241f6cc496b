/**
 * The pings that a user waits for, and the pongs that answer them. Each has a payload of its own, so that an answer to
 * another is not taken for it; a pong answers every ping before it, too (RFC 6455 §5.5.3).
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Api from "../Connection.js"
import type { ConnectionClosed } from "../ConnectionError.js"

export interface Ping {
  /** 8 unpredictable octets. */
  readonly payload: Uint8Array
  readonly resume: (effect: Effect.Effect<void, ConnectionClosed>) => void
}

export class Pings {
  /** In the order of sending. */
  private waiting: ReadonlyArray<Ping> = []

  constructor(private readonly random: () => number) {}

  add(resume: Ping["resume"]): Ping {
    const payload = new Uint8Array(8)
    const words = new DataView(payload.buffer)
    words.setUint32(0, this.random())
    words.setUint32(4, this.random())
    const ping: Ping = { payload, resume }
    this.waiting = [...this.waiting, ping]
    return ping
  }

  /** Nobody waits for it any more. Its pong still answers those before it. */
  remove(ping: Ping): void {
    const marked = this.waiting.map((other) => other === ping ? { payload: ping.payload, resume: nobody } : other)
    const first = marked.findIndex(({ resume }) => resume !== nobody)
    this.waiting = first < 0 ? [] : marked.slice(first)
  }

  note(payload: Uint8Array): void {
    const answered = this.waiting.findIndex((ping) => isEqual(ping.payload, payload))
    if (answered < 0) return // unsolicited, which is legal
    const answers = this.waiting.slice(0, answered + 1)
    this.waiting = this.waiting.slice(answered + 1)
    for (const ping of answers) ping.resume(Effect.void)
  }

  fail(outbox: { readonly error: ConnectionClosed }): void {
    const { waiting } = this
    this.waiting = []
    for (const ping of waiting) ping.resume(Effect.fail(outbox.error))
  }
}

/** Measures keepalive's pings, which have no payload, for a meter. */
export class RoundTrip {
  private since: bigint | undefined = undefined

  constructor(private readonly host: Api.Host) {}

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

const nobody: Ping["resume"] = () => {}

const isEqual = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((octet, index) => octet === other[index])
