/**
 * A server's process: listens as the contestant it is told to be, says where, and then what it has used.
 */
import * as Contestant from "../Contestant.js"
import { answer, type ServerOrder } from "../Orders.js"

const listenAs = async (contestant: Contestant.Contestant, compression: boolean): Promise<number> => {
  if (contestant === "raw") return (await import("../servers/raw.js")).listen(compression)
  if (contestant === "ws" || contestant === "ws-as-ours") {
    return (await import("../servers/ws.js")).listen(compression && (contestant === "ws" ? "defaults" : "ours"))
  }
  // The larger a process is, the sooner and longer V8 collects garbage: whatever it serves with.
  const ours = await import("../servers/effectWs.js")
  if (contestant === "ws-in-effect") return (await import("../servers/ws.js")).listen(compression && "defaults")
  return ours.listen(contestant, compression)
}

/** A single collection leaves behind what was only just let go of. */
const collectGarbage = async (): Promise<void> => {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const usage = async ({ collect }: ServerOrder): Promise<object> => {
  if (collect) await collectGarbage()
  const { system, user } = process.cpuUsage()
  const { arrayBuffers, heapUsed, rss } = process.memoryUsage()
  return { cpu: user + system, heap: heapUsed, buffers: arrayBuffers, rss }
}

const contestant = Contestant.find(process.argv[2] ?? "")
if (contestant === undefined) throw new Error(`no contestant ${process.argv[2]}`)
answer(usage)
process.send?.({ port: await listenAs(contestant, process.argv[3] === "compression") })
