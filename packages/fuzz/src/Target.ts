/**
 * What is fuzzed, and what must hold of it for any octets: that it answers instead of throwing, that its answer does not depend on
 * how the octets are cut into reads, and what an oracle says where there is one.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Decoder from "@effect-ws/codec/Decoder"
import * as ExtensionHeader from "@effect-ws/codec/ExtensionHeader"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"
import * as Primitives from "@effect-ws/codec/Primitives"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import { type Fragment, TextBytes } from "@effect-ws/connection/Message"
import * as Protocol from "@effect-ws/connection/Protocol"
import * as NodeDeflate from "@effect-ws/platform-node/NodeDeflate"
import type * as fc from "effect/FastCheck"
import { deepStrictEqual as same, ok } from "node:assert/strict"
import * as Zlib from "node:zlib"
import * as Inputs from "./Inputs.js"

export interface Target {
  readonly name: string
  readonly input: fc.Arbitrary<Inputs.Input>
  /** Throws when something does not hold. */
  readonly check: (input: Inputs.Input) => void
}

const uncut = (input: Inputs.Input): Inputs.Input => ({ ...input, cuts: [] })

// -- the decoder

const decoded = (input: Inputs.Input) => {
  let carry = Decoder.start
  const seen: Array<unknown> = []
  const payload: Array<number> = []
  for (const piece of Inputs.pieces(input)) {
    const [parts, next] = Decoder.parts(Primitives.plain, carry, piece)
    carry = next
    for (const part of parts) {
      if (part._tag === "Header") seen.push(part.header)
      else {
        payload.push(...part.octets)
        if (part.last) seen.push(payload.splice(0))
      }
    }
  }
  return { seen, payload, received: carry.received, partial: Array.from(carry.partial) }
}

const decoder: Target = {
  name: "decoder",
  input: Inputs.frames("server"),
  check: (input) => same(decoded(input), decoded(uncut(input)))
}

// -- the protocol

/** Neighboring pieces of a message, which depend on the cuts, put together. */
const joined = (fragments: ReadonlyArray<Fragment>) => {
  const all: Array<{ tag: string; text: string }> = []
  for (const fragment of fragments) {
    const text = fragment._tag === "Text"
      ? fragment.text
      : fragment._tag === "Binary"
      ? Buffer.from(fragment.octets).toString("latin1")
      : ""
    const last = all.at(-1)
    if (last !== undefined && last.tag === fragment._tag && text !== "") last.text += text
    else all.push({ tag: fragment._tag, text })
  }
  return all
}

interface Way {
  readonly settings: Protocol.Settings
  /** Whether we have sent Close before anything came. */
  readonly closing: boolean
  /** Whether what is held stays so until the stream has ended. */
  readonly late: boolean
}

const run = ({ closing, late, settings }: Way, input: Inputs.Input) => {
  let state = Protocol.open
  let left = mostInflated
  const compression = settings.compression ? NodeDeflate.server().open(agreed) : undefined
  const messages: Array<unknown> = []
  const fragments: Array<Fragment> = []
  const sent: Array<unknown> = []
  const take = (step: Protocol.Step): void => {
    state = step.state
    messages.push(...step.messages)
    fragments.push(...step.fragments)
    for (const action of step.actions) {
      if (action._tag === "SendPong") sent.push(Array.from(action.payload))
      if (action._tag === "SendClose") sent.push(action.status)
    }
    const inflate = step.actions.find((action) => action._tag === "Inflate")
    if (inflate === undefined || compression === undefined) return
    const answer = compression.inflate(inflate.octets, inflate.last, Math.min(inflate.limit, left))
    ok(answer._tag === "Now", "small ones are inflated at once")
    if (answer.value._tag === "Inflated") left -= lengthOf(answer.value.parts)
    take(Protocol.inflated(settings, state, answer.value))
  }
  if (closing) take(Protocol.close(settings, state, CloseStatus.make(1000)))
  for (const piece of Inputs.pieces(input)) {
    take(Protocol.receive(settings, state, piece))
    state = Protocol.detach(state)
    piece.fill(0xee) // it was lent
    if (!late) take(Protocol.settle(settings, state))
  }
  take(Protocol.ended(settings, state))
  take(Protocol.settle(settings, state))
  compression?.free()
  ok(state._tag === "Closed", "a stream that has ended leaves a connection that is over")
  const { outcome } = state
  for (const step of [Protocol.ended, Protocol.settle]) same(step(settings, state).state, state, "one outcome only")
  // How much of a message was handed on before it broke a rule depends on the cuts.
  const whole = fragments.slice(0, fragments.findLastIndex(({ _tag }) => _tag === "End") + 1)
  const seen = { messages, fragments: joined(outcome._tag === "Failed" ? whole : fragments) }
  return breaksPayload(settings, outcome) ? seen : { ...seen, sent, outcome }
}

