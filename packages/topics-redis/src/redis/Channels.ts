/**
 * Names of channels and streams, and what is published there. In braces stands what a cluster goes by, up to the first that closes, if
 * there is anything: so all of one topic is on one shard, also if the topic begins with a brace.
 *
 *     prefix t:{.topic}   a message
 *     prefix k:{.topic}   one of a topic that is kept: its id, a line feed, the message
 *     prefix s:{.topic}   the stream of such a topic
 */
import type { Keeping } from "@effect-ws/platform/Backplane"

export interface Heard {
  readonly topic: string
  readonly bytes: Uint8Array
  readonly id: string | undefined
}

export class Channels {
  constructor(private readonly prefix: string, private readonly keeping: Keeping | undefined) {}

  live(topic: string): string {
    return `${this.prefix}t:{.${topic}}`
  }

  kept(topic: string): string {
    return `${this.prefix}k:{.${topic}}`
  }

  stream(topic: string): string {
    return `${this.prefix}s:{.${topic}}`
  }

  /** What to listen to for a topic, or a pattern: Redis' `*` stands for anything, so that more may come than was asked for. */
  of(name: string): ReadonlyArray<string> {
    if (!this.isPattern(name)) return [this.keeping?.isKept(name) === true ? this.kept(name) : this.live(name)]
    const glob = name.split(".").map((part) => part === "*" || part === ">" ? "*" : escaped(part)).join(".")
    const before = escaped(this.prefix)
    return this.keeping === undefined ? [`${before}t:{.${glob}}`] : [`${before}t:{.${glob}}`, `${before}k:{.${glob}}`]
  }

  isPattern(name: string): boolean {
    return name.split(".").some((part) => part === "*" || part === ">")
  }

  read(channel: string, payload: Buffer): Heard | undefined {
    const kind = channel.slice(this.prefix.length, this.prefix.length + 4)
    const topic = channel.slice(this.prefix.length + 4, -1)
    if (!channel.startsWith(this.prefix) || !channel.endsWith("}")) return undefined
    if (kind === "t:{.") return { topic, bytes: payload, id: undefined }
    const end = payload.indexOf(0x0a)
    if (kind !== "k:{." || end < 0) return undefined
    return { topic, bytes: payload.subarray(end + 1), id: payload.toString("latin1", 0, end) }
  }
}

const escaped = (text: string): string => text.replace(/[\\[\]*?^-]/g, "\\$&")
