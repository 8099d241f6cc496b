/**
 * Runs the reference, Autobahn|Testsuite, against our echo service and our client, has our own suite do the same, and prints case by
 * case where the verdicts differ. Reports go to `reports/autobahn/` and `reports/ours/`.
 *
 *     npm run autobahn [-- '6.*' '7.7.*']     patterns of cases; all, without any
 *
 * The reference is the command that `WSTEST` names, else `wstest` on the PATH, else the Docker image
 * crossbario/autobahn-testsuite. Exits with 2 when there is none, with 1 on any difference.
 */
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createConnection } from "node:net"
import { join } from "node:path"
import { examiner, root, service, start, testee, untilEnd } from "./peers.mjs"

const cases = process.argv.length > 2 ? process.argv.slice(2) : ["*"]
const image = "crossbario/autobahn-testsuite"
const folder = join(root, "reports/autobahn")
/** The reference insists on the port that its configuration names. */
const fuzzingPort = 9001

const works = (command, args) => {
  try {
    execFileSync(command, args, { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

/** How to call the reference, and where it sees our folder; `undefined` when it is not to be had. */
const reference = () => {
  const named = process.env.WSTEST
  if (named !== undefined && named !== "") return { command: named.split(" "), seen: folder }
  if (works("wstest", ["--help"])) return { command: ["wstest"], seen: folder }
  if (!works("docker", ["info"])) return undefined
  const mount = ["-v", `${folder}:/reports`]
  return {
    command: ["docker", "run", "--rm", "--init", "--network", "host", ...mount, image, "wstest"],
    seen: "/reports"
  }
}

const run = ({ command: [first, ...rest], seen }, mode, spec) => {
  const name = `${mode}.json`
  writeFileSync(join(folder, name), JSON.stringify(spec, undefined, 2))
  return spawn(first, [...rest, "-m", mode, "-s", `${seen}/${name}`], { stdio: ["ignore", "ignore", "inherit"] })
}

const server = async (wstest) => {
  const echo = await start(service, false)
  try {
    const servers = [{ agent: "effect-ws", url: echo.url }]
    await once(run(wstest, "fuzzingclient", { servers, outdir: `${wstest.seen}/servers`, cases }), "exit")
    const args = ["client", "--url", echo.url, "--agent", "effect-ws", "--outdir", "reports/ours/servers"]
    await untilEnd([...examiner, ...args, "--cases", cases.join(",")], "ignore")
  } finally {
    echo.process.kill("SIGINT")
    await once(echo.process, "exit")
  }
}

const client = async (wstest) => {
  const url = `ws://127.0.0.1:${fuzzingPort}`
  const fuzzing = run(wstest, "fuzzingserver", { url, outdir: `${wstest.seen}/clients`, cases })
  const ended = once(fuzzing, "exit")
  await listening(fuzzingPort)
  await untilEnd([...testee, "--agent", "effect-ws", url], "ignore")
  fuzzing.kill("SIGTERM")
  await ended
  const args = ["server", "--port", "0", "--once", "--outdir", "reports/ours/clients", "--cases", cases.join(",")]
  const ours = await start([...examiner, ...args], false)
  const over = once(ours.process, "exit")
  await untilEnd([...testee, "--agent", "effect-ws", ours.url], "ignore")
  await over
}

/** Until somebody listens there, for a minute at most: an image may have to be fetched. */
const listening = async (port) => {
  for (let i = 0; i < 240; i++) {
    const socket = createConnection({ port, host: "127.0.0.1" })
    const open = await Promise.race([once(socket, "connect").then(() => true), once(socket, "error").then(() => false)])
      .catch(() => false)
    socket.destroy()
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error("the reference does not listen")
}

const verdicts = (file) => Object.values(JSON.parse(readFileSync(join(root, file), "utf8")))[0] ?? {}

/** Durations and codes may differ; verdicts may not. */
const compare = (role) => {
  const [theirs, ours] = [verdicts(`reports/autobahn/${role}/index.json`), verdicts(`reports/ours/${role}/index.json`)]
  const both = (of) => of === undefined ? "not run" : `${of.behavior}/${of.behaviorClose}`
  const ids = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])]
  const different = ids.filter((id) => both(theirs[id]) !== both(ours[id]))
  console.log(`\n${role}: ${ids.length} cases, ${different.length} verdicts differ`)
  for (const id of different) console.log(`  ${id.padEnd(8)} Autobahn ${both(theirs[id])}, ours ${both(ours[id])}`)
  return different.length
}

const wstest = reference()
if (wstest === undefined) {
  console.error(
    `The reference suite is not to be had: WSTEST is not set, there is no wstest on the PATH, and no Docker to run ${image}.`
  )
  process.exitCode = 2
} else {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  await server(wstest)
  await client(wstest)
  process.exitCode = compare("servers") + compare("clients") === 0 ? 0 : 1
}
