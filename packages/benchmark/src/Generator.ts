/**
 * The load: connections that keep messages in flight and check what comes back. In: a {@link Load} and a port. Out: how many
 * messages returned, in what time, and how long their round trips took.
 *
 * On bare node:net with frames that are built and masked once, so that it takes little of the machine. It checks the opcode
 * and the length of every message and the content of a sample, and understands only what a server answers to this load.
 *
 * @since 0.1.0
 */
import { openAll } from "./internal/connections.js"
import { Latencies } from "./internal/Latencies.js"
import type { Sender } from "./internal/Owner.js"
import type { Load } from "./Load.js"
import type { Driven } from "./Measurement.js"

/**
 * @since 0.1.0
 * @category generators
 */
export class Generator {
  private readonly latencies = new Latencies()
  private connections: ReadonlyArray<Sender> = []
  private outstanding = 0
  private driving = false
  private onQuiet: () => void = () => {}
  private onFailure: (error: Error) => void = () => {}

  private constructor(private readonly load: Load) {}

  /** Opens all connections. */
  static async open(port: number, load: Load): Promise<Generator> {
    const generator = new Generator(load)
    generator.connections = await openAll(port, load, generator)
    return generator
  }

  /** Keeps messages in flight for so long, then waits until all are back. Fails when one comes back changed. */
  async drive(seconds: number): Promise<Driven> {
    const begin = performance.now()
    const timer = setTimeout(() => {
      this.driving = false
    }, seconds * 1000)
    await this.start(this.load.inFlight, true).finally(() => clearTimeout(timer))
    const elapsed = (performance.now() - begin) / 1000
    return { messages: this.latencies.count, seconds: elapsed, ...this.latencies.quantiles() }
  }

  /** One message on each connection, and back. */
  touch(): Promise<void> {
    return this.start(1, false)
  }

  close(): void {
    for (const connection of this.connections) connection.close()
  }

  private start(messages: number, driving: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.latencies.clear()
      this.outstanding = 0
      this.driving = driving
      this.onQuiet = resolve
      this.onFailure = reject
      for (const connection of this.connections) {
        connection.send(messages, performance.now())
        this.outstanding += messages
      }
    })
  }

  /** So many messages came back; says how many may follow. */
  returned(count: number): number {
    if (this.driving) return count
    this.outstanding -= count
    if (this.outstanding === 0) this.onQuiet()
    return 0
  }

  note(latency: number): void {
    this.latencies.note(latency)
  }

  fail(error: Error): void {
    this.onFailure(error)
  }
}
