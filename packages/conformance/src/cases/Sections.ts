/**
 * The titles of chapters and sections, for reports: an id such as `6.4.3` stands in section 6.4 of chapter 6.
 *
 * It does not know the cases.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 * @category models
 */
export interface Section {
  readonly id: string
  readonly title: string
}

const chapters: ReadonlyArray<Section> = [
  { id: "1", title: "Framing" },
  { id: "2", title: "Ping and pong" },
  { id: "3", title: "Reserved bits" },
  { id: "4", title: "Reserved opcodes" },
  { id: "5", title: "Fragmentation" },
  { id: "6", title: "UTF-8" },
  { id: "7", title: "Closing" },
  { id: "9", title: "Limits and performance" },
  { id: "10", title: "Auto-fragmentation" },
  { id: "12", title: "Compression: kinds of data" },
  { id: "13", title: "Compression: parameters" },
  { id: "14", title: "Beyond: opening handshake, server" },
  { id: "15", title: "Beyond: opening handshake, client" },
  { id: "16", title: "Beyond: lengths and masking" },
  { id: "17", title: "Beyond: permessage-deflate" },
  { id: "18", title: "Beyond: fragment floods" },
  { id: "19", title: "Beyond: half-open closes and resets" }
]

const sections: ReadonlyArray<Section> = [
  { id: "1.1", title: "Text frames of boundary sizes" },
  { id: "1.2", title: "Binary frames of boundary sizes" },
  { id: "2", title: "Ping and pong" },
  { id: "3", title: "RSV bits set without an extension" },
  { id: "4.1", title: "Data range (3 to 7)" },
  { id: "4.2", title: "Control range (11 to 15)" },
  { id: "5", title: "Fragmentation" },
  { id: "6.1", title: "Zero-length messages and fragments" },
  { id: "6.2", title: "Valid text, whole or split" },
  { id: "6.3", title: "Invalid text, whole or split" },
  { id: "6.4", title: "Failing fast on invalid text" },
  { id: "6.5", title: "Ordinary well-formed strings" },
  { id: "6.6", title: "Every prefix of a Greek word, some inside a code point" },
  { id: "6.7", title: "Smallest code point of each legal length" },
  { id: "6.8", title: "Smallest values of the abolished 5- and 6-byte forms" },
  { id: "6.9", title: "Largest code point of each legal length" },
  { id: "6.10", title: "Largest values of the 4-, 5- and 6-byte forms" },
  { id: "6.11", title: "Around the surrogates and the end of Unicode" },
  { id: "6.12", title: "Continuation bytes with no lead byte" },
  { id: "6.13", title: "Lead bytes followed by a space" },
  { id: "6.14", title: "Sequences without their last byte" },
  { id: "6.15", title: "All of those joined" },
  { id: "6.16", title: "Bytes that never occur (FE, FF)" },
  { id: "6.17", title: "The slash in too-long encodings" },
  { id: "6.18", title: "The highest value of each too-long encoding" },
  { id: "6.19", title: "NUL in too-long encodings" },
  { id: "6.20", title: "Surrogates on their own" },
  { id: "6.21", title: "Surrogate pairs" },
  { id: "6.22", title: "Noncharacters, which are legal" },
  { id: "6.23", title: "The tail of the Specials block" },
  { id: "7.1", title: "Frames around the close" },
  { id: "7.3", title: "Length of the close payload" },
  { id: "7.5", title: "Bad UTF-8 in the close reason" },
  { id: "7.7", title: "Permitted codes" },
  { id: "7.9", title: "Forbidden codes" },
  { id: "7.13", title: "Codes out of range (informational)" },
  { id: "9.1", title: "One text frame, growing size" },
  { id: "9.2", title: "One binary frame, growing size" },
  { id: "9.3", title: "4 MiB text, growing fragments" },
  { id: "9.4", title: "4 MiB binary, growing fragments" },
  { id: "9.5", title: "1 MiB text frame, growing writes" },
  { id: "9.6", title: "1 MiB binary frame, growing writes" },
  { id: "9.7", title: "1000 text round trips" },
  { id: "9.8", title: "1000 binary round trips" },
  { id: "10.1", title: "A sender that fragments by itself" },
  { id: "12.1", title: "Pretty-printed JSON" },
  { id: "12.2", title: "A bitmap" },
  { id: "12.3", title: "Prose, sent as bytes" },
  { id: "12.4", title: "HTML, not only ASCII" },
  { id: "12.5", title: "A compressed document" },
  { id: "13.1", title: "No requests" },
  { id: "13.2", title: "No context takeover" },
  { id: "13.3", title: "9-bit window" },
  { id: "13.4", title: "15-bit window" },
  { id: "13.5", title: "No context takeover, 9-bit window" },
  { id: "13.6", title: "No context takeover, 15-bit window" },
  { id: "13.7", title: "A ranked list of three" },
  { id: "14.1", title: "Requests that must open" },
  { id: "14.2", title: "Requests that must be refused" },
  { id: "14.3", title: "Heads in pieces, frames behind the head" },
  { id: "15.1", title: "Responses that must open" },
  { id: "15.2", title: "Responses that must fail the handshake" },
  { id: "16.1", title: "Lengths not in their shortest form" },
  { id: "16.2", title: "64-bit lengths" },
  { id: "16.3", title: "Masking" },
  { id: "17.1", title: "Negotiation, by a server" },
  { id: "17.2", title: "Negotiation, by a client" },
  { id: "17.3", title: "Compressed messages" },
  { id: "18.1", title: "Many small or empty fragments" },
  { id: "18.2", title: "Many control frames" },
  { id: "19.1", title: "The end of the stream, without a Close" },
  { id: "19.2", title: "Resets" }
]

/**
 * @since 0.1.0
 * @category titles
 */
export const chapterOf = (id: string): Section => find(chapters, id.split(".").slice(0, 1).join("."))

/**
 * @since 0.1.0
 * @category titles
 */
export const sectionOf = (id: string): Section => {
  const parts = id.split(".")
  return find(sections, parts.slice(0, parts.length - 1).join("."))
}

const find = (among: ReadonlyArray<Section>, id: string): Section =>
  among.find((section) => section.id === id) ?? { id, title: `Section ${id}` }