/** Which rule is broken first by octets that break several depends on how many of them are inflated at once. */
const breaksPayload = ({ compression }: Protocol.Settings, outcome: CloseOutcome): boolean =>
  compression && outcome._tag === "Failed" && outcome.failure._tag === "Violation" &&
  ["InvalidDeflate", "InvalidUtf8", "MessageTooBig"].includes(outcome.failure.rule)

const lengthOf = (parts: ReadonlyArray<Uint8Array>): number => parts.reduce((sum, { length }) => sum + length, 0)

const protocol = (
  role: "client" | "server",
  way: "whole" | "streamed" | "closing" | "deflate" | "deflate-streamed"
): Target => {
  const settings: Protocol.Settings = {
    role,
    incoming: way === "streamed" || way === "deflate-streamed" ? "streamed" : "whole",
    primitives: Primitives.plain,
    maxMessageSize: 500,
    compression: way === "deflate" || way === "deflate-streamed"
  }
  const made: Way = { settings, closing: way === "closing", late: way === "streamed" }
  return {
    name: `protocol-${role}-${way}`,
    input: settings.compression ? Inputs.deflatedFrames(role) : Inputs.frames(role),
    check: (input) => same(run(made, input), run(made, uncut(input)))
  }
}

/** Text as bytes, in memory that messages share: what was read before stays as it was, and is what is decoded otherwise. */
const bytes = (role: "client" | "server"): Target => {
  const whole = {
    role,
    incoming: "whole",
    primitives: Primitives.plain,
    maxMessageSize: 500,
    compression: false
  } as const
  const way = (settings: Protocol.Settings): Way => ({ settings, closing: false, late: false })
  return {
    name: `protocol-${role}-bytes`,
    input: Inputs.frames(role),
    check: (input) => {
      const primitives = { ...Primitives.plain, allocate: sharing() }
      const { messages, ...others } = run(way({ ...whole, incoming: "bytes", primitives }), input)
      const decoded = messages.map((message) =>
        message instanceof TextBytes ? Buffer.from(message.bytes).toString() : message
      )
      same({ messages: decoded, ...others }, run(way(whole), input))
    }
  }
}

/** Pieces side by side, as a host may hand them out. */
const sharing = (): Primitives.Primitives["allocate"] => {
  const piece = new ArrayBuffer(64 * 1024)
  let next = 0
  return (size) => {
    if (next + size > piece.byteLength) return new Uint8Array(size)
    next += size
    return new Uint8Array(piece, next - size, size)
  }
}

// -- the opening handshake

const head = <Head>(start: (limits: HttpHead.Limits) => HttpHead.Carry<Head>) => (input: Inputs.Input) => {
  const read = (cut: Inputs.Input, limits: HttpHead.Limits) => {
    let carry = start(limits)
    let taken = 0
    for (const piece of Inputs.pieces(cut)) {
      const step = HttpHead.feed(carry, piece)
      taken += piece.length
      if (step._tag === "Problem") return step
      if (step._tag === "Head") return { head: step.head, size: taken - step.rest.length }
      carry = step.carry
    }
    return "unfinished"
  }
  for (const limits of [HttpHead.defaultLimits, tight]) same(read(input, limits), read(uncut(input), limits))
}

/** So little that inputs go beyond it, each way. */
const tight: HttpHead.Limits = { octets: 200, headerLines: 3, target: 20 }

const requestHead: Target = {
  name: "request-head",
  input: Inputs.heads([
    "GET /chat?a=b HTTP/1.1",
    "\r\nGET /a/path/of/some/length HTTP/1.1",
    "CONNECT a:1 HTTP/1.1",
    "PRI * HTTP/2.0"
  ]),
  check: head(HttpHead.request)
}

const responseHead: Target = {
  name: "response-head",
  input: Inputs.heads(["HTTP/1.1 101 Switching Protocols", "HTTP/1.0 200 OK", "HTTP/1.1 99 "]),
  check: head(HttpHead.response)
}

