/**
 * The bytes of a connection as a capture that Wireshark and tshark open and dissect: a pcapng file (IETF draft-ietf-opsawg-pcapng) with
 * one packet of TCP over IPv4 for each run of bytes. In: runs, in the order in which they were seen. Out: the bytes of the file.
 *
 * The bytes are those of the connection before TLS. The packets around them are made up: addresses, sequence numbers and the opening and
 * closing of TCP are there for readers of captures. It knows neither frames nor handshakes.
 *
 * @since 0.1.0
 */

/**
 * Bytes that went by at once.
 *
 * @since 0.1.0
 * @category models
 */
export interface Run {
  readonly from: "client" | "server"
  /** Milliseconds since 1970, with fractions. */
  readonly at: number
  /** Their position in their direction, from the connection's first byte on. Anything between two runs is a gap in the capture. */
  readonly offset: number
  readonly octets: Uint8Array
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Capture {
  readonly runs: ReadonlyArray<Run>
  /** The client's IPv4 address; any other is shown as 192.0.2.1 (RFC 5737). */
  readonly clientAddress: string | undefined
  /** A comment in the head of the capture. */
  readonly comment: string
}

/**
 * @since 0.1.0
 * @category captures
 */
export const make = ({ clientAddress, comment, runs }: Capture): Uint8Array => {
  const blocks = [sectionHeader(comment), interfaceDescription]
  const client = { address: ipv4(clientAddress) ?? documentation, port: 49152 }
  const server = { address: localServer, port: 80 }
  const ends = { client: { from: client, to: server }, server: { from: server, to: client } }
  // What each side has sent so far, its SYN included: what the other one acknowledges.
  const sent = { client: 0, server: 0 }
  let last = runs[0]?.at ?? 0
  const send = (from: Run["from"], at: number, flags: number, sequence: number, octets: Uint8Array): void => {
    const other = from === "client" ? "server" : "client"
    last = at
    const packet = { ...ends[from], sequence, acknowledged: (flags & ack) === 0 ? 0 : sent[other], flags, octets }
    blocks.push(enhancedPacket(at, tcp(packet)))
    sent[from] = Math.max(sent[from], sequence + octets.length + ((flags & (syn | fin)) === 0 ? 0 : 1))
  }
  send("client", last, syn, 0, nothing)
  send("server", last, syn | ack, 0, nothing)
  send("client", last, ack, 1, nothing)
  for (const { at, from, octets, offset } of runs) {
    for (let start = 0; start < octets.length; start += mostOctets) {
      send(from, at, push | ack, 1 + offset + start, octets.subarray(start, start + mostOctets))
    }
  }
  send("client", last, fin | ack, sent.client, nothing)
  send("server", last, fin | ack, sent.server, nothing)
  send("client", last, ack, sent.client, nothing)
  return joined(blocks)
}

/** TCP's flags (RFC 9293 §3.1). */
const [fin, syn, push, ack] = [0x01, 0x02, 0x08, 0x10]

/** A packet of IPv4 has at most 65,535 bytes. */
const mostOctets = 60_000

const nothing = new Uint8Array(0)

const documentation: ReadonlyArray<number> = [192, 0, 2, 1]
const localServer: ReadonlyArray<number> = [192, 0, 2, 80]

const ipv4 = (address: string | undefined): ReadonlyArray<number> | undefined => {
  const parts = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address ?? "")?.slice(1).map(Number)
  return parts?.every((part) => part < 256) ? parts : undefined
}

// ---------------------------------------------------------------------------------------------------------------
// Packets
// ---------------------------------------------------------------------------------------------------------------

interface Side {
  readonly address: ReadonlyArray<number>
  readonly port: number
}

interface Segment {
  readonly from: Side
  readonly to: Side
  readonly sequence: number
  readonly acknowledged: number
  readonly flags: number
  readonly octets: Uint8Array
}

const ipHeader = 20
const tcpHeader = 20

