/**
 * The chat's server: rooms, who is in them, and the last 50 lines of each. In: any `WebSocketServer`. Out: an Effect
 * that serves until it is interrupted.
 *
 * Nobody waits for a slow visitor: if its outbox is full, it is cut, connects again, and gets the history.
 */
import type { Connection } from "@effect-ws/connection/Connection"
import { PreparedMessage } from "@effect-ws/connection/Message"
import * as TypedConnection from "@effect-ws/platform/TypedConnection"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Event, eventAsText, type Line, type Say, sayAsText, Visitor } from "./Messages.js"

interface Room {
  readonly people: Map<Connection, string>
  readonly history: Array<Line>
}

/** How many lines a newcomer gets. */
const kept = 50
/** How many empty rooms to keep, with what was said in them. */
const emptyRooms = 100

export const serve = Effect.suspend(() => {
  const rooms = new Map<string, Room>()
  return WebSocketServer.serve({
    // A visitor without a name is refused before there is a connection.
    accept: ({ query }) =>
      Schema.decodeUnknown(Visitor)({ room: query.get("room"), name: query.get("name") }).pipe(
        Effect.map((value) => ({ value })),
        Effect.mapError((error) => new WebSocketServer.Refusal({ status: 400, body: error.message }))
      ),
    handler: (connection: Connection, visitor: Visitor) => {
      const room = find(rooms, visitor.room)
      const { run } = TypedConnection.make(connection, {
        incoming: sayAsText,
        outgoing: eventAsText,
        closeOnUnreadable: 1008
      })
      return Effect.acquireUseRelease(
        enter(room, connection, visitor.name),
        () => run((say) => hear(room, visitor.name, say)),
        () => leave(room, connection, visitor.name)
      ).pipe(Effect.ignore) // it was lost, or closed for what it sent: that ends the visit, and is not our failure
    }
  })
})

const enter = (room: Room, connection: Connection, name: string) =>
  Effect.suspend(() => {
    const isNew = !namesIn(room).includes(name) // the same name twice is somebody with two pages
    room.people.set(connection, name)
    const people = namesIn(room)
    connection.trySend(encode({ _tag: "Welcome", people, history: room.history }))
    return isNew ? tell(room, { _tag: "Came", name, people }, connection) : Effect.void
  })

const hear = (room: Room, name: string, { text }: Say) =>
  Effect.flatMap(Clock.currentTimeMillis, (at) => {
    const line = { name, text, at }
    room.history.push(line)
    if (room.history.length > kept) room.history.shift()
    return tell(room, { _tag: "Said", line })
  })

const leave = (room: Room, connection: Connection, name: string) =>
  Effect.suspend(() => {
    room.people.delete(connection)
    const people = namesIn(room)
    return people.includes(name) ? Effect.void : tell(room, { _tag: "Left", name, people })
  })

/** Sends to all but one, waits for nobody, and cuts those who do not keep up. */
const tell = (room: Room, event: Event, except?: Connection) => {
  const message = new PreparedMessage(encode(event)) // encoded once for all
  const slow = [...room.people.keys()].filter((one) => one !== except && one.trySend(message) === "full")
  return Effect.forEach(slow, (one) => one.abort("it does not keep up"), { concurrency: "unbounded", discard: true })
}

const encode = Schema.encodeSync(eventAsText)

const namesIn = ({ people }: Room): ReadonlyArray<string> => [...new Set(people.values())].sort()

/** The room of this name. A new room may replace the oldest empty one. */
const find = (rooms: Map<string, Room>, name: string): Room => {
  const known = rooms.get(name)
  if (known !== undefined) return known
  const empty = [...rooms].filter(([, { people }]) => people.size === 0)
  for (const [old] of empty.slice(0, Math.max(0, empty.length - emptyRooms + 1))) rooms.delete(old)
  const room: Room = { people: new Map(), history: [] }
  rooms.set(name, room)
  return room
}
