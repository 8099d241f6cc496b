/**
 * An open connection, as the wire log's layer knows it: counts of what it does, and its log, if it is recorded. It is the meter of this one
 * connection, and passes everything on to the meter of the host.
 */
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type * as Connection from "@effect-ws/connection/Connection"
import type { Meter, Metered } from "@effect-ws/connection/host/Meter"
import * as Duration from "effect/Duration"
import type { ConnectionLog } from "./ConnectionLog.js"
import type { Identity, OpenConnection, Wait } from "./model.js"

/** What is kept of a recorded connection. */
export interface Recording {
  readonly log: ConnectionLog
  readonly httpRequest: string
  readonly httpResponse: string
  /** Bytes of the opening handshake, as they were on the wire. */
  readonly preopen: { readonly incoming: number; readonly outgoing: number }
}

export class Watched implements Meter {
  /** Set until it has ended: a kept record keeps no connection. */
  connection: Connection.Lifecycle | undefined = undefined
  outcome: CloseOutcome | undefined = undefined
  /** Milliseconds since it opened. */
  duration = 0
  private messagesIn = 0
  private messagesOut = 0
  private octetsIn = 0
  private octetsOut = 0
  private latency: number | undefined = undefined
  private reading: Wait["for"] | undefined = undefined

  constructor(
    readonly identity: Identity,
    /** When it opened, by the clock that measures. */
    readonly began: number,
    private readonly next: Meter | undefined,
    /** `undefined` once it is no longer kept. */
    public recording: Recording | undefined
  ) {}

  read(octets: number): void {
    this.octetsIn += octets
    this.next?.read(octets)
  }

  written(octets: number): void {
    this.octetsOut += octets
    this.next?.written(octets)
  }

  received(messages: number): void {
    this.messagesIn += messages
    this.next?.received(messages)
  }

  sent(): void {
    this.messagesOut++
    this.next?.sent()
  }

  pinged(roundTrip: Duration.Duration): void {
    this.latency = Duration.toMillis(roundTrip)
    this.recording?.log.pinged(this.latency)
    this.next?.pinged(roundTrip)
  }

  closing(connection: Metered): void {
    this.next?.closing(connection)
  }

  paused(why: "InboxFull" | "Inflating"): void {
    this.reading = why
    this.recording?.log.waits(why)
    this.next?.paused?.(why)
  }

  resumed(): void {
    if (this.reading !== undefined) this.recording?.log.goesOn(this.reading)
    this.reading = undefined
    this.next?.resumed?.()
  }

  outboxFull(): void {
    this.recording?.log.waits("OutboxFull")
    this.next?.outboxFull?.()
  }

  outboxRoom(): void {
    this.recording?.log.goesOn("OutboxFull")
    this.next?.outboxRoom?.()
  }

  /** `now` by the clock that measures. */
  describe(now: number): OpenConnection {
    const { connection, identity, latency, messagesIn, messagesOut, octetsIn, octetsOut, recording } = this
    return {
      ...identity,
      age: now - this.began,
      messagesIn,
      messagesOut,
      octetsIn,
      octetsOut,
      latency,
      buffered: connection?.bufferedAmount ?? 0,
      waitsFor: recording?.log.waitsFor ?? [],
      isRecorded: recording !== undefined
    }
  }
}
