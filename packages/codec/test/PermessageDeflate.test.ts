import { describe, expect, it } from "@effect/vitest"
import type { Extension } from "@effect-ws/codec/ExtensionHeader"
import * as ExtensionHeader from "@effect-ws/codec/ExtensionHeader"
import * as Options from "@effect-ws/codec/Options"
import * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"
import * as fc from "effect/FastCheck"

type ClientConfig = PermessageDeflate.ClientConfig
type ServerConfig = PermessageDeflate.ServerConfig

const client = (config: Partial<ClientConfig> = {}): ClientConfig => ({
  ...PermessageDeflate.defaultClientConfig,
  ...config
})
const server = (config: Partial<ServerConfig> = {}): ServerConfig => ({
  ...PermessageDeflate.defaultServerConfig,
  ...config
})

/** The extensions of a header's value. */
const parsed = (value: string): ReadonlyArray<Extension> => {
  const parsed = ExtensionHeader.parse([value])
  if (parsed._tag === "Malformed") throw new Error(`malformed: ${value}`)
  return parsed.extensions
}

const text = (...extensions: ReadonlyArray<Extension>): string => {
  const encoded = ExtensionHeader.encode(extensions)
  if (encoded._tag === "Problem") throw new Error(`not a token: ${encoded.part}`)
  return encoded.value
}

const pmd = (parameters: string): string =>
  parameters === "" ? "permessage-deflate" : `permessage-deflate; ${parameters}`

/** The response to an offer, by its parameters; `undefined` if it is declined. */
const answer = (config: Partial<ServerConfig>, offer: string): string | undefined => {
  const acceptance = PermessageDeflate.accept(server(config), parsed(offer))
  return acceptance._tag === "Declined" ? undefined : text(acceptance.response)
}

const verify = (config: Partial<ClientConfig>, response: string): PermessageDeflate.Verdict =>
  PermessageDeflate.verify(client(config), parsed(response))

const agreed = (config: Partial<ClientConfig>, response: string): PermessageDeflate.Agreed => {
  const verdict = verify(config, response)
  if (verdict._tag !== "Agreed") throw new Error(JSON.stringify(verdict))
  return verdict.agreed
}

const windows = [8, 9, 10, 11, 12, 13, 14, 15] as const

const full: PermessageDeflate.Agreed = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15
}

interface Specimen {
  readonly config?: Partial<ClientConfig>
  /** The parameters of an answer that breaks the rule, each with what the log is to say of it. */
  readonly answers: ReadonlyArray<readonly [parameters: string, detail: string]>
  /** Whether an offer with these parameters is declined for it. */
  readonly offers: "declined" | "accepted"
}

const bits = ["", "7", "16", "0", "08", "015", "0xa", "1e1", "+9", "-9", "9.0", "10.", "1000", "fifteen", "8a"]

