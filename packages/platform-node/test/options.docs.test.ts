/** docs/reference/options.md has a row for each option, with the unit, the default and the range by which the code judges; pages have a test of their own. */
import { describe, expect, it } from "@effect/vitest"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import type { Rule } from "@effect-ws/codec/Options"
import * as Limits from "@effect-ws/connection/Limits"
import * as Connecting from "@effect-ws/platform/host/Connecting"
import * as Serving from "@effect-ws/platform/host/Serving"
import * as Inspector from "@effect-ws/platform/Inspector"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as Presence from "@effect-ws/platform/Presence"
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as Telemetry from "@effect-ws/platform/Telemetry"
import * as Topics from "@effect-ws/platform/Topics"
import * as TypedConnection from "@effect-ws/platform/TypedConnection"
import * as WireLog from "@effect-ws/platform/WireLog"
import * as NodeDeflate from "@effect-ws/platform-node/NodeDeflate"
import * as NodeInspector from "@effect-ws/platform-node/NodeInspector"
import * as Duration from "effect/Duration"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import * as client from "../src/client/settings.js"
import * as server from "../src/server/settings.js"

const page = readFileSync(resolve(import.meta.dirname, "../../../docs/reference/options.md"), "utf8")
  .replace(/^## Pages$[^]*?(?=^## )/m, "")

const tables: ReadonlyArray<readonly [prefix: string, table: Readonly<Record<string, Rule<unknown>>>]> = [
  ["limits.", Limits.options],
  ["", server.server],
  ["", server.attached],
  ["head.", HttpHead.options],
  ["trustProxy.", server.trustProxy],
  ["proxyProtocol.", server.proxyProtocol],
  ["", server.port],
  ["", { path: server.unixSocket.path }],
  ["", server.descriptor],
  ["", server.overHttp2],
  ["http2.", server.http2],
  ["", server.health],
  ["tls.", server.tls],
  ["", client.client],
  ["tcp.", client.tcp],
  ["tls.", client.tls],
  ["", Connecting.options],
  ["", Serving.messageHooks],
  ["compression.", NodeDeflate.serverOptions],
  ["compression.", NodeDeflate.clientOptions],
  ["", PlatformSocket.options],
  ["", Reconnecting.options],
  ["", Telemetry.options],
  ["", Topics.options],
  ["", Presence.options],
  ["keep.", Topics.keepOptions],
  ["dropOldest.", Topics.dropOldestOptions],
  ["", TypedConnection.options],
  ["", WireLog.options],
  ["", Inspector.options],
  ["", NodeInspector.options]
]

/** What has no unit is no amount, but a code or a level. */
const shown = ({ default: value, isRequired, unit }: Rule<unknown>): string => {
  if (isRequired) return "required"
  if (value === undefined) return "none"
  if (Duration.isDuration(value)) return Duration.format(value)
  if (typeof value === "number" && unit === "Duration") return Duration.format(Duration.millis(value))
  return typeof value === "number" && unit !== ""
    ? String(value).replace(/\B(?=(\d{3})+$)/g, ",")
    : JSON.stringify(value)
}

const rows = new Set(
  tables.flatMap(([prefix, table]) =>
    Object.entries(table).map(([name, rule]) =>
      `| \`${prefix}${name}\` | ${rule.unit} | ${shown(rule)} | ${rule.range} |`
    )
  )
)

describe("docs/reference/options.md", () => {
  it("has every option as it is judged, and no other", () => {
    const written = page.split("\n").filter((line) => line.startsWith("| `"))
    expect(new Set(written)).toEqual(rows)
  })
})

describe("times", () => {
  const rules = tables.flatMap(([prefix, table]) =>
    Object.entries(table).map(([name, rule]) => ({ name: `${prefix}${name}`, rule }))
  )

  it("are any Duration", () => {
    for (const { name, rule } of rules.filter(({ rule }) => rule.unit === "Duration")) {
      const judged = [2000, "2 seconds", Duration.seconds(2), [2, 0], 2_000_000_000n].map((given) => rule.judge(given))
        .map((found) =>
          found._tag === "Right" && (typeof found.value === "number" || Duration.isDuration(found.value))
            ? Duration.toMillis(found.value)
            : found
        )
      expect([name, judged]).toEqual([name, Array(5).fill(2000)])
    }
  })

  it("of Node's own options are what Node takes", () => {
    const counted = rules.filter(({ rule }) => /second/.test(rule.unit)).map(({ name }) => name)
    expect(counted).toEqual(["tls.handshakeTimeout", "tls.sessionTimeout", "tcp.autoSelectFamilyAttemptTimeout"])
  })
})
