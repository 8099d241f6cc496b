/**
 * What one honest peer has sent and not had back. In: what it sends, and what it receives. Out: whether all came back, each as it
 * was sent and in order.
 */
import * as Effect from "effect/Effect"
import type { Sample } from "./Payload.js"
import type { World } from "./World.js"

/** Without any message for so long, those that are outstanding count as lost. */
const patience = 120_000

export class Ledger {
  private readonly outstanding: Array<Sample> = []
  private lastReceived = 0
  private isOver = false
  private onChange: () => void = () => {}
  private readonly wasDown: () => boolean

  constructor(private readonly world: World, readonly kind: string) {
    this.wasDown = world.watch()
  }

  sent(sample: Sample): void {
    this.outstanding.push(sample)
  }

  /** `is` compares with what should have come. */
  received(size: number, is: (sample: Sample) => boolean): void {
    const sample = this.outstanding.shift()
    const { tally } = this.world
    this.lastReceived = performance.now()
    if (sample === undefined || !is(sample)) {
      tally.altered++
      tally.surprise(
        `${this.kind}: ${size} came back for ${sample === undefined ? "nothing" : `${sample.size} of ${sample.kind}`}`
      )
    } else {
      tally.message(this.kind, sample.size)
    }
    if (this.outstanding.length === 0) this.onChange()
  }

  /** The connection is gone. */
  ended(): void {
    this.isOver = true
    this.onChange()
  }

  /** Once everything is back, or nothing will come any more. */
  readonly settled: Effect.Effect<void> = Effect.suspend(() => {
    this.lastReceived = performance.now()
    return Effect.async<void>((resume) => {
      const done = (): void => {
        clearInterval(timer)
        this.onChange = () => {}
        resume(Effect.void)
      }
      const timer = setInterval(() => {
        if (performance.now() - this.lastReceived > patience) done()
      }, 1000)
      this.onChange = done
      if (this.isOver || this.outstanding.length === 0) done()
      return Effect.sync(() => clearInterval(timer))
    })
  })

  get isSettled(): boolean {
    return this.outstanding.length === 0
  }

  /**
   * The connection ended so: as it should if everything was back and we closed it. A server that shuts down may cut it, and what
   * was on its way then is not lost: the server had not taken it.
   */
  close(outcome: string, isExpected: boolean): void {
    const { tally } = this.world
    const count = this.outstanding.length
    tally.outcome(`${this.kind}: ${outcome}`)
    if (this.wasDown()) {
      tally.cut += count
    } else {
      tally.lost += count
      if (count > 0 || !isExpected) tally.surprise(`${this.kind}: ${outcome}, ${count} outstanding`)
    }
  }

  /** It did not open, which only a server that restarts may have caused. */
  notOpened(reason: string): void {
    this.world.tally.outcome(`${this.kind}: not opened, ${reason}`)
    if (!this.wasDown()) this.world.tally.surprise(`${this.kind}: not opened, ${reason}`)
  }
}
