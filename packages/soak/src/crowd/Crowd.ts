/**
 * Very many clients at one server: a crowd that stays, one that comes and goes, and one that never finishes its opening handshake.
 * In: orders. Out: what came of them.
 */
import * as Statistics from "@effect-ws/benchmark/Statistics"
import { dial, Guest, request } from "./Guest.js"

export type Order =
  /** Opens so many, and keeps them. */
  | { readonly _tag: "Open"; readonly port: number; readonly count: number; readonly compressed: boolean }
  /** Each of those says something, and has it back. */
  | { readonly _tag: "Touch" }
  /** Closes those that are kept. */
  | { readonly _tag: "Close" }
  /** So many a second open, half of them say something, and all close. */
  | { readonly _tag: "Churn"; readonly port: number; readonly rate: number; readonly seconds: number }
  /** Keeps so many opening handshakes under way, an octet of each a second. */
  | { readonly _tag: "Drip"; readonly port: number; readonly count: number }
  /** Ends those. */
  | { readonly _tag: "StopDripping" }

/** How many are opened at once: fewer than a listener's backlog. */
const atOnce = 200

export class Crowd {
  private guests: Array<Guest> = []
  private drips: Drips | undefined = undefined

  async carryOut(order: Order): Promise<object> {
    switch (order._tag) {
      case "Open":
        return await this.open(order.port, order.count, order.compressed)
      case "Touch":
        return { done: await this.each((guest) => guest.say()) }
      case "Close": {
        const done = await this.each((guest) => guest.close())
        for (const guest of this.guests) guest.drop()
        this.guests = []
        return { done }
      }
      case "Churn":
        return await churn(order.port, order.rate, order.seconds)
      case "Drip":
        this.drips = new Drips(order.port, order.count)
        return { done: 0 }
      case "StopDripping": {
        const refused = this.drips?.stop() ?? 0
        this.drips = undefined
        return { done: refused }
      }
    }
  }

  private async open(port: number, count: number, compressed: boolean): Promise<object> {
    const begin = performance.now()
    let done = 0
    while (done < count) {
      const some = Array.from({ length: Math.min(atOnce, count - done) }, () => Guest.open(port, compressed))
      done += some.length
      for (const guest of await Promise.all(some)) if (guest !== undefined) this.guests.push(guest)
    }
    return { done: this.guests.length, seconds: (performance.now() - begin) / 1000 }
  }

  private async each(act: (guest: Guest) => Promise<boolean>): Promise<number> {
    let done = 0
    for (let i = 0; i < this.guests.length; i += atOnce) {
      const some = await Promise.all(this.guests.slice(i, i + atOnce).map(act))
      done += some.filter(Boolean).length
    }
    return done
  }
}

/** They come evenly; what the machine does not manage is not made up for by fewer. */
const churn = async (port: number, rate: number, seconds: number): Promise<object> => {
  const opening: Array<number> = []
  const living: Array<Promise<void>> = []
  let clean = 0
  const live = async (speaks: boolean): Promise<void> => {
    const begin = performance.now()
    const guest = await Guest.open(port, true)
    opening.push(performance.now() - begin)
    if (guest === undefined) return
    const answered = speaks ? await guest.say() : true
    if (await guest.close() && answered) clean++
  }
  const begin = performance.now()
  const elapsed = (): number => (performance.now() - begin) / 1000
  for (let begun = 0; begun < rate * seconds;) {
    for (const due = Math.min(rate * seconds, elapsed() * rate); begun < due; begun++) {
      living.push(live(begun % 2 === 0))
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const begunIn = elapsed()
  await Promise.all(living)
  return {
    connections: living.length,
    clean,
    rate: living.length / begunIn,
    p50: Statistics.quantile(opening, 0.5),
    p99: Statistics.quantile(opening, 0.99),
    most: Statistics.quantile(opening, 1)
  }
}

/** One that is refused begins anew. */
class Drips {
  private refused = 0
  private readonly slots: Array<{ readonly socket: ReturnType<typeof dial>; position: number }> = []
  private readonly timer: NodeJS.Timeout
  private next = 0

  constructor(private readonly port: number, private readonly count: number) {
    // A hundredth of them every ten milliseconds.
    this.timer = setInterval(() => this.tick(Math.ceil(count / 100)), 10)
  }

  stop(): number {
    clearInterval(this.timer)
    for (const { socket } of this.slots) socket.destroy()
    return this.refused
  }

  private tick(some: number): void {
    for (let i = 0; i < some; i++) {
      const index = this.next++ % this.count
      const slot = this.slots[index]
      if (slot === undefined || slot.socket.destroyed) this.slots[index] = this.begin()
      else if (!slot.socket.writableEnded) slot.socket.write(head.subarray(slot.position, ++slot.position))
    }
  }

  private begin(): Drips["slots"][number] {
    const socket = dial(this.port)
    socket.on("error", () => {})
    socket.on("data", (octets: Buffer) => {
      if (octets.toString("latin1").startsWith("HTTP/1.1 408")) this.refused++
    })
    return { socket, position: 0 }
  }
}

const head = Buffer.from(request(false))
