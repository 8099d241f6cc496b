import { describe, expect, it } from "@effect/vitest"
import * as ProxyProtocol from "@effect-ws/codec/ProxyProtocol"
import * as fc from "effect/FastCheck"
import { isIP } from "node:net"

const line = (text: string): Uint8Array => Buffer.from(text, "latin1")

const signature = "0d0a0d0a000d0a515549540a"

/** Version 2: command and transport, addresses and ports, in hexadecimal, and the length that is theirs unless told otherwise. */
const v2 = (start: string, block = "", length = block.length / 2): Uint8Array =>
  Buffer.from(`${signature}${start}${length.toString(16).padStart(4, "0")}${block}`, "hex")

const to4 = "c6336401"
const block4 = `c0000207${to4}9c4001bb`
const block6 = `20010db8000000000000000000000007${"20010db8000000000000000000000001"}9c4001bb`

/** Octets that break a rule, with the last one and not before. */
const specimens: Record<ProxyProtocol.RuleName, ReadonlyArray<Uint8Array>> = {
  SignatureMissing: [line("G"), line("PROXi"), line("\r\n\r\n\0\r\nQUIt"), line("\x16"), line("p"), line("PROXY\r")],
  LineTooLong: [line("PROXY TCP4 ".padEnd(107, "1")), line("PROXY UNKNOWN ".padEnd(106, "x") + "\r")],
  LineMalformed: [
    "",
    "TCP5 192.0.2.7 198.51.100.1 1 2",
    "TCP4",
    "TCP4 192.0.2.7 198.51.100.1 1",
    "TCP4 192.0.2.7 198.51.100.1 1 2 3",
    "TCP4 192.0.2.7  198.51.100.1 1 2",
    "TCP4 192.0.2.7 198.51.100.1 1 2 ",
    "TCP4 192.0.2.256 198.51.100.1 1 2",
    "TCP4 192.0.2.07 198.51.100.1 1 2",
    "TCP4 192.0.2.7 198.51.100 1 2",
    "TCP4 192.0.2.7 ::1 1 2",
    "TCP4 ::1 ::1 1 2",
    "TCP4 192.0.2.7 198.51.100.1 65536 2",
    "TCP4 192.0.2.7 198.51.100.1 1 02",
    "TCP4 192.0.2.7 198.51.100.1 -1 2",
    "TCP4 192.0.2.7\t198.51.100.1 1 2",
    "TCP6 192.0.2.7 192.0.2.7 1 2",
    "TCP6 ::1 ::1::1 1 2",
    "TCP6 fe80::1%eth0 ::1 1 2",
    "tcp4 192.0.2.7 198.51.100.1 1 2"
  ].map((fields) => line(`PROXY ${fields}\r\n`)),
  CommandUnknown: [v2("11").subarray(0, 13), v2("22").subarray(0, 13), v2("31").subarray(0, 13)],
  TransportUnknown: ["12", "22", "32", "41", "01", "10"].map((transport) => v2(`21${transport}`).subarray(0, 14)),
  HeaderTooLong: [v2("2111", "", 4081), v2("2011", "", 65535)],
  AddressCut: [v2("2111", "", 11), v2("2121", "", 35), v2("2131", "", 215)]
}

describe("rules of a header", () => {
  for (const [rule, all] of Object.entries(specimens)) {
    for (const [i, octets] of all.entries()) {
      it(`${rule}: ${i}`, () => {
        expect(ProxyProtocol.parse(octets)).toEqual({ _tag: "Problem", rule })
        expect(ProxyProtocol.parse(octets.subarray(0, -1))).toEqual({ _tag: "NeedMore" })
      })
    }
  }

  it("each has its section and says what it wants", () => {
    for (const { says, section } of Object.values(ProxyProtocol.rules)) {
      expect(section).toMatch(/^§2/)
      expect(says).not.toBe("")
    }
  })
})

