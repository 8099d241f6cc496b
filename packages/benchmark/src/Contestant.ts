/**
 * Who is measured: echo servers, each in a process of its own. Data only; `bin/server` starts them.
 *
 * @since 0.1.0
 */
import type { Load } from "./Load.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Contestant = typeof all[number]["name"]

/**
 * The floor, the peer, and ours in every way that a user would write an echo.
 *
 * @since 0.1.0
 * @category contestants
 */
export const all = [
  { name: "raw", says: "node:net, or zlib, alone, one write a read: the floor" },
  { name: "ws", says: "ws with bufferutil" },
  { name: "ws-text", says: "the same, with toString of each text, and sending the string" },
  { name: "ws-in-effect", says: "the same, in a process that has loaded what ours has" },
  { name: "ws-as-ours", says: "ws, compressing with our level and memLevel" },
  { name: "run", says: "connection.run(trySend)" },
  { name: "run-bytes", says: "the same, with text as bytes" },
  { name: "run-pooled", says: "the same as run, with small messages in memory that they share" },
  { name: "run-effect", says: "connection.run(send)" },
  { name: "pull", says: "reader.pull, sendAll" },
  { name: "sink", says: "Stream.run(messages, sink)" },
  { name: "chunks", says: "Stream.runForEachChunk(messages, sendAll)" },
  { name: "serve-messages", says: "serveMessages(trySend)" },
  { name: "run-logged-some", says: "the same as run, with a WireLog that records one connection in a hundred" },
  { name: "run-logged-all", says: "the same, and it records all" }
] as const

/**
 * The one that all are compared to.
 *
 * @since 0.1.0
 * @category contestants
 */
export const peer: Contestant = "ws"

/**
 * Those that are measured only when they are asked for by name.
 *
 * @since 0.1.0
 * @category contestants
 */
export const onDemand: ReadonlyArray<string> = ["run-logged-some", "run-logged-all"]

/**
 * Those of which there is one for each edition: all that have anything of Effect in their process.
 *
 * @since 0.1.0
 * @category contestants
 */
export const hasEditions = (name: string): boolean => !["raw", "ws", "ws-text", "ws-as-ours"].includes(name)

/**
 * Those whose idle connections are weighed: one for each way in which a connection is held.
 *
 * @since 0.1.0
 * @category contestants
 */
export const weighed: ReadonlyArray<Contestant> = ["ws", "serve-messages", "run", "pull", "sink"]

/**
 * Those of whose connections the contexts are weighed.
 *
 * @since 0.1.0
 * @category contestants
 */
export const contextual: ReadonlyArray<Contestant> = ["ws", "run-effect"]

/**
 * Who can be put through a load: those that compress when it is compressed, one for each way to read; those that differ in text
 * when it is text.
 *
 * @since 0.1.0
 * @category contestants
 */
export const takes = (load: Load) => (contestant: Contestant): boolean =>
  load.compression !== undefined
    ? compressing.includes(contestant)
    : contestant !== "ws-as-ours" && (!ofText.includes(contestant) || load.kind === "text") &&
      (contestant !== "run-pooled" || load.kind === "binary")

/** They differ from others in what they do with text. */
const ofText: ReadonlyArray<Contestant> = ["ws-text", "run-bytes"]

const compressing: ReadonlyArray<Contestant> = ["raw", "ws", "ws-as-ours", "run-effect", "pull", "sink"]

/**
 * @since 0.1.0
 * @category contestants
 */
export const find = (name: string): Contestant | undefined => all.find((one) => one.name === name)?.name
