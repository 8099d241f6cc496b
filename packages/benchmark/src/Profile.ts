/**
 * A CPU profile of V8 -> how long each part of the program ran: the kernel's writes, Node, Effect, this library. Pure.
 *
 * @since 0.1.0
 */

/**
 * What is used of a `.cpuprofile`: `samples` names the node that ran, `timeDeltas` how many microseconds after the one before each was taken.
 *
 * @since 0.1.0
 * @category models
 */
export interface CpuProfile {
  readonly nodes: ReadonlyArray<{
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string }
  }>
  readonly samples: ReadonlyArray<number>
  readonly timeDeltas: ReadonlyArray<number>
}

/**
 * @since 0.1.0
 * @category models
 */
export type Part = typeof all[number]

/**
 * In the order in which tables have them.
 *
 * @since 0.1.0
 * @category parts
 */
export const all = [
  "writes",
  "native, reads among it",
  "other native calls",
  "garbage collection",
  "Node",
  "Effect",
  "ws",
  "this library",
  "the server's own"
] as const

/** Node's calls into libuv that write to a socket. */
const writes = /^(?:writev|writeBuffer|writeUtf8String|writeLatin1String|writeAsciiString|shutdown)$/

const partOf = ({ functionName, url }: CpuProfile["nodes"][number]["callFrame"]): Part | undefined => {
  if (functionName === "(idle)" || functionName === "(root)") return undefined
  if (functionName === "(garbage collector)") return "garbage collection"
  if (functionName === "(program)") return "native, reads among it"
  if (url === "") return writes.test(functionName) ? "writes" : "other native calls"
  if (url.startsWith("node:")) return "Node"
  if (/\/node_modules\/(?:effect|@effect)\//.test(url)) return "Effect"
  if (url.includes("/node_modules/")) return "ws"
  return url.includes("/packages/benchmark/") ? "the server's own" : "this library"
}

/**
 * The microseconds that each part ran, itself and not what it called. Idle time is no part's.
 *
 * @since 0.1.0
 * @category parts
 */
export const parts = ({ nodes, samples, timeDeltas }: CpuProfile): Record<Part, number> => {
  const partOfNode = new Map(nodes.map(({ callFrame, id }) => [id, partOf(callFrame)]))
  const times: Record<Part, number> = {
    "writes": 0,
    "native, reads among it": 0,
    "other native calls": 0,
    "garbage collection": 0,
    "Node": 0,
    "Effect": 0,
    "ws": 0,
    "this library": 0,
    "the server's own": 0
  }
  samples.forEach((id, i) => {
    const part = partOfNode.get(id)
    // A sample holds until the next one is taken.
    if (part !== undefined) times[part] += timeDeltas[i + 1] ?? 0
  })
  return times
}