const specimens: Record<PermessageDeflate.RuleName, Specimen> = {
  ParameterUnknown: {
    offers: "declined",
    answers: ["foo", "foo=1", "__proto__", "constructor=10", "SERVER_NO_CONTEXT_TAKEOVER", "max_window_bits=10"].map(
      (parameter) => [`server_no_context_takeover; ${parameter}`, parameter]
    )
  },
  ParameterRepeated: {
    offers: "declined",
    answers: [
      ["server_no_context_takeover; server_no_context_takeover", "server_no_context_takeover"],
      ["client_no_context_takeover; client_no_context_takeover", "client_no_context_takeover"],
      ["server_max_window_bits=10; client_max_window_bits=9; server_max_window_bits=10", "server_max_window_bits"],
      ["client_max_window_bits=10; client_max_window_bits=11", "client_max_window_bits"]
    ]
  },
  ValueUnexpected: {
    offers: "declined",
    answers: ["server_no_context_takeover=1", "client_no_context_takeover=true", "server_no_context_takeover=10"].map(
      (parameter) => [parameter, parameter]
    )
  },
  // undici CVE-2026-2229
  WindowBitsInvalid: {
    offers: "declined",
    answers: [
      ["server_max_window_bits", "server_max_window_bits"],
      ...["server_max_window_bits", "client_max_window_bits"].flatMap((name) =>
        bits.filter((value) => value !== "").flatMap((value) =>
          [[`${name}=${value}`, `${name}=${value}`], [`${name}="${value}"`, `${name}=${value}`]] as const
        )
      )
    ]
  },
  ExtensionRepeated: {
    offers: "accepted",
    answers: [[", permessage-deflate", "permessage-deflate"], [", foo, permessage-deflate; bar", "permessage-deflate"]]
  },
  ClientWindowBitsValueless: {
    offers: "accepted",
    answers: [["client_max_window_bits", "client_max_window_bits"]]
  },
  ClientWindowBitsUnoffered: {
    config: { clientMaxWindowBits: "fixed" },
    offers: "accepted",
    answers: windows.map((bits) => [`client_max_window_bits=${bits}`, `client_max_window_bits=${bits}`])
  },
  WindowBitsAboveOffer: {
    config: { serverMaxWindowBits: 10, unboundedServers: "refuse" },
    offers: "accepted",
    answers: [
      ["server_max_window_bits=11", "server_max_window_bits=11"],
      ["client_max_window_bits=9; server_max_window_bits=15", "server_max_window_bits=15"]
    ]
  },
  ServerWindowBitsUnconfirmed: {
    config: { serverMaxWindowBits: 14, unboundedServers: "refuse" },
    offers: "accepted",
    answers: [["", "server_max_window_bits"], ["server_no_context_takeover", "server_max_window_bits"]]
  },
  ServerTakeoverUnconfirmed: {
    config: { serverNoContextTakeover: "require" },
    offers: "accepted",
    answers: [["", "server_no_context_takeover"], ["client_no_context_takeover", "server_no_context_takeover"]]
  },
  TakeoverRefused: {
    config: { serverNoContextTakeover: "refuse", clientNoContextTakeover: "refuse" },
    offers: "accepted",
    answers: [
      ["server_no_context_takeover", "server_no_context_takeover"],
      ["client_no_context_takeover", "client_no_context_takeover"],
      ["client_no_context_takeover; server_no_context_takeover", "server_no_context_takeover"]
    ]
  }
}

describe("7692 rules of an answer", () => {
  for (const [rule, { answers, config = {}, offers }] of Object.entries(specimens)) {
    it(`${rule}: ${PermessageDeflate.rules[rule as PermessageDeflate.RuleName].says}`, () => {
      expect(answers.length).toBeGreaterThan(0)
      for (const [parameters, detail] of answers) {
        const value = parameters.startsWith(",") ? `permessage-deflate${parameters}` : pmd(parameters)
        expect(verify(config, value), value).toEqual({ _tag: "Violated", rule, detail })
        expect(answer({}, value) === undefined ? "declined" : "accepted", value).toBe(offers)
      }
    })
  }

  it("an answer without the extension declines it", () => {
    expect(PermessageDeflate.verify(client(), [])).toEqual({ _tag: "Declined" })
    expect(verify({}, "x-webkit-deflate-frame; foo")).toEqual({ _tag: "Declined" })
    expect(verify({}, "PERMESSAGE-DEFLATE")).toEqual({ _tag: "Declined" })
  })
})

