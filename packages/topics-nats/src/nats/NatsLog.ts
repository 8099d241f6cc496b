/**
 * Topics that are kept, all in one stream of JetStream. It publishes what it has stored, with its place: so those who listen hear of all
 * that they can read, in that order. An id is the time at which the stream was made, as its description says, and the place.
 */
import type { BackplaneUnavailable, Keeping, Log, Page, Unique } from "@effect-ws/platform/Backplane"
import {
  DiscardPolicy,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo
} from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { isDeepStrictEqual } from "node:util"
import { away, broken, isUnheard, unavailable } from "./failures.js"

type Done = (result: Either.Either<string, BackplaneUnavailable>) => void

interface Stream {
  readonly manager: JetStreamManager
  readonly client: JetStreamClient
  /** As `madeAt` has it. */
  readonly made: number
}

/** What is put there twice within so many milliseconds is known again. */
const knownAgain = 120_000

export class NatsLog implements Log {
  private readonly name: string
  private stream: Stream | undefined = undefined
  private readonly unanswered = new Set<Done>()
  /** Told when nobody answers for the stream: it was deleted, or is without a leader. */
  private onUnheard: () => void = () => {}

  constructor(
    private readonly settings: { readonly prefix: string; readonly replicas: number },
    private readonly keeping: Keeping
  ) {
    this.name = `${settings.prefix}-kept`
  }

  /**
   * Sees to it that there is a stream as it should be. Of nodes that make it at the same time one does, and the others find it. One that
   * is as it should be is left alone: NATS may still be making it, for another node.
   */
  async use(connection: NatsConnection, onUnheard: () => void): Promise<void> {
    const manager = await jetstreamManager(connection)
    const found = await manager.streams.info(this.name)
      .catch(() => manager.streams.add(this.config(Date.now())))
      .catch((refusal: unknown) => manager.streams.info(this.name).catch(() => Promise.reject(refusal)))
    const made = madeAt(found)
    if (made === undefined) return Promise.reject(new Error(`NATS does not say when the stream ${this.name} was made`))
    const config = this.config(made)
    if (!isDeepStrictEqual({ ...found.config, ...config }, found.config)) {
      await manager.streams.update(this.name, config)
    }
    this.stream = { manager, client: manager.jetstream(), made }
    this.onUnheard = onUnheard
  }

  onBroken(): void {
    this.stream = undefined
    const lost = [...this.unanswered]
    this.unanswered.clear()
    for (const done of lost) done(Either.left(broken))
  }

  idOf(place: string): string | undefined {
    return this.stream === undefined || !/^\d+$/.test(place) ? undefined : `${this.stream.made}-${place}`
  }

  append(topic: string, bytes: Uint8Array, { origin, sequence }: Unique, done: Done): void {
    const { stream } = this
    if (stream === undefined) return done(Either.left(away))
    this.unanswered.add(done)
    const answer: Done = (result) => {
      if (this.unanswered.delete(done)) done(result)
    }
    stream.client.publish(this.subject(topic), bytes, { msgID: `${origin}-${sequence}`, timeout: 10_000 }).then(
      ({ seq }) => answer(Either.right(`${stream.made}-${seq}`)),
      (error: unknown) => {
        if (isUnheard(error)) this.onUnheard()
        answer(Either.left(unavailable(error, true)))
      }
    )
  }

  last(topic: string): Effect.Effect<Option.Option<string>, BackplaneUnavailable> {
    return this.ask(async ({ made, manager }) => {
      const last = await manager.direct.getMessage(this.name, { last_by_subj: this.subject(topic) })
      return last === null ? Option.none() : Option.some(`${made}-${last.seq}`)
    })
  }

  read(topic: string, after: string | undefined, most: number): Effect.Effect<Page, BackplaneUnavailable> {
    return this.ask(async (stream) => {
      const place = after === undefined ? 0 : placeOf(stream, after)
      if (place === undefined) return { entries: await this.from(stream, topic, 1, most), gone: true }
      const entries = await this.from(stream, topic, place + 1, most)
      // What is oldest is dropped first: if that one is there, all behind it were, while they were read.
      if (place === 0 || await this.has(stream, topic, place)) return { entries, gone: false }
      return { entries: await this.from(stream, topic, 1, most), gone: true }
    })
  }

  isAfter(id: string, than: string): boolean {
    const [[a = 0, b = 0], [c = 0, d = 0]] = [id.split("-").map(Number), than.split("-").map(Number)]
    return a !== c ? a > c : b > d
  }

  private async from({ made, manager }: Stream, topic: string, place: number, most: number): Promise<Page["entries"]> {
    const entries: Array<{ readonly id: string; readonly bytes: Uint8Array }> = []
    for (let seq = place; entries.length < most;) {
      const next = await manager.direct.getMessage(this.name, { seq, next_by_subj: this.subject(topic) })
      if (next === null) break
      entries.push({ id: `${made}-${next.seq}`, bytes: next.data })
      seq = next.seq + 1
    }
    return entries
  }

  private async has({ manager }: Stream, topic: string, seq: number): Promise<boolean> {
    const found = await manager.direct.getMessage(this.name, { seq })
    return found !== null && found.subject === this.subject(topic)
  }

  private ask<A>(of: (stream: Stream) => Promise<A>): Effect.Effect<A, BackplaneUnavailable> {
    return Effect.suspend(() => {
      const { stream } = this
      if (stream === undefined) return Effect.fail(away)
      return Effect.tryPromise({
        try: () => of(stream),
        catch: (error) => {
          if (isUnheard(error)) this.onUnheard()
          return unavailable(error, false)
        }
      })
    })
  }

  private subject(topic: string): string {
    return `${this.settings.prefix}.k.${topic}`
  }

  private config(made: number): Partial<StreamConfig> & { readonly name: string } {
    const { last, millis } = this.keeping
    const { prefix, replicas } = this.settings
    return {
      name: this.name,
      description: `${described}${made}`,
      subjects: [`${prefix}.k.>`],
      republish: { src: `${prefix}.k.>`, dest: `${prefix}.l.>` },
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      storage: StorageType.File,
      num_replicas: replicas,
      allow_direct: true,
      max_msgs_per_subject: last,
      max_age: millis === undefined ? 0 : Math.ceil(millis) * nanos,
      duplicate_window: Math.min(millis ?? knownAgain, knownAgain) * nanos
    }
  }
}

/** Of a millisecond. */
const nanos = 1_000_000

const described = "topics of effect-ws that are kept, made "

/**
 * When a stream was made, in milliseconds since 1970. `created` is right for one that we have not described. But it is the year 1 while
 * NATS 2.9 is making the stream, and another time when NATS was started again, the configuration changed, and NATS was started again.
 */
const madeAt = ({ config: { description }, created }: StreamInfo): number | undefined => {
  const said = description?.startsWith(described) === true ? description.slice(described.length) : ""
  const made = /^\d{1,15}$/.test(said) ? Number(said) : Date.parse(created)
  return made > 0 ? made : undefined
}

const placeOf = ({ made }: Stream, id: string): number | undefined => {
  const [, of, place] = /^(\d{1,15})-(\d{1,15})$/.exec(id) ?? []
  return Number(of) === made && place !== undefined ? Number(place) : undefined
}
