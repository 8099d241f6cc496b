import { configDefaults, defineConfig } from "vitest/config"

// Vitest 4 dropped workspace files, and version 3 reads this one only when it is named: every script says --config.
const packages = [
  "codec",
  "connection",
  "platform",
  "platform-node",
  "platform-browser",
  "effect-ws",
  "conformance",
  "example-echo",
  "benchmark",
  "soak",
  "fuzz",
  "interop",
  "defences",
  "effect4"
]

// Their tests open no sockets and start no process: files share threads, and load Effect once, which is half of their time.
const inMemory = ["codec", "connection", "platform"]

// Tests that measure memory or time, or wait for real time: what else the machine does would be in their figures. `npm test` leaves
// them out; `npm run test:quiet` runs them, one file after the other, each in a process of its own.
const quiet = ["**/*.quiet.test.ts"]

export default defineConfig({
  // Tests run on sources: no build is needed before them.
  ssr: { resolve: { conditions: ["@effect-ws/source"], externalConditions: ["@effect-ws/source"] } },
  resolve: { conditions: ["@effect-ws/source"] },
  test: {
    // All cores: by default one is left idle, which is half of a machine with two.
    maxWorkers: "100%",
    minWorkers: 1,
    // A test that takes a second alone takes several where others share the machine.
    testTimeout: 20000,
    poolOptions: { threads: { isolate: false } },
    projects: [
      ...packages.map((name) => ({
        extends: true as const,
        test: {
          name,
          root: `packages/${name}`,
          include: ["test/**/*.test.ts"],
          exclude: [...quiet, ...configDefaults.exclude],
          pool: inMemory.includes(name) ? "threads" as const : "forks" as const
        }
      })),
      { extends: true, test: { name: "repository", root: ".config", include: ["test/**/*.test.ts"] } },
      { extends: true, test: { name: "quiet", root: "packages", include: quiet, pool: "forks" } }
    ]
  }
})
