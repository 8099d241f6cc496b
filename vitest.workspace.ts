import { availableParallelism } from "node:os"
import { configDefaults, defineConfig } from "vitest/config"

// Vitest 4 dropped workspace files, and version 3 reads this one only when it is named: every script says --config.

const packages = [
  "codec",
  "connection",
  "platform",
  "platform-node",
  "platform-browser",
  "topics-redis",
  "topics-nats",
  "effect-ws",
  "conformance",
  "cli",
  "example-echo",
  "examples",
  "benchmark",
  "soak",
  "fuzz",
  "interop",
  "defences",
  "effect4"
]

// Tests that measure memory or time, or wait for real time: what else the machine does would be in their figures. `npm test` leaves
// them out; `npm run test:quiet` runs them, one file after the other, each in a process of its own.
const quiet = ["**/*.quiet.test.ts"]
// Tests in browsers, which take seconds to start. `npm run test:long` runs them.
const pages = ["**/*.page.test.ts"]
const exclude = [...quiet, ...pages, ...configDefaults.exclude]

// Tests of which `npm test` runs a part. `npm run test:long` runs them whole: they are told by the variable LONG.
const long = [
  "packages/cli/test/reaching.test.ts",
  "packages/cli/test/thirdParty.test.ts",
  "packages/conformance/test/http2.test.ts",
  "packages/conformance/test/wss.test.ts",
  "packages/effect-ws/test/tutorial.test.ts",
  "packages/example-echo/test/behind-a-proxy.test.ts",
  "packages/platform-browser/test/hosts.test.ts",
  "packages/platform-node/test/Compression.peers.test.ts",
  "packages/platform-node/test/rpc.test.ts",
  "packages/topics-nats/test/NatsBackplane.test.ts",
  "packages/topics-redis/test/RedisBackplane.test.ts",
  "packages/topics-redis/test/cluster.test.ts"
]

// Those of which CI runs a part: `npm run test:weekly` runs them whole, told by LONG and WEEKLY.
const weekly = [
  ".config/test/autobahn.test.ts",
  "packages/cli/test/connect.test.ts",
  "packages/cli/test/listen.test.ts",
  "packages/conformance/test/faults.test.ts",
  "packages/conformance/test/ws.test.ts",
  "packages/examples/test/processes.page.test.ts",
  "packages/examples/test/processes.test.ts",
  "packages/topics-redis/test/cluster.test.ts"
]

const workers = availableParallelism() + 1

export default defineConfig({
  // Tests run on sources: no build is needed before them.
  ssr: { resolve: { conditions: ["@effect-ws/source"], externalConditions: ["@effect-ws/source"] } },
  resolve: { conditions: ["@effect-ws/source"] },
  test: {
    // One more than there are cores: many tests wait for sockets, timers and programs. All are started at once: Vitest 3 fails with
    // "Terminating worker thread" when a worker that it starts later is not ready before the others have done all.
    maxWorkers: workers,
    minWorkers: workers,
    // A test that takes a second alone takes several where others share the machine.
    testTimeout: 60000,
    hookTimeout: 60000,
    pool: "forks",
    // Files share a process, and so load Effect once. They share none with another project, and each project compiles the sources
    // anew: so `npm test` has all packages as one. `--project codec` and the like are for one of them.
    poolOptions: { forks: { isolate: false } },
    projects: [
      { extends: true, test: { name: "packages", root: "packages", include: ["*/test/**/*.test.ts"], exclude } },
      ...packages.map((name) => ({
        extends: true as const,
        test: { name, root: `packages/${name}`, include: ["test/**/*.test.ts"], exclude }
      })),
      { extends: true, test: { name: "repository", root: ".config", include: ["test/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "long",
          root: ".",
          include: [...long, ...pages.map((page) => `packages/*/test/${page}`)],
          exclude: [...weekly.filter((file) => !long.includes(file)), ...configDefaults.exclude],
          env: { LONG: "1" }
        }
      },
      { extends: true, test: { name: "weekly", root: ".", include: weekly, env: { LONG: "1", WEEKLY: "1" } } },
      {
        extends: true,
        test: { name: "quiet", root: "packages", include: quiet.map((file) => file.replace("**", "*/test/**")) }
      }
    ]
  }
})
