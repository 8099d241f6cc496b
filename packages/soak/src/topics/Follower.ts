/** A client of a trial: it follows one topic, from node to node, and remembers all that it got. */
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

export interface Follower {
  readonly topic: string
  readonly got: Array<string>
  /** How often it was told that messages are gone. */
  gone: number
  connections: number
}

const schedule = Schedule.jitteredWith(Schedule.spaced("200 millis"), { min: 0.5, max: 1.5 })

/** `port` answers for each attempt where to. `from`: "" for all that is kept. */
export const make = (
  topic: string,
  port: () => number,
  from: string | undefined,
  heard: (message: string) => void = () => {}
) =>
  Effect.gen(function*() {
    const follower: Follower = { topic, got: [], gone: 0, connections: 0 }
    const isKept = topic.startsWith("kept.")
    let last = from
    const connect = Effect.suspend(() => {
      const query = new URLSearchParams({ topic, ...(last === undefined ? {} : { after: last }) })
      return Effect.tap(
        WebSocketClient.connect(`ws://127.0.0.1:${port()}/?${query}`),
        () => Effect.sync(() => void follower.connections++)
      )
    })
    const connection = yield* Reconnecting.make(connect, { schedule, while: () => true })
    const hear = (message: string): void => {
      follower.got.push(message)
      heard(message)
    }
    const take = Effect.flatMap(connection.receive, (message) =>
      Effect.sync(() => {
        if (!isKept) return hear(String(message))
        const kept: { readonly id?: string; readonly message?: string } = JSON.parse(String(message))
        if (kept.id === undefined || kept.message === undefined) return void follower.gone++
        last = kept.id
        hear(kept.message)
      }))
    yield* Effect.forkScoped(Effect.ignore(Effect.forever(take)))
    return follower
  })