const headers: ReadonlyArray<readonly [name: string, octets: Uint8Array, version: number, source?: string]> = [
  ["TCP4", line("PROXY TCP4 192.0.2.7 198.51.100.1 40000 443\r\n"), 1, "192.0.2.7 40000"],
  ["TCP6", line("PROXY TCP6 2001:DB8:0::7 2001:db8::1 40000 443\r\n"), 1, "2001:db8::7 40000"],
  [
    "the longest line",
    line(
      "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"
    ),
    1,
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535"
  ],
  ["UNKNOWN", line("PROXY UNKNOWN\r\n"), 1],
  ["UNKNOWN, with what is to be ignored", line("PROXY UNKNOWN ff::1 x y\n z\r\n"), 1],
  ["TCP over IPv4", v2("2111", block4), 2, "192.0.2.7 40000"],
  ["TCP over IPv6", v2("2121", block6), 2, "2001:db8::7 40000"],
  ["with extensions", v2("2111", `${block4}030004a9b87e8f`), 2, "192.0.2.7 40000"],
  ["with extensions as long as may be", v2("2111", block4.padEnd(2 * 4080, "0")), 2, "192.0.2.7 40000"],
  ["a Unix socket", v2("2131", "00".repeat(216)), 2],
  ["unspecified", v2("2100"), 2],
  ["unspecified, with what is to be ignored", v2("2100", "ff"), 2],
  ["the proxy's own", v2("2000"), 2],
  ["the proxy's own, with addresses", v2("2011", block4), 2],
  ["the proxy's own, of a transport unknown", v2("2099", "00"), 2]
]

describe("a header", () => {
  for (const [name, octets, version, source] of headers) {
    it(`${name}, whole, cut anywhere, and with what follows`, () => {
      const [address, port] = source?.split(" ") ?? []
      const header = {
        _tag: "Header",
        version,
        source: source === undefined ? undefined : { address, port: Number(port) },
        length: octets.length
      }
      expect(ProxyProtocol.parse(octets)).toEqual(header)
      expect(ProxyProtocol.parse(Buffer.concat([octets, line("\r\nPROXY GET")]))).toEqual(header)
      for (let end = 0; end < octets.length; end++) {
        expect(ProxyProtocol.parse(octets.subarray(0, end))).toEqual({ _tag: "NeedMore" })
      }
    })
  }
})

describe("properties", () => {
  const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  const port = fc.integer({ min: 0, max: 65535 })

  it("version 2 names addresses as a browser does", () => {
    // Runs of zeros are what can be written in several ways.
    const ip6 = fc.oneof(octets(16), fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }))
    fc.assert(fc.property(ip6, port, (ip, port) => {
      const block = Buffer.from([...ip, ...ip, port >> 8, port & 0xff, 0, 0]).toString("hex")
      const parsed = ProxyProtocol.parse(v2("2121", block))
      const address = parsed._tag === "Header" ? parsed.source?.address ?? "" : ""
      expect(isIP(address)).toBe(6)
      const words = Buffer.from(ip).toString("hex").match(/.{4}/g)?.join(":")
      const url = (host: string) => new URL(`http://[${host}]`).hostname
      expect(url(address)).toBe(url(words ?? ""))
      // WHATWG has no form with dots in it.
      if (!address.includes(".")) expect(`[${address}]`).toBe(url(address))
    }))
  })

  it("version 1 takes the addresses that Node does, and no others", () => {
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ unit: fc.constantFrom(..."0:1.2f"), maxLength: 24 }),
      fc.array(fc.constantFrom("0", "1", "255", "256", "ffff", ":", "::", "."), { maxLength: 16 }).map((all) =>
        all.join("")
      )
    )
    fc.assert(
      fc.property(text, (text) => {
        for (const [family, version] of [["TCP4", 4], ["TCP6", 6]] as const) {
          const parsed = ProxyProtocol.parse(line(`PROXY ${family} ${text} ${text} 1 2\r\n`))
          expect(parsed._tag).toBe(isIP(text) === version && !text.includes("%") ? "Header" : "Problem")
        }
      }),
      { numRuns: 2000 }
    )
  })

  it("any octets have an answer, which does not change by what follows, and asks for no more than the bound", () => {
    const tail = fc.uint8Array({ maxLength: 300 })
    const start = fc.constantFrom(line("PROXY "), line("PROXY TCP4 "), v2("2111").subarray(0, 12), line(""))
    fc.assert(fc.property(start, tail, tail, (start, middle, more) => {
      const octets = Buffer.concat([start, middle])
      const parsed = ProxyProtocol.parse(octets)
      if (parsed._tag !== "NeedMore") expect(ProxyProtocol.parse(Buffer.concat([octets, more]))).toEqual(parsed)
      if (parsed._tag === "Header") expect(parsed.length).toBeLessThanOrEqual(octets.length)
      const filled = Buffer.concat([octets, Buffer.alloc(ProxyProtocol.maxLength)])
      expect(ProxyProtocol.parse(filled.subarray(0, ProxyProtocol.maxLength))._tag).not.toBe("NeedMore")
    }))
  })
})
