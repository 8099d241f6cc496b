/**
 * A second, plain statement of the protocol, from the words of RFC 6455: all octets that came, as one array of numbers -> what a
 * conforming endpoint makes of them. It shares nothing with the code that it is held against, knows no batches and no states,
 * and reads everything anew each time. (Without extensions.)
 */

export interface Reading {
  readonly messages: ReadonlyArray<string | ReadonlyArray<number>>
  /** The payloads of pings, to be answered. */
  readonly pings: ReadonlyArray<ReadonlyArray<number>>
  readonly end:
    /** Octets are missing yet. */
    | { readonly _tag: "Unfinished" }
    /** A legal Close: its code, or none. */
    | { readonly _tag: "Close"; readonly code: number | undefined }
    /** The connection is to be failed with this code. */
    | { readonly _tag: "Fail"; readonly code: number }
}

/** §5.1: a client masks every frame, and a server none. */
export const read = (octets: ReadonlyArray<number>, receiver: "client" | "server", maxMessageSize: number): Reading => {
  const messages: Array<string | ReadonlyArray<number>> = []
  const pings: Array<ReadonlyArray<number>> = []
  let fragments: { readonly isText: boolean; payload: ReadonlyArray<number> } | undefined
  const stop = (end: Reading["end"]): Reading => ({ messages, pings, end })
  const fail = (code: number): Reading => stop({ _tag: "Fail", code })

  let at = 0
  for (;;) {
    const first = octets[at]
    const second = octets[at + 1]
    if (first === undefined || second === undefined) return stop({ _tag: "Unfinished" })
    const isFinal = first >= 128
    const opcode = first % 16
    const isControl = opcode >= 8
    const isMasked = second >= 128
    const shortLength = second % 128

    // §5.2: reserved bits without an extension; opcodes without a meaning
    if (Math.floor(first / 16) % 8 !== 0) return fail(1002)
    if (![0, 1, 2, 8, 9, 10].includes(opcode)) return fail(1002)
    if (isMasked !== (receiver === "server")) return fail(1002)
    // §5.5: control frames are short and whole
    if (isControl && (!isFinal || shortLength > 125)) return fail(1002)
    // §5.4: a continuation continues something, and nothing else begins meanwhile
    if (opcode === 0 && fragments === undefined) return fail(1002)
    if ((opcode === 1 || opcode === 2) && fragments !== undefined) return fail(1002)

    const extended = shortLength === 126 ? 2 : shortLength === 127 ? 8 : 0
    const headerSize = 2 + extended + (isMasked ? 4 : 0)
    const header = octets.slice(at, at + headerSize)
    if (header.length < headerSize) return stop({ _tag: "Unfinished" })
    const length = extended === 0
      ? shortLength
      : header.slice(2, 2 + extended).reduce((sum, octet) => sum * 256 + octet, 0)
    // §5.2: in as few octets as it can be said, and without the uppermost bit
    if (extended === 8 && (header[2] ?? 0) >= 128) return fail(1002)
    if (extended === 2 && length < 126) return fail(1002)
    if (extended === 8 && length < 65536) return fail(1002)
    if (!isControl && (fragments?.payload.length ?? 0) + length > maxMessageSize) return fail(1009)

    // §5.3
    const key = header.slice(headerSize - 4)
    const payload = octets
      .slice(at + headerSize, at + headerSize + length)
      .map((octet, i) => isMasked ? octet ^ (key[i % 4] ?? 0) : octet)
    const isWhole = payload.length === length
    at += headerSize + length

    if (!isControl) {
      const isText = fragments?.isText ?? opcode === 1
      const soFar = [...(fragments?.payload ?? []), ...payload]
      const ends = isWhole && isFinal
      // §8.1
      if (isText && !isUtf8(soFar, ends)) return fail(1007)
      if (!isWhole) return stop({ _tag: "Unfinished" })
      fragments = ends ? undefined : { isText, payload: soFar }
      if (ends) {
        messages.push(isText ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(soFar)) : soFar)
      }
      continue
    }

    if (!isWhole) return stop({ _tag: "Unfinished" })
    if (opcode === 9) pings.push(payload)
    if (opcode !== 8) continue
    // §5.5.1, §7.4: nothing, or a code that may be sent and a reason in UTF-8
    if (length === 0) return stop({ _tag: "Close", code: undefined })
    if (length === 1) return fail(1002)
    const code = (payload[0] ?? 0) * 256 + (payload[1] ?? 0)
    if (!mayBeSent(code)) return fail(1002)
    if (!isUtf8(payload.slice(2), true)) return fail(1007)
    return stop({ _tag: "Close", code })
  }
}

/** The registry's codes that are not reserved for reports, and those left to libraries and applications. */
const mayBeSent = (code: number): boolean =>
  [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].includes(code) ||
  (code >= 3000 && code < 5000)

/** Whether it is UTF-8, or can become it by more octets. */
const isUtf8 = (octets: ReadonlyArray<number>, isAll: boolean): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(octets), { stream: !isAll })
    return true
  } catch {
    return false
  }
}

/** What a program does, besides receiving. */
export interface Program {
  readonly role: "client" | "server"
  readonly octets: ReadonlyArray<number>
  /** Behind so many octets we close with this code. */
  readonly close: { readonly after: number; readonly code: number } | undefined
  /** How the stream ends, behind all octets. */
  readonly fault: "end" | "reset"
}

export interface Account {
  readonly messages: Reading["messages"]
  readonly pings: Reading["pings"]
  /** The code of the Close that we sent: `null` for one without. */
  readonly sent: number | null | undefined
  readonly outcome: "Clean" | "Failed" | "Dropped"
  readonly closedFirst: "us" | "peer" | "none"
}

/** §7: what becomes of the connection. */
export const account = ({ close, octets, role }: Program, maxMessageSize: number): Account => {
  const { end, messages, pings } = read(octets, role, maxMessageSize)
  const before = close === undefined ? undefined : read(octets.slice(0, close.after), role, maxMessageSize)
  const weClosed = close !== undefined && before?.end._tag === "Unfinished" ? close.code : undefined
  switch (end._tag) {
    case "Unfinished":
      return {
        messages,
        pings,
        sent: weClosed,
        outcome: "Dropped",
        closedFirst: weClosed === undefined ? "none" : "us"
      }
    case "Fail":
      return { messages, pings, sent: weClosed ?? end.code, outcome: "Failed", closedFirst: "us" }
    case "Close":
      return {
        messages,
        pings,
        sent: weClosed ?? end.code ?? null,
        outcome: "Clean",
        closedFirst: weClosed === undefined ? "peer" : "us"
      }
  }
}