describe("options", () => {
  const sides = { server: PermessageDeflate.serverOptions, client: PermessageDeflate.clientOptions }

  it("are the defaults unless given", () => {
    expect(Options.read(sides.server, {})).toEqual({
      _tag: "Options",
      options: PermessageDeflate.defaultServerConfig
    })
    expect(Options.read(sides.client, { clientMaxWindowBits: undefined })).toEqual({
      _tag: "Options",
      options: PermessageDeflate.defaultClientConfig
    })
  })

  for (const [side, table] of Object.entries(sides)) {
    const judged = (name: string, value: unknown) => Options.read<object>(table, { [name]: value })._tag

    it(`window bits of a ${side} are 8 to 15: no other goes out in a header`, () => {
      for (const name of ["serverMaxWindowBits", "clientMaxWindowBits"]) {
        for (const bits of [8, 9, 10, 11, 12, 13, 14, 15]) expect(judged(name, bits)).toBe("Options")
        for (const bits of [99, 7, 16, 0, -8, 8.5, NaN, Infinity, "10", null, [10], true]) {
          expect(judged(name, bits), Options.shown(bits)).toBe("Problem")
        }
      }
      expect(judged("clientMaxWindowBits", "fixed")).toBe(side === "client" ? "Options" : "Problem")
    })

    it(`words of a ${side} are those that mean something`, () => {
      for (const name of Object.keys(table).filter((name) => !name.endsWith("Bits"))) {
        expect([judged(name, "accept"), judged(name, "refuse")]).toEqual(["Options", "Options"])
        for (const word of [true, false, "Accept", "yes", "", null, 1]) expect(judged(name, word)).toBe("Problem")
      }
      expect(judged("serverNoContextTakeover", "prefer")).toBe("Options")
      expect(judged("serverNoContextTakeover", "require")).toBe(side === "client" ? "Options" : "Problem")
    })
  }
})

describe("7692 §7.1 the offer", () => {
  it("lets the server bound the client's window, and asks for nothing", () => {
    expect(text(PermessageDeflate.offer(client()))).toBe("permessage-deflate; client_max_window_bits")
  })

  it("names what is asked for", () => {
    const offers: ReadonlyArray<readonly [Partial<ClientConfig>, string]> = [
      [{ clientMaxWindowBits: "fixed" }, ""],
      [{ clientMaxWindowBits: 8 }, "client_max_window_bits=8"],
      [{ clientMaxWindowBits: "fixed", serverMaxWindowBits: 9 }, "server_max_window_bits=9"],
      [{ serverNoContextTakeover: "refuse", clientNoContextTakeover: "refuse" }, "client_max_window_bits"],
      [
        {
          serverNoContextTakeover: "prefer",
          clientNoContextTakeover: "prefer",
          serverMaxWindowBits: 10,
          clientMaxWindowBits: 11
        },
        "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=11"
      ]
    ]
    for (const [config, parameters] of offers) {
      expect(text(PermessageDeflate.offer(client(config)))).toBe(pmd(parameters))
    }
  })
})

