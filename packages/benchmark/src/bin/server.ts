/**
 * A server's process: listens as the contestants it is told to be, says where, and then what it has used.
 */
import { writeFile } from "node:fs/promises"
import { Session } from "node:inspector/promises"
import * as Contestant from "../Contestant.js"
import * as FanOut from "../FanOut.js"
import { selfSigned } from "../internal/certificate.js"
import { answer, type Flag, type ServerOrder } from "../Orders.js"
import type { Settings } from "../servers/settings.js"

/** Loads only what it serves with: `raw` nothing of Effect. */
const echo = async (contestant: Contestant.Contestant, settings: Settings): Promise<number> => {
  if (contestant === "raw") return (await import("../servers/raw.js")).listen(settings)
  if (contestant === "ws" || contestant === "ws-as-ours" || contestant === "ws-text") {
    return (await import("../servers/ws.js")).listen({
      ...settings,
      levels: contestant === "ws-as-ours" ? "ours" : "defaults",
      text: contestant === "ws-text" ? "string" : "octets"
    })
  }
  // The larger a process is, the sooner and longer V8 collects garbage: whatever it serves with.
  const ours = await import("../servers/effectWs.js")
  if (contestant === "ws-in-effect") return (await import("../servers/ws.js")).listen(settings)
  return ours.listen(contestant, settings)
}

const fanOut = async (way: FanOut.Way, settings: Settings): Promise<number> =>
  way === "ws"
    ? (await import("../servers/ws.js")).listenFanOut(settings)
    : (await import("../servers/fanOut.js")).listen(way, settings)

/** A single collection leaves behind what was only just let go of. */
const collectGarbage = async (): Promise<void> => {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const usage = async (collect: boolean): Promise<object> => {
  if (collect) await collectGarbage()
  const { minorPageFault, systemCPUTime, userCPUTime } = process.resourceUsage()
  const { arrayBuffers, heapUsed, rss } = process.memoryUsage()
  return {
    cpu: userCPUTime + systemCPUTime,
    user: userCPUTime,
    system: systemCPUTime,
    faults: minorPageFault,
    heap: heapUsed,
    buffers: arrayBuffers,
    rss
  }
}

const inspector = new Session()

const startProfile = async (): Promise<object> => {
  inspector.connect()
  await inspector.post("Profiler.enable")
  await inspector.post("Profiler.start")
  return { done: true }
}

const writeProfile = async (file: string): Promise<object> => {
  const { profile } = await inspector.post("Profiler.stop")
  await writeFile(file, JSON.stringify(profile))
  return { done: true }
}

const carryOut = (order: ServerOrder): Promise<object> => {
  switch (order._tag) {
    case "Usage":
      return usage(order.collect)
    case "Profile":
      return startProfile()
    case "WriteProfile":
      return writeProfile(order.file)
  }
}

const listen = (name: string, flags: ReadonlyArray<string>): Promise<number> => {
  const has = (flag: Flag): boolean => flags.includes(flag)
  const settings = { compression: has("compression"), tls: has("tls") ? selfSigned() : undefined }
  const way = FanOut.find(name)
  if (has("fan-out") && way !== undefined) return fanOut(way, settings)
  const contestant = Contestant.find(name)
  if (contestant === undefined) throw new Error(`no contestant ${name}`)
  return echo(contestant, settings)
}

const [names = "", ...flags] = process.argv.slice(2)
answer(carryOut)
process.send?.({ ports: await Promise.all(names.split(",").map((name) => listen(name, flags))) })
