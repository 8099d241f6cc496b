/**
 * A second, plain statement of the protocol, from the words of RFC 6455 and RFC 7692: what a conforming endpoint makes of what it
 * hears and is told to do, step by step. It shares nothing with the code that it is held against, knows no batches and no states,
 * and reads everything anew each time.
 *
 * Where a real endpoint is known to do otherwise, the difference is a {@link Deviation} with a name.
 */

export type Role = "client" | "server"
export type Octets = ReadonlyArray<number>
export type Message = string | Octets

/** What a program does with an endpoint. */
export type Step =
  /** The peer's octets, as one read. */
  | { readonly _tag: "Hear"; readonly octets: Octets }
  /** The peer answers our ping of this number, if it was sent. */
  | { readonly _tag: "HearPong"; readonly ping: number }
  | { readonly _tag: "HearEnd" }
  /** The transport is gone. */
  | { readonly _tag: "Break" }
  | { readonly _tag: "Send"; readonly message: Message }
  /** A message that is produced while it is sent. */
  | { readonly _tag: "Begin"; readonly kind: "text" | "binary" }
  | { readonly _tag: "Part"; readonly content: Message }
  | { readonly _tag: "Finish" }
  /** Its source has failed. */
  | { readonly _tag: "Abandon" }
  | { readonly _tag: "Ping" }
  | { readonly _tag: "Close"; readonly code: number; readonly reason: string }
  /** The transport is over its mark, and nothing leaves; it takes octets again. Neither changes what is said, nor its order. */
  | { readonly _tag: "Stall" }
  | { readonly _tag: "Drain" }
  /** Whatever is waited for has not come in time. */
  | { readonly _tag: "Timer" }
  | { readonly _tag: "Abort" }

export interface Setting {
  readonly role: Role
  readonly maxMessageSize: number
  /** permessage-deflate, if it was negotiated. */
  readonly extension?: Extension | undefined
  /** Whether each message is sent back, when that can be done at once. */
  readonly echoes: boolean
  /** The unpredictable numbers, in the order in which they are drawn: two for each ping, one for each frame that is masked. */
  readonly random: (index: number) => number
}

export interface Extension {
  /** From so many octets on messages are compressed. */
  readonly worthFrom: number
  /** What a compressed message inflates to, as far as it has come, behind all before it; `undefined` if it is no DEFLATE. */
  readonly inflate: (before: ReadonlyArray<Octets>, octets: Octets, isWhole: boolean) => Octets | undefined
  /** A part of a message; the last loses its tail (7692 §7.2.1). */
  readonly deflate: (octets: Octets, isLast: boolean) => Octets
}

/** How peers in the field are known to differ. */
export const deviations = {
  LongLengths: "6455 §5.2: it takes lengths that can be said in fewer octets",
  TopBitTooBig: "6455 §5.2: a length of 2^53 or more is too big to it (1009), the top bit or not",
  LengthBeforeKey: "6455 §5.2: it judges a length before the masking key has come",
  LimitOnWire: "7692 §6: it holds the octets of a compressed message to the limit as they come, too",
  LatePayloads: "6455 §8.1: it looks at a payload when the frame is whole, and at UTF-8 when the message is",
  FragmentCount: "6455 §5.4: it fails a message of more than 16,384 fragments with 1008",
  FinalBlockForgets: "7692 §7.2.3.4: behind a block with BFINAL set it drops the rest, and begins a new context",
  UnfinishedBlock: "7692 §7.2.2: it delivers what a message has come to that ends amid a block",
  NoPongWhileClosing: "6455 §5.5.2: once it has sent Close it answers no ping",
  TooManyPings: "6455 §5.5.2: more than 60 pings in one read cut the transport, without a Close",
  ClientEndsFirst: "6455 §7.1.1: as a client too it ends its side as soon as both Closes were sent"
} as const

export type Deviation = keyof typeof deviations

// ---------------------------------------------------------------------------------------------------------------
// What the octets say
// ---------------------------------------------------------------------------------------------------------------

export interface Reading {
  readonly messages: ReadonlyArray<Message>
  /** The payloads of pings, to be answered, and of pongs. */
  readonly pings: ReadonlyArray<Octets>
  readonly pongs: ReadonlyArray<Octets>
  readonly end:
    /** Octets are missing yet. */
    | { readonly _tag: "Unfinished" }
    /** A legal Close: its code, or none. */
    | { readonly _tag: "Close"; readonly code: number | undefined }
    /** The connection is to be failed with this code; and what the illegal Close said, if it was one. */
    | { readonly _tag: "Fail"; readonly code: number; readonly remote: number | null | undefined }
}

