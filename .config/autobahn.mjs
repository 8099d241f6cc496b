/**
 * Runs the reference, Autobahn|Testsuite, against our echo service and our client, has our own suite do the same, and prints case by
 * case where the verdicts differ. Reports go to `reports/autobahn/` and `reports/ours/`, or below the folder that `REPORTS` names.
 *
 *     npm run autobahn [-- '6.*' '7.7.*']     patterns of cases; all, without any
 *
 * The reference is the command that `WSTEST` names, its arguments separated by blanks; else `wstest` on the PATH, else the Docker image
 * crossbario/autobahn-testsuite. Exits with 1 on any difference, and with 2 when there is nothing to compare: no such case, no
 * reference, or one that ends without a report.
 */
import { spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createConnection, createServer } from "node:net"
import { join, resolve } from "node:path"
import { examiner, launch, main, root, service, start, testee, untilEnd, Unusable } from "./peers.mjs"

const image = "crossbario/autobahn-testsuite"
const reports = resolve(root, process.env.REPORTS ?? "reports")
const folder = join(reports, "autobahn")
/** Milliseconds to answer `--help`, to listen (an image may have to be fetched), to end when told so, and to examine all. */
const limits = { help: 60_000, listen: 60_000, end: 10_000, run: 60 * 60_000 }

/**
 * The ids of the reference's own cases that fit the patterns. It is told ids, since it does not end when a pattern fits none.
 */
const idsOf = async (patterns) => {
  const [Cases, Selection] = await Promise.all(
    ["Cases", "cases/Selection"].map((name) => import(`../packages/conformance/dist/${name}.js`))
  )
  const known = new Set(Cases.autobahn.map(({ id }) => id))
  const fitting = (include) => {
    const selected = Selection.select({ ...Selection.everything, include }, "server")
    return selected._tag === "Selected" ? selected.cases.map(({ id }) => id).filter((id) => known.has(id)) : []
  }
  for (const pattern of patterns) {
    if (fitting([pattern]).length === 0) throw new Unusable(`no case of Autobahn|Testsuite fits ${pattern}`)
  }
  return fitting(patterns)
}

/** Why a command cannot be run; `undefined` when it can. */
const whyNot = ([first, ...rest]) => {
  const { error, signal, status } = spawnSync(first, rest, { stdio: "ignore", timeout: limits.help })
  if (error !== undefined) return error.message
  return status === 0 ? undefined : `it ended with ${status ?? signal}`
}

/** How to call the reference, and where it sees our folder. */
const reference = () => {
  const named = (process.env.WSTEST ?? "").split(" ").filter((part) => part !== "")
  if (named.length > 0) {
    const why = whyNot([...named, "--help"])
    if (why !== undefined) throw new Unusable(`WSTEST names ${named.join(" ")}, which does not answer --help: ${why}`)
    return { command: named, seen: folder }
  }
  if (whyNot(["wstest", "--help"]) === undefined) return { command: ["wstest"], seen: folder }
  if (whyNot(["docker", "info"]) !== undefined) {
    throw new Unusable(
      `no reference suite: WSTEST is not set, there is no wstest on the PATH, and no Docker to run ${image}`
    )
  }
  const mount = ["-v", `${folder}:/reports`]
  return {
    command: ["docker", "run", "--rm", "--init", "--network", "host", ...mount, image, "wstest"],
    seen: "/reports"
  }
}

/** Starts the reference; `ended` is complete with its exit code, or with the name of the signal that ended it. */
const run = ({ command: [first, ...rest], seen }, mode, spec) => {
  const name = `${mode}.json`
  writeFileSync(join(folder, name), JSON.stringify(spec, undefined, 2))
  const child = launch(first, [...rest, "-m", mode, "-s", `${seen}/${name}`], {
    stdio: ["ignore", "ignore", "inherit"]
  })
  const timer = setTimeout(() => child.kill("SIGKILL"), limits.run)
  const ended = once(child, "exit").then(([code, signal]) => code ?? signal, ({ message }) => message)
  void ended.then(() => clearTimeout(timer))
  return { child, ended }
}

