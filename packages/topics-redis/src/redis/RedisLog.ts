/**
 * Topics that are kept, each in a stream of Redis. A message is put there and published in one step, by a script: so those who listen hear
 * of all that they can read, in that order. Its id is Redis': milliseconds and a number.
 */
import type { BackplaneUnavailable, Keeping, Log, Page, Unique } from "@effect-ws/platform/Backplane"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { Channels } from "./Channels.js"
import type { Engine } from "./Engine.js"
import { unavailable } from "./failures.js"

export class RedisLog implements Log {
  private readonly channels: Channels

  constructor(private readonly engine: Engine, prefix: string, private readonly keeping: Keeping) {
    this.channels = new Channels(prefix, keeping)
  }

  append(
    topic: string,
    bytes: Uint8Array,
    unique: Unique,
    done: (result: Either.Either<string, BackplaneUnavailable>) => void
  ): void {
    const { last, millis } = this.keeping
    const args = [
      this.channels.kept(topic),
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      String(last),
      millis === undefined ? "" : String(Math.ceil(millis)),
      this.engine.patterns ? "PUBLISH" : "SPUBLISH",
      unique.isAgain ? "again" : ""
    ]
    const stream = this.channels.stream(topic)
    this.engine.ask(stream, ["EVAL", script, "1", stream, ...args]).then(
      (id) => done(Either.right(String(id))),
      (error: unknown) => done(Either.left(unavailable(error)))
    )
  }

  last(topic: string): Effect.Effect<Option.Option<string>, BackplaneUnavailable> {
    return Effect.map(
      this.ask("XREVRANGE", this.channels.stream(topic), "+", "-", "COUNT", "1"),
      ([entry]) => Option.map(Option.fromNullable(entry), ({ id }) => id)
    )
  }

  read(topic: string, after: string | undefined, most: number): Effect.Effect<Page, BackplaneUnavailable> {
    const stream = this.channels.stream(topic)
    const oldest = this.ask("XRANGE", stream, "-", "+", "COUNT", String(most))
    if (after === undefined) return Effect.map(oldest, (entries) => ({ entries, gone: false }))
    const gone = Effect.map(oldest, (entries) => ({ entries, gone: true }))
    if (!isId(after)) return gone
    // From that one on, which tells whether it is still there.
    return Effect.flatMap(
      this.ask("XRANGE", stream, after, "+", "COUNT", String(most + 1)),
      (entries) => entries[0]?.id === after ? Effect.succeed({ entries: entries.slice(1), gone: false }) : gone
    )
  }

  isAfter(id: string, than: string): boolean {
    const [a, b] = [placeOf(id), placeOf(than)]
    return a.millis !== b.millis ? a.millis > b.millis : a.number > b.number
  }

  private ask(
    command: string,
    stream: string,
    ...rest: ReadonlyArray<string>
  ): Effect.Effect<Page["entries"], BackplaneUnavailable> {
    return Effect.map(
      Effect.tryPromise({ try: () => this.engine.ask(stream, [command, stream, ...rest]), catch: unavailable }),
      (reply) => Array.isArray(reply) ? reply.flatMap(entryOf) : []
    )
  }
}

/** Of an id and the names and values of its fields, of which ours has one. */
const entryOf = (reply: unknown): Page["entries"] => {
  if (!Array.isArray(reply)) return []
  const [id, fields]: ReadonlyArray<unknown> = reply
  const bytes: unknown = Array.isArray(fields) ? fields[1] : undefined
  return Buffer.isBuffer(id) && Buffer.isBuffer(bytes) ? [{ id: id.toString("latin1"), bytes }] : []
}

/** As Redis writes them, and no larger than it reads: what a client says is given to it. */
const isId = (text: string): boolean => /^\d{1,15}-\d{1,15}$/.test(text)

const placeOf = (id: string) => {
  const [millis = 0, number = 0] = id.split("-").map(Number)
  return { millis, number }
}

/** One that is handed over again is looked for among so many of the last. */
const mostAgain = 1000

const script = `
local stream, channel, message = KEYS[1], ARGV[1], ARGV[2]
if ARGV[6] == 'again' then
  local head = string.sub(message, 1, 14)
  for _, entry in ipairs(redis.call('XREVRANGE', stream, '+', '-', 'COUNT', ${mostAgain})) do
    if string.sub(entry[2][2], 1, 14) == head then return entry[1] end
  end
end
local id = redis.call('XADD', stream, 'MAXLEN', '~', ARGV[3], '*', 'm', message)
if ARGV[4] ~= '' then
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  redis.call('XTRIM', stream, 'MINID', '~', string.format('%.0f', math.max(0, now - tonumber(ARGV[4]))))
  redis.call('PEXPIRE', stream, ARGV[4])
end
redis.call(ARGV[5], channel, id .. '\\n' .. message)
return id
`