interface Fragments {
  readonly isText: boolean
  readonly isCompressed: boolean
  /** As they came. */
  readonly octets: Octets
}

export const read = (
  octets: Octets,
  { extension, maxMessageSize, role }: Pick<Setting, "role" | "maxMessageSize" | "extension">,
  does: ReadonlySet<Deviation> = new Set()
): Reading => {
  const messages: Array<Message> = []
  const pings: Array<Octets> = []
  const pongs: Array<Octets> = []
  const compressed: Array<Octets> = []
  let count = 0
  let fragments: Fragments | undefined
  const stop = (end: Reading["end"]): Reading => ({ messages, pings, pongs, end })
  const fail = (code: number, remote?: number | null): Reading => stop({ _tag: "Fail", code, remote })

  let at = 0
  for (;;) {
    const first = octets[at]
    const second = octets[at + 1]
    if (first === undefined || second === undefined) return stop({ _tag: "Unfinished" })
    const isFinal = first >= 128
    const reserved = Math.floor(first / 16) % 8
    const opcode = first % 16
    const isControl = opcode >= 8
    const isMasked = second >= 128
    const shortLength = second % 128

    // §5.2: reserved bits without an extension; opcodes without a meaning. 7692 §6: RSV1 begins a compressed message
    const isCompressed = reserved === 4 && extension !== undefined && (opcode === 1 || opcode === 2)
    if (reserved !== 0 && !isCompressed) return fail(1002)
    if (![0, 1, 2, 8, 9, 10].includes(opcode)) return fail(1002)
    // §5.1: a client masks every frame, and a server none
    if (isMasked !== (role === "server")) return fail(1002)
    // §5.5: control frames are short and whole
    if (isControl && (!isFinal || shortLength > 125)) return fail(1002)
    // §5.4: a continuation continues something, and nothing else begins meanwhile
    if (opcode === 0 && fragments === undefined) return fail(1002)
    if ((opcode === 1 || opcode === 2) && fragments !== undefined) return fail(1002)

    const extended = shortLength === 126 ? 2 : shortLength === 127 ? 8 : 0
    const headerSize = 2 + extended + (isMasked ? 4 : 0)
    const header = octets.slice(at, at + headerSize)
    const size = header.slice(2, 2 + extended)
    const known = does.has("LengthBeforeKey") ? headerSize - (isMasked ? 4 : 0) : headerSize
    if (header.length < known) return stop({ _tag: "Unfinished" })
    const length = extended === 0 ? shortLength : value(size)
    // §5.2: in as few octets as it can be said, and without the uppermost bit
    if (does.has("TopBitTooBig") && length >= 2 ** 53) return fail(1009)
    if (extended === 8 && (header[2] ?? 0) >= 128) return fail(1002)
    if (!does.has("LongLengths")) {
      if (extended === 2 && length < 126) return fail(1002)
      if (extended === 8 && length < 65536) return fail(1002)
    }
    // The limit is the receiver's; of what is not compressed the header tells the size
    const before: Fragments = fragments ?? { isText: opcode === 1, isCompressed, octets: [] }
    if (!isControl && (!before.isCompressed || does.has("LimitOnWire"))) {
      if (before.octets.length + length > maxMessageSize) return fail(1009)
    }
    if (header.length < headerSize) return stop({ _tag: "Unfinished" })

    // §5.3
    const key = header.slice(headerSize - 4)
    const payload = octets
      .slice(at + headerSize, at + headerSize + length)
      .map((octet, i) => isMasked ? octet ^ (key[i % 4] ?? 0) : octet)
    const isWhole = payload.length === length
    at += headerSize + length

    if (isControl) {
      if (!isWhole) return stop({ _tag: "Unfinished" })
      if (opcode === 9) pings.push(payload)
      if (opcode === 10) pongs.push(payload)
      if (opcode !== 8) continue
      // §5.5.1, §7.4: nothing, or a code that may be sent and a reason in UTF-8
      if (length === 0) return stop({ _tag: "Close", code: undefined })
      if (length === 1) return fail(1002, null)
      const code = value(payload.slice(0, 2))
      if (!mayBeSent(code)) return fail(1002, code)
      if (!isUtf8(payload.slice(2), true)) return fail(1007, code)
      return stop({ _tag: "Close", code })
    }

    count = fragments === undefined ? 1 : count + 1
    if (does.has("FragmentCount") && isWhole && count > 16384) return fail(1008)
    const { isText } = before
    const message: Fragments = { ...before, octets: [...before.octets, ...payload] }
    const ends = isWhole && isFinal
    if (isWhole || !does.has("LatePayloads")) {
      // 7692 §6.2
      const inflated = message.isCompressed ? extension?.inflate(compressed, message.octets, ends) : message.octets
      if (inflated === undefined) return fail(1007)
      if (inflated.length > maxMessageSize) return fail(1009)
      // §8.1
      if (isText && (ends || !does.has("LatePayloads")) && !isUtf8(inflated, ends)) return fail(1007)
      if (ends) messages.push(isText ? textOf(inflated) : inflated)
    }
    if (!isWhole) return stop({ _tag: "Unfinished" })
    fragments = ends ? undefined : message
    if (ends && message.isCompressed) compressed.push(message.octets)
  }
}