const server = async (wstest, cases) => {
  const echo = await start(service, false)
  try {
    const servers = [{ agent: "effect-ws", url: echo.url }]
    const how = await run(wstest, "fuzzingclient", { servers, outdir: `${wstest.seen}/servers`, cases }).ended
    const theirs = verdicts("autobahn/servers", how)
    const args = ["client", "--url", echo.url, "--agent", "effect-ws", "--outdir", join(reports, "ours/servers")]
    await untilEnd([...examiner, ...args, "--cases", cases.join(",")], "ignore")
    return compare("servers", theirs)
  } finally {
    echo.process.kill("SIGINT")
    await once(echo.process, "exit")
  }
}

const client = async (wstest, cases) => {
  // The reference insists on the port that its configuration names.
  const port = await freePort()
  const url = `ws://127.0.0.1:${port}`
  const fuzzing = run(wstest, "fuzzingserver", { url, outdir: `${wstest.seen}/clients`, cases })
  await listening(port, fuzzing.ended)
  await untilEnd([...testee, "--agent", "effect-ws", url], "ignore")
  fuzzing.child.kill("SIGTERM")
  const timer = setTimeout(() => fuzzing.child.kill("SIGKILL"), limits.end)
  const how = await fuzzing.ended
  clearTimeout(timer)
  const theirs = verdicts("autobahn/clients", how)
  const outdir = join(reports, "ours/clients")
  const args = ["server", "--port", "0", "--once", "--outdir", outdir, "--cases", cases.join(",")]
  const ours = await start([...examiner, ...args], false)
  const over = once(ours.process, "exit")
  await untilEnd([...testee, "--agent", "effect-ws", ours.url], "ignore")
  await over
  return compare("clients", theirs)
}

const freePort = async () => {
  const probe = createServer().listen(0, "127.0.0.1")
  await once(probe, "listening")
  const { port } = probe.address()
  probe.close()
  await once(probe, "close")
  return port
}

/** Until the reference listens there, unless it ends before. */
const listening = async (port, ended) => {
  let how
  void ended.then((code) => (how = code))
  for (let i = 0; i < limits.listen / 250; i++) {
    const socket = createConnection({ port, host: "127.0.0.1" })
    const open = await once(socket, "connect").then(() => true, () => false)
    socket.destroy()
    if (open) return
    if (how !== undefined) throw new Unusable(`the reference ended with ${how} before it listened`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Unusable(`the reference did not listen within ${limits.listen / 1000} s`)
}

/** What a run has reported. */
const verdicts = (outdir, how) => {
  const file = join(reports, outdir, "index.json")
  try {
    return Object.values(JSON.parse(readFileSync(file, "utf8")))[0] ?? {}
  } catch {
    throw new Unusable(`the reference ended with ${how} and wrote no ${file} that can be read: is it wstest?`)
  }
}

/** Durations and codes may differ; verdicts may not. */
const compare = (role, theirs) => {
  const ours = verdicts(`ours/${role}`, "what it found")
  const both = (of) => of === undefined ? "not run" : `${of.behavior}/${of.behaviorClose}`
  const ids = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])]
  const different = ids.filter((id) => both(theirs[id]) !== both(ours[id]))
  console.log(`\n${role}: ${ids.length} cases, ${different.length} verdicts differ`)
  for (const id of different) console.log(`  ${id.padEnd(8)} Autobahn ${both(theirs[id])}, ours ${both(ours[id])}`)
  return different.length
}

await main(async () => {
  const cases = await idsOf(process.argv.length > 2 ? process.argv.slice(2) : ["*"])
  const wstest = reference()
  for (const of of [folder, join(reports, "ours")]) rmSync(of, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const different = await server(wstest, cases) + await client(wstest, cases)
  return different === 0 ? 0 : 1
})
