/**
 * Fan-out: very many connections, one of which says something that comes back on all of them; then the next text. In: a
 * {@link FanOut} and a port. Out: how many deliveries there were, in what time, and how long they took.
 *
 * It checks what comes back as `Generator` does.
 *
 * @since 0.1.0
 */
import { type FanOut, loadOf } from "./FanOut.js"
import { openAll } from "./internal/connections.js"
import { Latencies } from "./internal/Latencies.js"
import type { Sender } from "./internal/Owner.js"
import type { Driven } from "./Measurement.js"

/**
 * @since 0.1.0
 * @category generators
 */
export class Broadcaster {
  private readonly latencies = new Latencies()
  private connections: ReadonlyArray<Sender> = []
  /** Deliveries still to come, and when what is delivered was said. */
  private outstanding = 0
  private saidAt = 0
  private onAll: () => void = () => {}
  private onFailure: (error: Error) => void = () => {}

  private constructor() {}

  /** Opens all connections, each of which says something that comes back on it alone: it is ready. */
  static async open(port: number, fanOut: FanOut): Promise<Broadcaster> {
    const broadcaster = new Broadcaster()
    broadcaster.connections = await openAll(port, loadOf(fanOut), broadcaster)
    await broadcaster.say(broadcaster.connections)
    return broadcaster
  }

  /** One text after the other for so long, each once the last was delivered to all. Fails when one comes changed. */
  async drive(seconds: number): Promise<Driven> {
    this.latencies.clear()
    const begin = performance.now()
    const end = begin + seconds * 1000
    do await this.say(this.connections.slice(0, 1))
    while (performance.now() < end)
    return {
      messages: this.latencies.count,
      seconds: (performance.now() - begin) / 1000,
      ...this.latencies.quantiles()
    }
  }

  close(): void {
    for (const connection of this.connections) connection.close()
  }

  private say(by: ReadonlyArray<Sender>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.onAll = resolve
      this.onFailure = reject
      this.outstanding = this.connections.length
      this.saidAt = performance.now()
      for (const connection of by) connection.send(1, this.saidAt)
    })
  }

  /** Nothing follows: the next is said once all have this one. */
  returned(count: number): number {
    const now = performance.now()
    for (let i = 0; i < count; i++) this.latencies.note(now - this.saidAt)
    this.outstanding -= count
    if (this.outstanding === 0) this.onAll()
    return 0
  }

  /** A connection knows when it sent; most sent nothing. */
  note(): void {}

  fail(error: Error): void {
    this.onFailure(error)
  }
}