/** The registry's codes that are not reserved for reports, and those left to libraries and applications. */
const mayBeSent = (code: number): boolean =>
  [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].includes(code) ||
  (code >= 3000 && code < 5000)

/** Whether it is UTF-8, or can become it by more octets. */
const isUtf8 = (octets: Octets, isAll: boolean): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(octets), { stream: !isAll })
    return true
  } catch {
    return false
  }
}

const textOf = (octets: Octets): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(octets))
const octetsOf = (content: Message): Octets =>
  typeof content === "string" ? Array.from(new TextEncoder().encode(content)) : content

/** Network byte order. */
const value = (octets: Octets): number => octets.reduce((sum, octet) => sum * 256 + octet, 0)

// ---------------------------------------------------------------------------------------------------------------
// Frames
// ---------------------------------------------------------------------------------------------------------------

export interface Frame {
  readonly first: number
  readonly key: number | undefined
  readonly payload: Octets
}

/** The frames in octets that are well-formed, and what is left of them. */
export const framesIn = (octets: Octets): readonly [frames: ReadonlyArray<Frame>, rest: Octets] => {
  const frames: Array<Frame> = []
  let rest = octets
  for (;;) {
    const [first, second = 0] = rest
    const shortLength = second % 128
    const extended = shortLength === 126 ? 2 : shortLength === 127 ? 8 : 0
    const keySize = second >= 128 ? 4 : 0
    const payloadAt = 2 + extended + keySize
    const length = extended === 0 ? shortLength : value(rest.slice(2, 2 + extended))
    if (first === undefined || rest.length < Math.max(2, payloadAt + length)) return [frames, rest]
    const key = rest.slice(2 + extended, payloadAt)
    const payload = rest.slice(payloadAt, payloadAt + length)
    frames.push({
      first,
      key: keySize === 0 ? undefined : value(key),
      payload: payload.map((octet, i) => octet ^ (key[i % 4] ?? 0))
    })
    rest = rest.slice(payloadAt + length)
  }
}

/** §5.2 */
export const octetsOfFrame = ({ first, key, payload }: Frame): Octets => {
  const { length } = payload
  const mask = key === undefined ? [] : bytes(key, 4)
  const size = length < 126 ? [length] : length < 65536 ? [126, ...bytes(length, 2)] : [127, ...bytes(length, 8)]
  const [short = 0, ...extended] = size
  return [
    first,
    short + (key === undefined ? 0 : 128),
    ...extended,
    ...mask,
    ...payload.map((octet, i) => octet ^ (mask[i % 4] ?? 0))
  ]
}

const bytes = (number: number, count: number): Octets =>
  Array.from({ length: count }, (_, i) => Math.floor(number / 256 ** (count - 1 - i)) % 256)

// ---------------------------------------------------------------------------------------------------------------
// What becomes of it
// ---------------------------------------------------------------------------------------------------------------

export interface Outcome {
  readonly _tag: "Clean" | "Failed" | "CloseTimeout" | "DropTimeout" | "Dropped" | "Aborted"
  readonly closedFirst: "us" | "peer" | "none"
  /** The codes of the Closes: `null` for one without. */
  readonly local: number | null | undefined
  readonly remote: number | null | undefined
  readonly droppedBy: "us" | "peer"
}

