/**
 * The UTF-8 sequences of 6.5 to 6.23 (after Markus Kuhn's decoder stress test): for each group its rows of octets, whether they
 * are legal, and what they are.
 *
 * Data only. Whether a row is legal stands here and is not computed: the examiner does not ask what it examines.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 * @category models
 */
export interface Group {
  readonly group: string
  readonly rows: ReadonlyArray<Row>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Row {
  readonly hex: string
  readonly legal: boolean
  readonly label: string
}

const legal = (hex: string, label: string): Row => ({ hex, legal: true, label })
const illegal = (hex: string, label: string): Row => ({ hex, legal: false, label })

/** U+1FFFE, U+1FFFF, U+2FFFE and so on: the last two code points of every plane are noncharacters. */
const noncharacters: ReadonlyArray<Row> = Array.from({ length: 17 }, (_, plane) =>
  [0xfffe, 0xffff].map((low) => {
    const point = plane * 0x10000 + low
    return legal(
      Buffer.from(String.fromCodePoint(point), "utf8").toString("hex"),
      `noncharacter U+${point.toString(16).toUpperCase()}`
    )
  })).flat()

/**
 * @since 0.1.0
 * @category cases
 */
export const sequences: ReadonlyArray<Group> = [
  {
    group: "6.5",
    rows: [
      legal("68656c6c6f24776f726c64", "ASCII \"hello\" and \"world\" joined by U+0024 (1 byte)"),
      legal("68656c6c6fc2a2776f726c64", "ASCII \"hello\" and \"world\" joined by U+00A2 (2 bytes)"),
      legal("68656c6c6fe282ac776f726c64", "ASCII \"hello\" and \"world\" joined by U+20AC (3 bytes)"),
      legal("68656c6c6ff0a4ada2776f726c64", "ASCII \"hello\" and \"world\" joined by U+24B62 (4 bytes)"),
      legal("cebae1bdb9cf83cebcceb5", "Greek word of five characters, 11 bytes (one of them a 3-byte sequence)")
    ]
  },
  {
    group: "6.6",
    rows: [
      illegal("ce", "first 1 of 11 bytes, stops inside a code point"),
      legal("ceba", "first 2 of 11 bytes"),
      illegal("cebae1", "first 3 of 11 bytes, stops inside a code point"),
      illegal("cebae1bd", "first 4 of 11 bytes, stops inside a code point"),
      legal("cebae1bdb9", "first 5 of 11 bytes"),
      illegal("cebae1bdb9cf", "first 6 of 11 bytes, stops inside a code point"),
      legal("cebae1bdb9cf83", "first 7 of 11 bytes"),
      illegal("cebae1bdb9cf83ce", "first 8 of 11 bytes, stops inside a code point"),
      legal("cebae1bdb9cf83cebc", "first 9 of 11 bytes"),
      illegal("cebae1bdb9cf83cebcce", "first 10 of 11 bytes, stops inside a code point"),
      legal("cebae1bdb9cf83cebcceb5", "first 11 of 11 bytes")
    ]
  },
  {
    group: "6.7",
    rows: [
      legal("00", "U+0000 in 1 byte"),
      legal("c280", "U+0080 in 2 bytes"),
      legal("e0a080", "U+0800 in 3 bytes"),
      legal("f0908080", "U+10000 in 4 bytes")
    ]
  },
  {
    group: "6.8",
    rows: [
      illegal("f888808080", "value 0x200000 written in 5 bytes"),
      illegal("fc8480808080", "value 0x4000000 written in 6 bytes")
    ]
  },
  {
    group: "6.9",
    rows: [
      legal("7f", "U+007F in 1 byte"),
      legal("dfbf", "U+07FF in 2 bytes"),
      legal("efbfbf", "U+FFFF in 3 bytes"),
      legal("f48fbfbf", "U+10FFFF in 4 bytes")
    ]
  },
  {
    group: "6.10",
    rows: [
      illegal("f7bfbfbf", "value 0x1FFFFF written in 4 bytes"),
      illegal("fbbfbfbfbf", "value 0x3FFFFFF written in 5 bytes"),
      illegal("fdbfbfbfbfbf", "value 0x7FFFFFFF written in 6 bytes")
    ]
  },
  {
    group: "6.11",
    rows: [
      legal("ed9fbf", "U+D7FF, last before the surrogates"),
      legal("ee8080", "U+E000, first after the surrogates"),
      legal("efbfbd", "U+FFFD, the replacement character"),
      legal("f48fbfbf", "U+10FFFF, top of Unicode"),
      illegal("f4908080", "0x110000, one past the top of Unicode")
    ]
  },
  {
    group: "6.12",
    rows: [
      illegal("80", "lone 80"),
      illegal("bf", "lone BF"),
      illegal("80bf", "2 stray continuation bytes, 80 and BF alternating"),
      illegal("80bf80", "3 stray continuation bytes, 80 and BF alternating"),
      illegal("80bf80bf", "4 stray continuation bytes, 80 and BF alternating"),
      illegal("80bf80bf80", "5 stray continuation bytes, 80 and BF alternating"),
      illegal("80bf80bf80bf", "6 stray continuation bytes, 80 and BF alternating"),
      illegal(
        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbe",
        "the 63 bytes 80 to BE in order (BF is not included)"
      )
    ]
  },
  {
    group: "6.13",
    rows: [
      illegal(
        "c020c120c220c320c420c520c620c720c820c920ca20cb20cc20cd20ce20cf20d020d120d220d320d420d520d620d720d820d920da20db20dc20dd20de20",
        "C0 to DE, each followed by a space (31 lead bytes)"
      ),
      illegal(
        "e020e120e220e320e420e520e620e720e820e920ea20eb20ec20ed20ee20",
        "E0 to EE, each followed by a space (15 lead bytes)"
      ),
      illegal("f020f120f220f320f420f520f620", "F0 to F6, each followed by a space (7 lead bytes)"),
      illegal("f820f920fa20", "F8 to FA, each followed by a space (3 lead bytes)"),
      illegal("fc20", "FC only, each followed by a space (1 lead bytes)")
    ]
  },
  {
    group: "6.14",
    rows: [
      illegal("c0", "low-end 2-byte form cut after 1 byte"),
      illegal("e080", "low-end 3-byte form cut after 2 bytes"),
      illegal("f08080", "low-end 4-byte form cut after 3 bytes"),
      illegal("f8808080", "low-end 5-byte form cut after 4 bytes"),
      illegal("fc80808080", "low-end 6-byte form cut after 5 bytes"),
      illegal("df", "high-end 2-byte form cut after 1 byte"),
      illegal("efbf", "high-end 3-byte form cut after 2 bytes"),
      illegal("f7bfbf", "high-end 4-byte form cut after 3 bytes"),
      illegal("fbbfbfbf", "high-end 5-byte form cut after 4 bytes"),
      illegal("fdbfbfbfbf", "high-end 6-byte form cut after 5 bytes")
    ]
  },
  {
    group: "6.15",
    rows: [
      illegal(
        "c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf",
        "concatenation of 6.14.1 through 6.14.10 (30 bytes)"
      )
    ]
  },
  {
    group: "6.16",
    rows: [
      illegal("fe", "FE alone"),
      illegal("ff", "FF alone"),
      illegal("fefeffff", "FE FE FF FF")
    ]
  },
  {
    group: "6.17",
    rows: [
      illegal("c0af", "U+002F stretched to 2 bytes"),
      illegal("e080af", "U+002F stretched to 3 bytes"),
      illegal("f08080af", "U+002F stretched to 4 bytes"),
      illegal("f8808080af", "U+002F stretched to 5 bytes"),
      illegal("fc80808080af", "U+002F stretched to 6 bytes")
    ]
  },
  {
    group: "6.18",
    rows: [
      illegal("c1bf", "U+007F stretched to 2 bytes"),
      illegal("e09fbf", "U+07FF stretched to 3 bytes"),
      illegal("f08fbfbf", "U+FFFF stretched to 4 bytes"),
      illegal("f887bfbfbf", "0x1FFFFF stretched to 5 bytes"),
      illegal("fc83bfbfbfbf", "0x3FFFFFF stretched to 6 bytes")
    ]
  },
  {
    group: "6.19",
    rows: [
      illegal("c080", "U+0000 stretched to 2 bytes"),
      illegal("e08080", "U+0000 stretched to 3 bytes"),
      illegal("f0808080", "U+0000 stretched to 4 bytes"),
      illegal("f880808080", "U+0000 stretched to 5 bytes"),
      illegal("fc8080808080", "U+0000 stretched to 6 bytes")
    ]
  },
  {
    group: "6.20",
    rows: [
      illegal("eda080", "high surrogate U+D800 alone"),
      illegal("edadbf", "high surrogate U+DB7F alone"),
      illegal("edae80", "high surrogate U+DB80 alone"),
      illegal("edafbf", "high surrogate U+DBFF alone"),
      illegal("edb080", "low surrogate U+DC00 alone"),
      illegal("edbe80", "low surrogate U+DF80 alone"),
      illegal("edbfbf", "low surrogate U+DFFF alone")
    ]
  },
  {
    group: "6.21",
    rows: [
      illegal("eda080edb080", "pair U+D800 + U+DC00"),
      illegal("eda080edbfbf", "pair U+D800 + U+DFFF"),
      illegal("edadbfedb080", "pair U+DB7F + U+DC00"),
      illegal("edadbfedbfbf", "pair U+DB7F + U+DFFF"),
      illegal("edae80edb080", "pair U+DB80 + U+DC00"),
      illegal("edae80edbfbf", "pair U+DB80 + U+DFFF"),
      illegal("edafbfedb080", "pair U+DBFF + U+DC00"),
      illegal("edafbfedbfbf", "pair U+DBFF + U+DFFF")
    ]
  },
  { group: "6.22", rows: noncharacters },
  {
    group: "6.23",
    rows: [
      legal("efbfb9", "U+FFF9"),
      legal("efbfba", "U+FFFA"),
      legal("efbfbb", "U+FFFB"),
      legal("efbfbc", "U+FFFC"),
      legal("efbfbd", "U+FFFD (replacement character)"),
      legal("efbfbe", "U+FFFE (noncharacter)"),
      legal("efbfbf", "U+FFFF (noncharacter)")
    ]
  }
]
