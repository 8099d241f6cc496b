/** Of topics, in the table of limits in docs/reference/security.md: what bounds memory and time. */
import type { Defence } from "./Defence.js"

const topics = "platform/test/Topics.test.ts"
const away = ["platform/test/MemoryBackplane.test.ts", "waits for no longer, and for no more, than it may"] as const
const log = "platform/test/MemoryLog.test.ts"
const presence = ["platform/test/Presence.test.ts", "is gone within the timeout"] as const

export const ofTopics: ReadonlyArray<Defence> = [
  {
    against: "names that a connection subscribes to",
    edit: { never: "Either.left(new TooManySubscriptions({ limit: this.maxSubscriptions }))" },
    test: [topics, "is refused beyond the limit"]
  },
  {
    against: "messages of a subscription that wait for a slow peer",
    part: "their number",
    edit: { drop: "this.waiting.size > this.most", in: "Backlog.add" },
    test: [topics, "loses the oldest"]
  },
  {
    against: "messages of a subscription that wait for a slow peer",
    part: "their bytes",
    edit: { drop: "this.bytes > this.size", in: "Backlog.add" },
    test: [topics, "keeps no more bytes waiting than it may"]
  },
  {
    against: "messages that wait for a backplane, or its answer",
    part: "their bytes",
    edit: { replace: "this.size > waitingSize", by: "this.size > 2 * waitingSize", in: "Outlet.send" },
    test: away
  },
  {
    against: "messages that wait for a backplane, or its answer",
    part: "their time",
    edit: { replace: "this.isWatched = true", by: "return", in: "Outlet.watch" },
    test: away,
    shows: "a hang"
  },
  {
    against: "topics that are kept in memory",
    part: "their messages",
    edit: { replace: "this.size > this.most", by: "this.size > 1000 * this.most", in: "MemoryLog.append" },
    test: [log, "tells that messages are gone"]
  },
  {
    against: "topics that are kept in memory",
    part: "their names",
    edit: { drop: "this.topics.delete(topic)", in: "MemoryLog.drop" },
    test: [log, "knows nothing any more"],
    shows: "a hang"
  },
  {
    against: "members of a process that is not heard of",
    edit: { drop: "heardAt < since", in: "Party.beat" },
    test: presence
  },
  {
    against: "members of a process that is not heard of",
    part: "their time",
    edit: { never: "this.onChange(topic)", in: "Party.beat" },
    test: presence
  }
]
