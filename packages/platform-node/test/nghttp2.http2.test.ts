/** nghttp2's own tools at a server of ours: the SETTINGS and frames that they see, and a load of requests that are refused. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { client, echo, portOf, urlOf } from "./http2.js"

const nghttp = "/usr/bin/nghttp"
const h2load = "/usr/bin/h2load"

/** All that it says, once it has ended. */
const run = (program: string, ...args: ReadonlyArray<string>) =>
  Effect.async<string>((resume) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] })
    let said = ""
    for (const output of [child.stdout, child.stderr]) output.on("data", (chunk) => said += String(chunk))
    child.on("close", () => resume(Effect.succeed(said)))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

describe("nghttp2's tools", () => {
  it.scopedLive.skipIf(!existsSync(nghttp))(
    "nghttp: our SETTINGS, and a refusal that leaves the session",
    () =>
      Effect.gen(function*() {
        const server = yield* echo()
        const said = yield* run(nghttp, "-v", "-n", "-m2", `https://127.0.0.1:${portOf(server)}/`)
        expect(said).toContain("[SETTINGS_ENABLE_CONNECT_PROTOCOL(0x08):1]")
        expect(said).toContain("[SETTINGS_MAX_CONCURRENT_STREAMS(0x03):")
        expect(said.match(/recv \(stream_id=\d+\) :status: 4\d\d/g)).toHaveLength(2)
        // Its own GOAWAY, and none of ours with an error.
        expect(said).not.toMatch(/recv GOAWAY[^\n]*\n[^\n]*error_code=(?!NO_ERROR)/)
        expect(said).not.toContain("recv RST_STREAM")
      })
  )

  it.scopedLive.skipIf(!existsSync(h2load))(
    "h2load: a thousand refusals on four sessions, while a WebSocket goes on",
    () =>
      Effect.gen(function*() {
        const server = yield* echo()
        const connection = yield* (yield* client()).connect(urlOf(server))
        const said = yield* run(h2load, "-n1000", "-c4", "-m50", `https://127.0.0.1:${portOf(server)}/`)
        expect(said).toMatch(
          /requests: 1000 total, 1000 started, 1000 done, 0 succeeded, 1000 failed, 0 errored, 0 timeout/
        )
        expect(said).toMatch(/status codes: 0 2xx, 0 3xx, 1000 4xx, 0 5xx/)
        yield* connection.send("still here")
        expect(yield* connection.receive).toBe("still here")
      })
  )
})
