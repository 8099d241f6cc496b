/** What `Telemetry` provides: the instruments of clients and those of servers, and the sampling of what both have buffered. */
import { ClientInstruments } from "./ClientInstruments.js"
import { countersOf, type Metrics } from "./counters.js"
import { ServerInstruments } from "./ServerInstruments.js"

export class Instruments {
  readonly client: ClientInstruments
  readonly server: ServerInstruments

  constructor(metrics: Metrics | undefined, spans: boolean, propagate: boolean) {
    this.client = new ClientInstruments(metrics && countersOf(metrics, "client"), spans, propagate)
    this.server = new ServerInstruments(metrics && countersOf(metrics, "server"), spans, propagate)
  }

  sample(): void {
    this.client.sample()
    this.server.sample()
  }
}