/** RFC 791 §3.1 and RFC 9293 §3.1, with their checksums. */
const tcp = ({ acknowledged, flags, from, octets, sequence, to }: Segment): Uint8Array => {
  const packet = new Uint8Array(ipHeader + tcpHeader + octets.length)
  const view = new DataView(packet.buffer)
  view.setUint16(0, 0x4500)
  view.setUint16(2, packet.length)
  view.setUint16(8, 0x4006)
  packet.set(from.address, 12)
  packet.set(to.address, 16)
  view.setUint16(10, checksum(view, 0, ipHeader, 0))
  view.setUint16(ipHeader, from.port)
  view.setUint16(ipHeader + 2, to.port)
  view.setUint32(ipHeader + 4, sequence % 2 ** 32)
  view.setUint32(ipHeader + 8, acknowledged % 2 ** 32)
  view.setUint16(ipHeader + 12, 0x5000 | flags)
  view.setUint16(ipHeader + 14, 0xffff)
  packet.set(octets, ipHeader + tcpHeader)
  // The pseudo header: both addresses, which stand before, the protocol and the length.
  const pseudo = 6 + tcpHeader + octets.length
  view.setUint16(ipHeader + 16, checksum(view, 12, packet.length, pseudo))
  return packet
}

/** RFC 1071. */
const checksum = (view: DataView, start: number, end: number, first: number): number => {
  let sum = first
  for (let i = start; i + 1 < end; i += 2) sum += view.getUint16(i)
  if ((end - start) % 2 === 1) sum += view.getUint8(end - 1) << 8
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000)
  return ~sum & 0xffff
}

// ---------------------------------------------------------------------------------------------------------------
// Blocks
// ---------------------------------------------------------------------------------------------------------------

/** Its type, its length, its body in whole words, its length again (draft-ietf-opsawg-pcapng §3.1). */
const block = (type: number, body: Uint8Array): Uint8Array => {
  const size = 12 + Math.ceil(body.length / 4) * 4
  const octets = new Uint8Array(size)
  const view = new DataView(octets.buffer)
  view.setUint32(0, type)
  view.setUint32(4, size)
  octets.set(body, 8)
  view.setUint32(size - 4, size)
  return octets
}

/** §4.1, with a comment. Numbers are big-endian, which its magic tells. */
const sectionHeader = (comment: string): Uint8Array => {
  const text = Uint8Array.from(comment, (letter) => ascii(letter.charCodeAt(0)))
  const options = 4 + Math.ceil(text.length / 4) * 4 + 4
  const body = new Uint8Array(16 + options)
  const view = new DataView(body.buffer)
  view.setUint32(0, 0x1a2b3c4d)
  view.setUint16(4, 1)
  view.setUint32(8, 0xffff_ffff) // the section's length is not told
  view.setUint32(12, 0xffff_ffff)
  view.setUint16(16, 1) // opt_comment
  view.setUint16(18, text.length)
  body.set(text, 20)
  return block(0x0a0d0d0a, body)
}

const ascii = (unit: number): number => unit >= 0x20 && unit < 0x7f ? unit : 0x3f

/** §4.2: packets begin with IP (LINKTYPE_RAW), and are not cut. Times are in microseconds, unless told otherwise. */
const interfaceDescription = block(1, Uint8Array.of(0, 101, 0, 0, 0, 0, 0, 0))

/** §4.3. */
const enhancedPacket = (at: number, packet: Uint8Array): Uint8Array => {
  const body = new Uint8Array(20 + packet.length)
  const view = new DataView(body.buffer)
  const micros = Math.max(0, Math.round(at * 1000))
  view.setUint32(4, Math.floor(micros / 2 ** 32))
  view.setUint32(8, micros % 2 ** 32)
  view.setUint32(12, packet.length)
  view.setUint32(16, packet.length)
  body.set(packet, 20)
  return block(6, body)
}

const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
