/**
 * Whether our echo service and our client do as they should in every case, with the library's defaults: starts both, has them
 * examined, and compares with `packages/conformance/expected/`. Reports go to `reports/`.
 *
 *     npm run conformance [-- --cases '6.*,7.7.*']     all further arguments go to the examiner
 *     npm run conformance -- --peer ws                 `ws` in their place, which fails some, and these only
 *     npm run conformance -- --peer effect-4           those of the Effect 4 edition, which `npm run effect4` has written
 *     npm run conformance -- --peer deno               ours, run by Deno, or by bun, node-22 or node-24: `npm run hosts` installs them
 *     npm run conformance -- --http2                   over HTTP/2 (h2c), with the same expectations
 *     npm run conformance -- --update                  what is found becomes what is expected
 *
 * Exits with 1 on any difference.
 */
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { hosts } from "./hosts.mjs"
import { examiner, main, root, service, start, testee, untilEnd, Unusable } from "./peers.mjs"

const edition = "packages/effect4/out/packages/example-echo/dist/bin"
const ours = { service, testee, expected: "", chapters: ["--beyond"], host: undefined }
const peers = {
  "effect-ws": ours,
  ...Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, { ...ours, host }])),
  // As of the other edition, case by case.
  "effect-4": {
    ...ours,
    service: [`${edition}/serve.js`, ...service.slice(1)],
    testee: [`${edition}/testee.js`]
  },
  // What it should say of chapters that are ours, nobody knows.
  ws: {
    ...ours,
    service: [".config/ws-peer.mjs", "server"],
    testee: [".config/ws-peer.mjs", "client"],
    expected: "ws-",
    chapters: []
  }
}

const [option, named, ...rest] = process.argv.slice(2)
const name = option === "--peer" ? named : "effect-ws"
/** The name that verdicts are kept under: one for all that is ours. */
const agent = name === "ws" ? name : "effect-ws"
const more = option === "--peer" ? rest : process.argv.slice(2)
const peer = peers[name]
/** The examiner knows it, as do the service and the client. */
const version = more.includes("--http2") ? ["--http2"] : []

const expectedFile = (role) => `packages/conformance/expected/${peer.expected}${role}.json`
const expected = (role) => [...peer.chapters, "--expected", expectedFile(role)]

/** The service as a server under test. */
const server = async () => {
  const echo = await start([...peer.service, ...version], false, peer.host)
  try {
    const args = ["client", "--url", echo.url, "--agent", agent, ...expected("server"), ...more]
    return await untilEnd([...examiner, ...args])
  } finally {
    echo.process.kill("SIGINT")
    await once(echo.process, "exit")
  }
}

/** The client under test; the examiner ends when it asks for the reports. */
const client = async (concurrency, outdir, which) => {
  const args = ["server", "--port", "0", "--once", "--outdir", outdir, ...expected("client"), ...which]
  const fuzzing = await start([...examiner, ...args], true)
  const ended = once(fuzzing.process, "exit")
  // Its exit code is 1 when a connection did not open, and that is what some cases are about.
  await untilEnd(
    [...peer.testee, ...version, "--agent", agent, "--concurrency", concurrency, fuzzing.url],
    "ignore",
    peer.host
  )
  const timer = setTimeout(() => fuzzing.process.kill("SIGINT"), 60_000)
  const [examined] = await ended
  clearTimeout(timer)
  return examined ?? 130
}

/**
 * Cases that run side by side take each other's time: what is not as expected is examined once more, alone, and only what is found
 * then becomes what is expected.
 */
const clientSettled = async () => {
  const first = await client("8", "reports/clients", more.filter((arg) => arg !== "--update"))
  if (first !== 1) return first
  const [found, wanted] = ["reports/clients/index.json", expectedFile("client")].map(verdicts)
  const different = (await chosen()).filter((id) =>
    found[id]?.behavior !== wanted[id]?.behavior || found[id]?.behaviorClose !== wanted[id]?.behaviorClose
  )
  const update = more.includes("--update") ? ["--update"] : []
  if (different.length === 0 || (different.length > 24 && update.length === 0)) return first
  console.log(`\nexamined again, alone: ${different.join(", ")}`)
  return client("1", "reports/clients/again", [...version, ...update, "--cases", different.join(",")])
}

/** The cases that a client is asked for: one that never came for its case is to come again. */
const chosen = async () => {
  const { Selection } = await import("../packages/conformance/dist/index.js")
  const patterns = (option) => more.includes(option) ? more[more.indexOf(option) + 1].split(",") : undefined
  const selected = Selection.select({
    ...Selection.everything,
    include: patterns("--cases") ?? Selection.everything.include,
    exclude: patterns("--exclude") ?? [],
    beyond: peer.chapters.includes("--beyond"),
    http2: version.length > 0
  }, "client")
  return selected._tag === "Selected" ? selected.cases.map(({ id }) => id) : []
}

const verdicts = (file) => JSON.parse(readFileSync(join(root, file), "utf8"))[agent] ?? {}

await main(async () => {
  if (peer === undefined) throw new Unusable(`no peer ${name}: it is one of ${Object.keys(peers).join(", ")}`)
  const began = performance.now()
  const first = await server()
  // What the examiner did not understand, it has said.
  if (first === 2) return first
  const codes = [first, await clientSettled()]
  console.log(`\n${((performance.now() - began) / 1000).toFixed(1)} s`)
  return Math.max(...codes)
})
