/**
 * The files that have no counterpart in the edition, and why; a folder ends with a slash. A package's index does not export them.
 */
import type { LeftOut } from "./Edition.js"

const guides = "the guides are for Effect 3"

const measures = "what measures is of Effect 3; only what is measured has an edition"

export const leftOut: LeftOut = {
  "benchmark/src/Bench.ts": measures,
  "benchmark/src/bin/bench.ts": measures,
  "benchmark/src/bin/http2.ts": measures,
  "benchmark/src/bin/processes.ts": measures,
  "benchmark/src/bin/load.ts": measures,
  "benchmark/src/Broadcaster.ts": measures,
  "benchmark/src/Child.ts": measures,
  "benchmark/src/Generator.ts": measures,
  "benchmark/src/Measurement.ts": measures,
  "benchmark/src/Profile.ts": measures,
  "benchmark/src/Report.ts": measures,
  "benchmark/src/Storm.ts": measures,
  "benchmark/src/Target.ts": measures,
  "benchmark/test/": measures,
  "platform/src/sockets/HandlersAtWork.ts": "a reader of Effect 4's Socket pulls: no handler is left at work",
  ...Object.fromEntries(
    [
      "browsers.page.test.ts",
      "hosts.test.ts",
      "http2.page.test.ts",
      "sleep.page.test.ts",
      ...["browsers", "driven", "hosts", "kept", "program", "servers", "site", "visit"].map((name) =>
        `browsers/${name}.ts`
      )
    ].map((file) => [`platform-browser/test/${file}`, "what a page does is the same in both; it is tried in Effect 3"])
  ),
  "example-echo/test/behind-a-proxy.test.ts": guides,
  "example-echo/test/guides/": guides,
  "example-echo/test/guides.test.ts": guides,
  "example-echo/test/proxies.ts": guides,
  "example-echo/test/wire-log.test.ts": "the examiner is of Effect 3"
}

const synchronous = "what is woken runs at once in Effect 4: nothing can come in between"
const atOnce = "its fiber has begun when it is interrupted: the edition starts fibers at once"

const socket = "Effect 4's Socket is another"

/** Tests of what Effect 4 does in another way: by file and title. */
export const skipped: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "connection/test/Inbox.test.ts": {
    "nor one that was interrupted when it was woken and had not run": synchronous,
    "an interrupted pull loses nothing": synchronous,
    "one whose scope is closed hands its turn on": synchronous
  },
  "connection/test/Outbox.test.ts": {
    "is given back when whoever got it was interrupted before it ran": synchronous
  },
  "connection/test/Connection.sending.test.ts": {
    "leaves no trace of a source that fails or is interrupted before its first octet": atOnce
  },
  "platform-node/test/NodeWebSocketConstructor.test.ts": {
    "under Socket.makeWebSocket": socket
  },
  "platform/test/Reconnecting.test.ts": {
    "by default is exponential, jittered, and at most 30 seconds": "a Schedule of Effect 4 is asked in another way"
  },
  "connection/test/CloseOutcome.test.ts": {
    "is of what outcomes hold, and of nothing else": "in Effect 4 two errors that hold the same are equal"
  },
  "connection/test/Connection.compression.test.ts": {
    "${when}: come before the end of the stream that followed them": atOnce
  },
  "platform-node/test/options.docs.test.ts": {
    "has every option as it is judged, and no other": "docs/reference/options.md is of Effect 3's sockets, too"
  },
  "platform-node/test/options.test.ts": {
    "of an HttpServer: it fails, and listens nowhere": socket,
    "of sockets and of the WebSocket class: they die when they are made, not when they connect": socket
  },
  "platform-node/test/userFunctions.test.ts": {
    "closeCodeIsError ${name}": socket
  }
}