const clients: ReadonlyArray<PermessageDeflate.ClientConfig> = [
  PermessageDeflate.defaultClientConfig,
  {
    serverNoContextTakeover: "prefer",
    clientNoContextTakeover: "refuse",
    serverMaxWindowBits: 10,
    unboundedServers: "accept",
    clientMaxWindowBits: 9
  },
  {
    serverNoContextTakeover: "refuse",
    clientNoContextTakeover: "prefer",
    serverMaxWindowBits: 15,
    unboundedServers: "refuse",
    clientMaxWindowBits: "fixed"
  }
]

const servers: ReadonlyArray<PermessageDeflate.ServerConfig> = [
  PermessageDeflate.defaultServerConfig,
  {
    serverNoContextTakeover: "prefer",
    clientNoContextTakeover: "prefer",
    serverMaxWindowBits: 10,
    serverWindowRequests: "accept",
    clientMaxWindowBits: 9,
    unboundedClients: "accept"
  },
  {
    serverNoContextTakeover: "refuse",
    clientNoContextTakeover: "refuse",
    serverMaxWindowBits: 15,
    serverWindowRequests: "refuse",
    clientMaxWindowBits: 9,
    unboundedClients: "refuse"
  }
]

const extensionHeader: Target = {
  name: "extension-header",
  input: Inputs.extensions,
  check: ({ octets }) => {
    const parsed = ExtensionHeader.parse([Buffer.from(octets).toString("latin1")])
    if (parsed._tag === "Malformed") return
    const { extensions } = parsed
    for (const config of clients) PermessageDeflate.verify(config, extensions)
    for (const config of servers) {
      const accepted = PermessageDeflate.accept(config, extensions)
      if (accepted._tag === "Accepted") {
        const verdict = PermessageDeflate.verify(PermessageDeflate.defaultClientConfig, [accepted.response])
        same(verdict, { _tag: "Agreed", agreed: accepted.agreed }, "who offers it all agrees to the answer")
      }
    }
    const encoded = ExtensionHeader.encode(extensions)
    if (encoded._tag === "Problem") return
    same(ExtensionHeader.parse([encoded.value]), parsed, "what was read can be written, and read again")
  }
}

// -- Close

const close: Target = {
  name: "close",
  input: Inputs.closes,
  check: ({ octets }) => {
    const payload = octets.subarray(0, 125)
    const parsed = CloseStatus.parse(Primitives.plain, payload)
    if (parsed._tag === "Illegal") return
    same(CloseStatus.encode(Primitives.plain, parsed.status), payload.slice(), "a legal Close is written as it came")
  }
}

// -- inflating

const agreed: PermessageDeflate.Agreed = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15
}
const mostInflated = 20_000

const inflate: Target = {
  name: "inflate",
  input: Inputs.deflated,
  check: (input) => {
    const all = Inputs.pieces(input)
    const compression = NodeDeflate.server().open(agreed)
    const parts: Array<Uint8Array> = []
    let left = mostInflated
    try {
      for (const [i, piece] of all.entries()) {
        const answer = compression.inflate(piece, i === all.length - 1, left)
        ok(answer._tag === "Now", "small ones are inflated at once")
        if (answer.value._tag !== "Inflated") return
        for (const part of answer.value.parts) left -= part.length
        ok(left >= 0, "never past the limit")
        parts.push(Buffer.concat(answer.value.parts)) // some are lent
      }
    } finally {
      compression.free()
    }
    if (all.length === 0) return
    const whole = Buffer.concat([input.octets, Buffer.of(0x00, 0x00, 0xff, 0xff)])
    const expected = inflatedByOracle(whole)
    // It stops at a final block, behind which we go on.
    if (expected !== undefined) same(Buffer.concat(parts).subarray(0, expected.length), expected)
  }
}

const inflatedByOracle = (octets: Uint8Array): Buffer | undefined => {
  try {
    return Zlib.inflateRawSync(octets, { finishFlush: Zlib.constants.Z_SYNC_FLUSH })
  } catch {
    return undefined
  }
}

export const all: ReadonlyArray<Target> = [
  decoder,
  protocol("server", "whole"),
  protocol("client", "whole"),
  protocol("server", "streamed"),
  protocol("client", "streamed"),
  protocol("server", "closing"),
  protocol("client", "closing"),
  bytes("server"),
  bytes("client"),
  protocol("server", "deflate"),
  protocol("client", "deflate"),
  protocol("server", "deflate-streamed"),
  requestHead,
  responseHead,
  extensionHeader,
  close,
  inflate
]
