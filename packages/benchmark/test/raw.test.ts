import { describe, expect, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** What a module loads as it is loaded, and what these do: packages of others by name, ours by file. */
const loadedBy = (url: URL, found = new Set<string>()): ReadonlySet<string> => {
  if (found.has(url.href)) return found
  found.add(url.href)
  const statically = /^(?:import|export)(?! type\b)(?: [\w*{}\s,]*? from)? "([^"]+)"$/gm
  for (const [, specifier = ""] of readFileSync(fileURLToPath(url), "utf8").matchAll(statically)) {
    const own = /^@effect-ws\/([^/]+)\/(.+)$/.exec(specifier)
    if (own !== null) loadedBy(new URL(`../../${own[1]}/src/${own[2]}.ts`, import.meta.url), found)
    else if (specifier.startsWith(".")) loadedBy(new URL(specifier.replace(/\.js$/, ".ts"), url), found)
    else found.add(specifier)
  }
  return found
}

const foreign = (...modules: ReadonlyArray<string>): ReadonlyArray<string> =>
  modules.flatMap((module) => [...loadedBy(new URL(`../src/${module}.ts`, import.meta.url))])
    .filter((name) => !name.startsWith("file:") && !name.startsWith("node:"))

describe("the process of the floor", () => {
  it("loads nothing of Effect", () => {
    expect(foreign("bin/server", "servers/raw")).toEqual(["bufferutil"])
  })

  it("is no more than that of ws, which loads nothing of ours either", () => {
    expect(foreign("bin/server", "servers/ws")).toEqual(["bufferutil", "ws"])
  })

  it("would be seen to", () => {
    expect(foreign("servers/effectWs")).toContain("effect/Effect")
  })
})
