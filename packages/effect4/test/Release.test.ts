import { describe, expect, it } from "vitest"
import { numbered, objection, plan } from "../src/Release.js"

const manifest = (name: string, rest: object = {}): string => JSON.stringify({ name, version: "3.2.1", ...rest })

describe("a release", () => {
  it("publishes what is of Effect twice, and what is not once", () => {
    const manifests = new Map([
      ["codec", manifest("@effect-ws/codec")],
      ["platform", manifest("@effect-ws/platform", { peerDependencies: { effect: "^3.22.4" } })],
      ["conformance", manifest("@effect-ws/conformance", { peerDependencies: { effect: "^3.22.4" } })],
      ["soak", manifest("@effect-ws/soak", { private: true })]
    ])
    expect(plan(manifests, ["codec", "platform"])).toEqual([
      { name: "@effect-ws/codec", version: "3.2.1", edition: 3, tag: "latest" },
      { name: "@effect-ws/platform", version: "3.2.1", edition: 3, tag: "effect3" },
      { name: "@effect-ws/platform", version: "4.2.1", edition: 4, tag: "latest" },
      { name: "@effect-ws/conformance", version: "3.2.1", edition: 3, tag: "latest" }
    ])
  })

  it("has Effect's major", () => {
    expect(["0.2.0", "3.0.1"].map(numbered)).toEqual(["3.0.0", "3.0.1"])
    expect(objection("3.4.5")).toBeUndefined()
    expect(objection("4.0.0")).toContain("a changeset was major")
    expect(objection("0.1.0")).toContain("npm run release -- --version")
  })
})