/** Config, offer, and the response's parameters, or `undefined` if it is declined. */
const answered: ReadonlyArray<readonly [config: Partial<ServerConfig>, offer: string, parameters: string | undefined]> =
  [
    // 7692 §7.1: what is asked for is confirmed, what is only possible is left alone.
    [{}, pmd(""), ""],
    [{}, pmd("client_max_window_bits"), ""],
    [{}, pmd("server_no_context_takeover"), "server_no_context_takeover"],
    [{}, pmd("client_no_context_takeover"), "client_no_context_takeover"],
    [{}, pmd("server_max_window_bits=10"), "server_max_window_bits=10"],
    [{}, pmd("server_max_window_bits=\"1\\0\""), "server_max_window_bits=10"],
    [{}, pmd("server_max_window_bits=15"), "server_max_window_bits=15"],
    [{}, pmd("client_max_window_bits=15"), "client_max_window_bits=15"],
    [
      {},
      pmd("client_max_window_bits=8; server_max_window_bits=8"),
      "server_max_window_bits=8; client_max_window_bits=8"
    ],
    // The server's own bounds; the client's window only if it offered to be told (§7.1.2.2).
    [{ serverMaxWindowBits: 9 }, pmd(""), "server_max_window_bits=9"],
    [{ serverMaxWindowBits: 9 }, pmd("server_max_window_bits=12"), "server_max_window_bits=9"],
    [{ serverMaxWindowBits: 12 }, pmd("server_max_window_bits=9"), "server_max_window_bits=9"],
    [{ clientMaxWindowBits: 9 }, pmd(""), ""],
    [{ clientMaxWindowBits: 9 }, pmd("client_max_window_bits"), "client_max_window_bits=9"],
    [{ clientMaxWindowBits: 9 }, pmd("client_max_window_bits=12"), "client_max_window_bits=9"],
    [{ clientMaxWindowBits: 12 }, pmd("client_max_window_bits=9"), "client_max_window_bits=9"],
    [{ clientMaxWindowBits: 9, unboundedClients: "refuse" }, pmd(""), undefined],
    [{ clientMaxWindowBits: 9, unboundedClients: "refuse" }, pmd("client_max_window_bits"), "client_max_window_bits=9"],
    [{ clientMaxWindowBits: 15, unboundedClients: "refuse" }, pmd(""), ""],
    // Context takeover.
    [{ serverNoContextTakeover: "prefer" }, pmd(""), "server_no_context_takeover"],
    [{ serverNoContextTakeover: "refuse" }, pmd(""), ""],
    [{ serverNoContextTakeover: "refuse" }, pmd("server_no_context_takeover"), undefined],
    [{ clientNoContextTakeover: "prefer" }, pmd(""), "client_no_context_takeover"],
    [{ clientNoContextTakeover: "refuse" }, pmd("client_no_context_takeover"), ""],
    [{ serverWindowRequests: "refuse" }, pmd("server_max_window_bits=15"), undefined],
    [{ serverWindowRequests: "refuse" }, pmd("client_max_window_bits=10"), "client_max_window_bits=10"],
    // Offers are tried in order; what is wrong or can't be met is passed over, never an error (ws answers 400).
    [{}, `${pmd("client_max_window_bits=10")}, ${pmd("client_max_window_bits=9")}`, "client_max_window_bits=10"],
    [
      {},
      `${pmd("server_max_window_bits=7")}, ${pmd("foo")}, ${pmd("client_max_window_bits=9")}`,
      "client_max_window_bits=9"
    ],
    [{ serverNoContextTakeover: "refuse" }, `${pmd("server_no_context_takeover")}, ${pmd("")}`, ""],
    [{}, `foo, x-webkit-deflate-frame; bar=1, ${pmd("client_no_context_takeover")}, baz`, "client_no_context_takeover"],
    [{}, `${pmd("foo")}, ${pmd("client_max_window_bits=")}"16"`, undefined],
    [{}, "foo", undefined],
    [{}, "Permessage-Deflate", undefined]
  ]

describe("7692 §7.1 the answer", () => {
  for (const [config, offer, parameters] of answered) {
    it(`to ${offer}${Object.keys(config).length === 0 ? "" : ` by ${JSON.stringify(config)}`}`, () => {
      expect(answer(config, offer)).toBe(parameters === undefined ? undefined : pmd(parameters))
    })
  }

  it("to no offer", () => {
    expect(PermessageDeflate.accept(server(), [])).toEqual({ _tag: "Declined" })
  })

  it("for a client: what was agreed", () => {
    const answers: ReadonlyArray<readonly [Partial<ClientConfig>, string, Partial<PermessageDeflate.Agreed>]> = [
      [{}, "", {}],
      [{}, "client_max_window_bits=15", {}],
      [{}, "client_max_window_bits=8", { clientMaxWindowBits: 8 }],
      [{}, "server_max_window_bits=\"8\"", { serverMaxWindowBits: 8 }],
      [{}, "server_no_context_takeover", { serverNoContextTakeover: true }],
      [{}, "client_no_context_takeover", { clientNoContextTakeover: true }],
      [{ clientMaxWindowBits: 10 }, "", { clientMaxWindowBits: 10 }],
      [{ clientMaxWindowBits: 10 }, "client_max_window_bits=9", { clientMaxWindowBits: 9 }],
      [{ clientMaxWindowBits: "fixed" }, "", {}],
      [{ serverMaxWindowBits: 10 }, "server_max_window_bits=9", { serverMaxWindowBits: 9 }],
      [{ clientNoContextTakeover: "prefer" }, "", { clientNoContextTakeover: true }],
      [{ serverNoContextTakeover: "require" }, "server_no_context_takeover", { serverNoContextTakeover: true }],
      [{ serverMaxWindowBits: 10, unboundedServers: "refuse" }, "server_max_window_bits=10", {
        serverMaxWindowBits: 10
      }],
      [{ serverMaxWindowBits: 15, unboundedServers: "refuse" }, "", {}],
      // A preference that is not met: tornado, Mojolicious and libwebsockets confirm some or none of them.
      [{ serverNoContextTakeover: "prefer" }, "", {}],
      [{ serverNoContextTakeover: "prefer" }, "server_no_context_takeover", { serverNoContextTakeover: true }],
      [{ serverMaxWindowBits: 10 }, "", {}],
      [{ serverMaxWindowBits: 10 }, "server_max_window_bits=15", {}],
      [{ serverMaxWindowBits: 10 }, "server_max_window_bits=12", { serverMaxWindowBits: 12 }],
      [{ clientMaxWindowBits: 10 }, "client_max_window_bits=15", { clientMaxWindowBits: 10 }],
      [{ clientMaxWindowBits: 10 }, "client_max_window_bits=11", { clientMaxWindowBits: 10 }]
    ]
    for (const [config, parameters, differs] of answers) {
      expect(agreed(config, pmd(parameters))).toEqual({ ...full, ...differs })
    }
    expect(agreed({}, "foo, permessage-deflate, bar")).toEqual(full)
  })
})

