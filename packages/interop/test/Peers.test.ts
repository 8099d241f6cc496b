import { describe, expect, it } from "@effect/vitest"
import * as Faults from "@effect-ws/interop/Faults"
import * as Peer from "@effect-ws/interop/Peer"
import * as Peers from "@effect-ws/interop/Peers"
import * as Setup from "@effect-ws/interop/Setup"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const foreign = fileURLToPath(new URL("../foreign", import.meta.url))

const paths: Peer.Paths = { work: "/w", foreign: "/f", npm: "/n" }

const commands = (peer: Peer.Peer): ReadonlyArray<Peer.Command> => [
  ...(peer.client === undefined ? [] : [peer.client.command(["ws://a/b"], paths, "plain")]),
  ...(peer.server === undefined ? [] : [peer.server.command(1234, paths, "plain")]),
  ...(peer.build?.(paths) ?? [])
]

describe("peers", () => {
  it("have names of their own, something to be tried, and somewhere to come from", () => {
    expect(new Set(Peers.all.map(({ name }) => name)).size).toBe(Peers.all.length)
    for (const peer of Peers.all) {
      expect([peer.name, Peer.cells(peer).length > 0]).toEqual([peer.name, true])
      expect([peer.name, peer.npm !== undefined || peer.debian.length > 0]).toEqual([peer.name, true])
    }
  })

  it("are told what to visit, or where to listen", () => {
    for (const { client, name, server } of Peers.all) {
      if (client !== undefined) expect([name, ...client.command(["ws://a/b"], paths, "plain")]).toContain("ws://a/b")
      if (server !== undefined) expect([name, ...server.command(1234, paths, "plain")]).toContain("1234")
    }
  })

  it("use the programs that are there, all of them", () => {
    const named = new Set(
      Peers.all.flatMap(commands).flatMap((command) => command.flatMap((word) => /^\/f\/(.*)$/.exec(word)?.[1] ?? []))
    )
    expect([...named].filter((file) => !existsSync(`${foreign}/${file}`))).toEqual([])
    expect(readdirSync(foreign).filter((file) => !named.has(file))).toEqual(["package.json"])
  })

  it("of npm have a version that is pinned", () => {
    const { dependencies } = JSON.parse(readFileSync(`${foreign}/package.json`, "utf8"))
    for (const { npm } of Peers.all) if (npm !== undefined) expect(dependencies[npm]).toMatch(/^\d+\.\d+\.\d+$/)
  })

  it("and no others have known faults", () => {
    const names = Peers.all.map(({ name }) => name)
    expect(Faults.all.filter(({ peer }) => !names.includes(peer))).toEqual([])
  })
})

describe("a version of Debian", () => {
  const versions: ReadonlyArray<readonly [debian: string, upstream: string]> = [
    ["1:4.1.48-7+deb12u2", "4.1.48"],
    ["10.4-1", "10.4"],
    ["153.8.0esr-1~deb12u1", "153.8.0esr"],
    ["9.31+dfsg-1", "9.31"],
    ["1.74.0.3", "1.74.0.3"],
    ["2:1.17-74", "1.17"]
  ]
  for (const [debian, upstream] of versions) {
    it(debian, () => expect(Setup.upstream(debian)).toBe(upstream))
  }
})