export interface Account {
  readonly messages: ReadonlyArray<Message>
  /** What was written. A Close carries its code alone when it says that the connection failed: the words are free. */
  readonly frames: ReadonlyArray<Frame>
  /** For each `Send` and `Begin`, and for each `Ping`. */
  readonly sends: ReadonlyArray<"sent" | "waiting" | "closed" | "failed">
  readonly pings: ReadonlyArray<"answered" | "waiting" | "closed">
  /** We ended our side; we cut the transport. */
  readonly ended: boolean
  readonly destroyed: boolean
  readonly outcome: Outcome | undefined
}

export const converse = (
  setting: Setting,
  steps: ReadonlyArray<Step>,
  does: ReadonlySet<Deviation> = new Set()
): Account => {
  const { echoes, extension, role } = setting
  const frames: Array<Frame> = []
  const sends: Array<Account["sends"][number]> = []
  const pings: Array<{ readonly payload: Octets; state: Account["pings"][number] }> = []
  /** Sends that a message under way holds up. */
  const held: Array<{ readonly send: number; readonly message: Message }> = []
  let stream: { readonly send: number; readonly kind: "text" | "binary"; begun: boolean; half: string } | undefined
  let heard: Octets = []
  let known: Reading = { messages: [], pings: [], pongs: [], end: { _tag: "Unfinished" } }
  let drawn = 0
  let local: number | null | undefined
  let remote: number | null | undefined
  let closedFirst: Outcome["closedFirst"] = "none"
  let failing = false
  let outcome: Outcome | undefined
  let gone = false // the transport
  let peerEnded = false
  let ended = false
  let destroyed = false

  const draw = (): number => setting.random(drawn++)
  const isOpen = (): boolean => local === undefined && outcome === undefined

  // -- sending

  const write = (first: number, payload: Octets): void => {
    // §5.3: a client masks with a fresh key each time
    frames.push({ first, key: role === "client" ? draw() : undefined, payload })
  }

  /** §5.4, and 7692 §6.1: RSV1 on the first frame. */
  const writeData = (opcode: number, content: Message, isFinal: boolean, isCompressed: boolean): void => {
    const octets = octetsOf(content)
    const first = opcode + (isFinal ? 128 : 0) + (isCompressed && opcode !== 0 ? 64 : 0)
    write(first, isCompressed && extension !== undefined ? extension.deflate(octets, isFinal) : octets)
  }

  const writeMessage = (message: Message): void => {
    const isWorth = extension !== undefined && octetsOf(message).length >= extension.worthFrom
    writeData(typeof message === "string" ? 1 : 2, message, true, isWorth)
  }

  const send = (message: Message): void => {
    const index = sends.push("sent") - 1
    if (!isOpen()) sends[index] = "closed"
    else if (stream === undefined) writeMessage(message)
    else {
      sends[index] = "waiting"
      held.push({ send: index, message })
    }
  }

  /** A fragment for each part, and an empty one that ends the message. */
  const part = (content: Message, isFinal: boolean): void => {
    if (stream === undefined) return
    if (!isFinal && content.length === 0) return
    writeData(stream.begun ? 0 : stream.kind === "text" ? 1 : 2, content, isFinal, extension !== undefined)
    stream.begun = true
  }

  const release = (): void => {
    stream = undefined
    for (const { message, send } of held.splice(0)) {
      if (!isOpen()) continue
      sends[send] = "sent"
      writeMessage(message)
    }
  }

  /** §5.5.1: no data behind a Close. Whoever waits is told. */
  const shut = (): void => {
    for (const { send } of held.splice(0)) sends[send] = "closed"
    for (const ping of pings) {
      if (ping.state === "waiting") ping.state = "closed"
    }
    if (stream !== undefined) sends[stream.send] = "closed"
    stream = undefined
  }

  const writeClose = (code: number | null, reason: string): void => {
    write(136, code === null ? [] : [...bytes(code, 2), ...octetsOf(reason)])
    local = code
    shut()
  }

  const close = (code: number, reason: string): void => {
    if (!isOpen()) return
    writeClose(code, reason)
    closedFirst = "us"
  }

  // -- the end

  const over = (tag: Outcome["_tag"], droppedBy: Outcome["droppedBy"]): void => {
    if (outcome !== undefined) return
    outcome = { _tag: tag, closedFirst, local, remote, droppedBy }
    shut()
  }

  /** §7.1.1: what the end of the stream means, and who ended it. */
  const theEnd = (): void => {
    if (failing) over("Failed", "us")
    else if (local !== undefined && remote !== undefined) over("Clean", role === "server" ? "us" : "peer")
    else over("Dropped", "peer")
  }

  const hear = (octets: Octets): void => {
    // Behind a Close, a failure or the end nothing counts
    if (remote !== undefined || failing || outcome !== undefined || peerEnded || gone) return
    heard = [...heard, ...octets]
    const before = known
    known = read(heard, setting, does)
    const { end } = known
    const asked = known.pings.slice(before.pings.length)
    if (does.has("TooManyPings") && isOpen() && asked.length > 60) {
      for (const payload of asked.slice(0, 60)) write(138, payload)
      gone = true
      return over("Dropped", "us")
    }
    for (const payload of asked) {
      if (isOpen() || !does.has("NoPongWhileClosing")) write(138, payload)
    }
    for (const payload of known.pongs.slice(before.pongs.length)) {
      const index = pings.findIndex((ping) => String(ping.payload) === String(payload))
      for (const ping of pings.slice(0, index + 1)) if (ping.state === "waiting") ping.state = "answered"
    }
    for (const message of known.messages.slice(before.messages.length)) {
      if (echoes && isOpen() && stream === undefined) writeMessage(message)
    }
    if (end._tag === "Close") {
      // §5.5.1: it is answered with its code
      if (local === undefined) {
        closedFirst = "peer"
        writeClose(end.code ?? null, "")
      }
      remote = end.code ?? null
      // §7.1.1: the server ends first
      if (role === "server" || does.has("ClientEndsFirst")) ended = true
    }
    if (end._tag === "Fail") {
      // §7.1.7
      failing = true
      closedFirst = "us"
      if (local === undefined) writeClose(end.code, "")
      remote = end.remote
      ended = true
    }
  }

  for (const step of steps) {
    switch (step._tag) {
      case "Hear":
        hear(step.octets)
        break
      case "HearPong": {
        const ping = pings[step.ping]
        if (ping !== undefined && ping.payload.length > 0) hear(pongTo(role, ping.payload))
        break
      }
      case "HearEnd":
        if (peerEnded || gone) break
        peerEnded = true
        theEnd()
        ended = true
        break
      case "Break":
        if (gone) break
        gone = true
        theEnd()
        break
      case "Send":
        send(step.message)
        break
      case "Begin": {
        const index = sends.push("waiting") - 1
        if (isOpen()) stream = { send: index, kind: step.kind, begun: false, half: "" }
        else sends[index] = "closed"
        break
      }
      case "Part":
        if (stream === undefined) break
        if (typeof step.content === "string") {
          // A pair of surrogates stays together
          const text = stream.half + step.content
          const last = text.charCodeAt(text.length - 1)
          stream.half = last >= 0xd800 && last < 0xdc00 ? text.slice(-1) : ""
          part(text.slice(0, text.length - stream.half.length), false)
        } else part(step.content, false)
        break
      case "Finish":
        if (stream === undefined) break
        part(stream.kind === "text" ? stream.half : [], true)
        sends[stream.send] = "sent"
        release()
        break
      case "Abandon": {
        if (stream === undefined) break
        const { begun, send } = stream
        // What was begun can't be taken back
        if (begun) close(1011, "a message was abandoned")
        sends[send] = "failed"
        release()
        break
      }
      case "Ping":
        if (!isOpen()) {
          pings.push({ payload: [], state: "closed" })
        } else {
          const payload = [...bytes(draw(), 4), ...bytes(draw(), 4)]
          pings.push({ payload, state: "waiting" })
          write(137, payload)
        }
        break
      case "Close":
        close(step.code, step.reason)
        break
      case "Timer": {
        const wasOver = outcome !== undefined
        if (failing) over("Failed", "us")
        else if (local !== undefined && remote !== undefined) over(role === "client" ? "DropTimeout" : "Clean", "us")
        else if (local !== undefined) over("CloseTimeout", "us")
        if (outcome !== undefined && !gone && (!wasOver || peerEnded)) destroyed = gone = true
        break
      }
      case "Stall":
      case "Drain":
        break
      case "Abort":
        if (failing) over("Failed", "us")
        else if (role === "server" && local !== undefined && remote !== undefined) over("Clean", "us")
        else over("Aborted", "us")
        if (!gone) destroyed = gone = true
        break
    }
  }
  return {
    messages: known.messages,
    frames,
    sends,
    pings: pings.map(({ state }) => state),
    ended,
    destroyed,
    outcome
  }
}

/** As the peer of `role` writes it: a client masks. */
export const pongTo = (role: Role, payload: Octets): Octets =>
  octetsOfFrame({ first: 138, key: role === "server" ? 0x37fa213d : undefined, payload })
