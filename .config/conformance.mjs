/**
 * Whether our echo service and our client do as they should in every case, with the library's defaults: starts both, has them
 * examined, and compares with `packages/conformance/expected/`. Reports go to `reports/`.
 *
 *     npm run conformance [-- --cases '6.*,7.7.*']     all further arguments go to the examiner
 *
 * Exits with 1 on any difference.
 */
import { once } from "node:events"
import { examiner, service, start, testee, untilEnd } from "./peers.mjs"

const more = process.argv.slice(2)
const expected = (role) => ["--beyond", "--expected", `packages/conformance/expected/${role}.json`]

/** The service as a server under test. */
const server = async () => {
  const echo = await start(service, false)
  try {
    const args = ["client", "--url", echo.url, "--agent", "effect-ws", ...expected("server"), ...more]
    return await untilEnd([...examiner, ...args])
  } finally {
    echo.process.kill("SIGINT")
    await once(echo.process, "exit")
  }
}

/** The client under test; the examiner ends when it asks for the reports. */
const client = async () => {
  const fuzzing = await start([...examiner, "server", "--port", "0", "--once", ...expected("client"), ...more], true)
  const ended = once(fuzzing.process, "exit")
  const code = await untilEnd([...testee, "--agent", "effect-ws", "--concurrency", "8", fuzzing.url], "ignore")
  if (code !== 0) fuzzing.process.kill("SIGINT")
  const [examined] = await ended
  return code || examined
}

const began = performance.now()
const codes = [await server(), await client()]
console.log(`\n${((performance.now() - began) / 1000).toFixed(1)} s`)
process.exitCode = Math.max(...codes)
