/** The program of pages on hosts that are no browsers, and have a WebSocket of their own. Part of `npm run test:long`. */
import { describe, it } from "@effect/vitest"
import { hosts, isInstalled, starting } from "./browsers/hosts.js"
import { behaves } from "./browsers/visit.js"

const isLong = process.env["LONG"] !== undefined

describe("the client over the WebSocket of", () => {
  for (const host of hosts) {
    const isThere = isInstalled(host)
    if (isLong && !isThere) console.warn(`no ${host.name}: its test is skipped; npm run hosts installs it`)

    const abilities = { canWait: false, mayLoseLastWords: host.name.startsWith("Node") }
    it.scopedLive.skipIf(!isLong || !isThere)(host.name, () => behaves(starting(host), abilities), 180_000)
  }
})
