/**
 * The server of a layer: its settings, how many requests and connections it has, and who is told of them: telemetry, the wire log and the log.
 *
 * It knows neither who takes a request (`Dispatcher`) nor how one is answered (`answers`).
 */
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type * as Connection from "@effect-ws/connection/Connection"
import type * as Host from "@effect-ws/connection/host/Host"
import type * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import * as log from "../logging/log.js"
import type { ServerInstruments } from "../telemetry/ServerInstruments.js"
import type { Recorder } from "../wireLog/Recorder.js"
import type { ServingSettings } from "./options.js"

export class Server {
  /** Requests and open connections. */
  private size = 0

  constructor(
    readonly settings: ServingSettings,
    readonly host: Host.Host,
    readonly telemetry: ServerInstruments | undefined,
    readonly recorder: Recorder | undefined,
    private readonly runtime: Runtime.Runtime<never>
  ) {}

  /** Counts a request, unless the server is at its limit. */
  admit(): boolean {
    if (!(this.size < this.settings.maxConnections)) return false
    this.size++
    return true
  }

  /** A request or connection is gone. */
  left(): void {
    this.size--
  }

  closed(connection: Connection.Lifecycle, outcome: CloseOutcome): void {
    this.left()
    const line = log.outcome(connection, outcome)
    if (line !== undefined) this.log(line)
  }

  log(line: Effect.Effect<void>): void {
    Runtime.runFork(this.runtime)(line)
  }
}