const takeovers = ["accept", "prefer", "refuse"] as const
const either = ["accept", "refuse"] as const

const clientTakeovers = ["accept", "prefer", "require", "refuse"] as const

const clientConfigs = (bits: ReadonlyArray<PermessageDeflate.WindowBits>): ReadonlyArray<ClientConfig> =>
  clientTakeovers.flatMap((serverNoContextTakeover) =>
    takeovers.flatMap((clientNoContextTakeover) =>
      bits.flatMap((serverMaxWindowBits) =>
        either.flatMap((unboundedServers) =>
          ([...bits, "fixed"] as const).map((clientMaxWindowBits) => ({
            serverNoContextTakeover,
            clientNoContextTakeover,
            serverMaxWindowBits,
            unboundedServers,
            clientMaxWindowBits
          }))
        )
      )
    )
  )

const serverConfigs = (bits: ReadonlyArray<PermessageDeflate.WindowBits>): ReadonlyArray<ServerConfig> =>
  takeovers.flatMap((serverNoContextTakeover) =>
    takeovers.flatMap((clientNoContextTakeover) =>
      bits.flatMap((serverMaxWindowBits) =>
        either.flatMap((serverWindowRequests) =>
          bits.flatMap((clientMaxWindowBits) =>
            either.map((unboundedClients) => ({
              serverNoContextTakeover,
              clientNoContextTakeover,
              serverMaxWindowBits,
              serverWindowRequests,
              clientMaxWindowBits,
              unboundedClients
            }))
          )
        )
      )
    )
  )

/** What is wrong with an answer of ours to an offer of ours, if anything. */
const disagreement = (config: ClientConfig, other: ServerConfig): string | undefined => {
  const acceptance = PermessageDeflate.accept(other, parsed(text(PermessageDeflate.offer(config))))
  if (acceptance._tag === "Declined") {
    const asks = config.serverNoContextTakeover === "prefer" || config.serverNoContextTakeover === "require"
    const may = (asks && other.serverNoContextTakeover === "refuse") ||
      (config.serverMaxWindowBits < 15 && other.serverWindowRequests === "refuse") ||
      (config.clientMaxWindowBits === "fixed" && other.clientMaxWindowBits < 15 && other.unboundedClients === "refuse")
    return may ? undefined : "declined"
  }
  const verdict = PermessageDeflate.verify(config, parsed(text(acceptance.response)))
  if (verdict._tag === "Declined") return "overlooked"
  if (verdict._tag === "Violated") {
    // A client cannot say in its offer that it will not have these; no header could settle it.
    const mayNot = (config.serverNoContextTakeover === "refuse" && other.serverNoContextTakeover === "prefer") ||
      (config.clientNoContextTakeover === "refuse" && other.clientNoContextTakeover === "prefer")
    return verdict.rule === "TakeoverRefused" && mayNot ? undefined : verdict.rule
  }
  const [ours, theirs] = [acceptance.agreed, verdict.agreed]
  // A client may do with less than the server provides for: it deflates, the server inflates.
  return ours.serverNoContextTakeover === theirs.serverNoContextTakeover &&
      ours.serverMaxWindowBits === theirs.serverMaxWindowBits &&
      ours.serverMaxWindowBits <= Math.min(config.serverMaxWindowBits, other.serverMaxWindowBits) &&
      theirs.clientMaxWindowBits <= ours.clientMaxWindowBits &&
      (config.clientMaxWindowBits === "fixed" || theirs.clientMaxWindowBits <= config.clientMaxWindowBits) &&
      (config.clientMaxWindowBits === "fixed" || ours.clientMaxWindowBits <= other.clientMaxWindowBits) &&
      (theirs.clientNoContextTakeover || !ours.clientNoContextTakeover)
    ? undefined
    : JSON.stringify({ ours, theirs })
}

describe("properties", () => {
  it("our client takes every answer of our server, and both know the same: all options, two windows", () => {
    const bits = [9, 15] as const
    const wrong: Array<unknown> = []
    for (const config of clientConfigs(bits)) {
      for (const other of serverConfigs(bits)) {
        const found = disagreement(config, other)
        if (found !== undefined) wrong.push({ config, other, found })
      }
    }
    expect(wrong).toEqual([])
  })

  it("and with any windows", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...clientConfigs(windows)),
        fc.constantFrom(...serverConfigs(windows)),
        (config, other) => disagreement(config, other) === undefined
      ),
      { numRuns: 1000 }
    )
  })

  const name = fc.constantFrom(
    "server_no_context_takeover",
    "client_no_context_takeover",
    "server_max_window_bits",
    "client_max_window_bits",
    "__proto__",
    "foo"
  )
  const value = fc.option(fc.constantFrom(...bits, ...windows.map(String)), { nil: undefined })
  const extensions: fc.Arbitrary<ReadonlyArray<Extension>> = fc.array(
    fc.record({
      name: fc.constantFrom("permessage-deflate", "permessage-deflate", "foo"),
      parameters: fc.array(fc.record({ name, value }), { maxLength: 4 })
    }),
    { maxLength: 4 }
  )

  it("any offers have an answer, which keeps to one of them and to the server's bounds", () => {
    const configs = fc.constantFrom(...serverConfigs([8, 11, 15]))
    fc.assert(
      fc.property(configs, extensions, (config, offers) => {
        const acceptance = PermessageDeflate.accept(config, offers)
        if (acceptance._tag === "Declined") return
        const { agreed, response } = acceptance
        expect(agreed.serverMaxWindowBits).toBeLessThanOrEqual(config.serverMaxWindowBits)
        expect(config.serverNoContextTakeover === "refuse" && agreed.serverNoContextTakeover).toBe(false)
        expect(config.clientNoContextTakeover === "refuse" && agreed.clientNoContextTakeover).toBe(false)
        // 7692 §7.1.2.2
        const names = response.parameters.map(({ name }) => name)
        const offered = offers.some(({ parameters }) =>
          parameters.some(({ name }) => name === "client_max_window_bits")
        )
        expect(names.includes("client_max_window_bits") && !offered).toBe(false)
        expect(new Set(names).size).toBe(names.length)
      }),
      { numRuns: 500 }
    )
  })

  it("any answer has a verdict, and what is agreed keeps to the client's bounds", () => {
    const configs = fc.constantFrom(...clientConfigs([8, 11, 15]))
    fc.assert(
      fc.property(configs, extensions, (config, response) => {
        const verdict = PermessageDeflate.verify(config, response)
        if (verdict._tag !== "Agreed") return
        const { agreed } = verdict
        expect(agreed.serverMaxWindowBits).toBeLessThanOrEqual(
          config.unboundedServers === "refuse" ? config.serverMaxWindowBits : 15
        )
        expect(agreed.clientMaxWindowBits).toBeLessThanOrEqual(
          config.clientMaxWindowBits === "fixed" ? 15 : config.clientMaxWindowBits
        )
        expect(config.serverNoContextTakeover === "require" && !agreed.serverNoContextTakeover).toBe(false)
      }),
      { numRuns: 500 }
    )
  })
})
