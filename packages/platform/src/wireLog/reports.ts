/**
 * What a log says, worked out when somebody asks. In: a connection that is recorded. Out: its report.
 *
 * Bytes are put together from what was kept of the frames that they belong to: what was not kept of a payload stands as `--`, for each
 * byte.
 */
import type * as Frame from "@effect-ws/codec/Frame"
import * as Mask from "@effect-ws/codec/Mask"
import type { Timed, TrafficStatistics, WireRecord } from "@effect-ws/codec/report/ConnectionRecord"
import { hex, showMask, shownOf, showOctets, showPayload, unclosed } from "@effect-ws/codec/report/ConnectionRecord"
import * as DateTime from "effect/DateTime"
import { fromOutcome } from "../ClosingBehavior.js"
import type { ConnectionLog } from "./ConnectionLog.js"
import { encode, type FrameTracker } from "./FrameTracker.js"
import type { Entry, Kept, Report } from "./model.js"
import type { Recording, Watched } from "./Watched.js"

/** `duration` in milliseconds. */
export const of = (
  { identity, outcome }: Watched,
  { httpRequest, httpResponse, log, preopen }: Recording,
  duration: number,
  payloadSize: number
): Report => {
  const kept = keptOf(log)
  return {
    ...identity,
    outcome,
    record: {
      started: iso(identity.openedAt),
      duration: Math.round(duration),
      closing: outcome === undefined ? unclosed(identity.role === "server") : fromOutcome(outcome),
      httpRequest,
      httpResponse,
      wire: [...handshake(identity.role === "server", httpRequest, httpResponse, preopen), ...wireOf(log, kept)],
      wirelogOn: true,
      octetsIn: withOne(log.readSizes.all, preopen.incoming),
      octetsOut: withOne(log.writeSizes.all, preopen.outgoing),
      framesIn: new Map(log.received.frames),
      framesOut: new Map(log.sent.frames),
      traffic: trafficOf(log, preopen)
    },
    pings: [...log.pings],
    pingCount: log.pingCount,
    waits: [...log.waited],
    waitCount: log.waitCount,
    leftOut: log.leftOut,
    payloadSize,
    kept
  }
}

/** Milliseconds since 1970 as ISO 8601 has it, in UTC. */
export const iso = (millis: number): string => DateTime.formatIso(DateTime.unsafeMake(millis))

// ---------------------------------------------------------------------------------------------------------------
// Statistics
// ---------------------------------------------------------------------------------------------------------------

/** The opening handshake is a read and a write, too. */
const withOne = (sizes: ReadonlyMap<number, number>, size: number): ReadonlyMap<number, number> =>
  size === 0 ? new Map(sizes) : new Map([...sizes, [size, (sizes.get(size) ?? 0) + 1]])

/** What a compressed message was before is not known here. */
const trafficOf = ({ octetsIn, octetsOut, received, sent }: ConnectionLog, preopen: Recording["preopen"]) => {
  const traffic = ({ compressed, dataFrames, messages, payload }: FrameTracker, wire: number) => ({
    wire,
    webSocket: payload,
    app: compressed ? 0 : payload,
    frames: dataFrames,
    messages
  })
  const statistics: TrafficStatistics = {
    incoming: traffic(received, octetsIn),
    outgoing: traffic(sent, octetsOut),
    preopen
  }
  return statistics
}

// ---------------------------------------------------------------------------------------------------------------
// The wire log
// ---------------------------------------------------------------------------------------------------------------

const keptOf = ({ entries: { after, before }, received, sent }: ConnectionLog): Kept => ({
  entries: [...before, ...after],
  rests: [{ isReceived: true, ...received.rest }, { isReceived: false, ...sent.rest }]
})

const handshake = (
  isServer: boolean,
  request: string,
  response: string,
  { incoming, outgoing }: Recording["preopen"]
): ReadonlyArray<Timed> => {
  const [theirs, ours] = isServer ? [request, response] : [response, request]
  const read: WireRecord = ["RO", [incoming, textShown(theirs, incoming)]]
  const written: WireRecord = ["TO", [outgoing, textShown(ours, outgoing)], false]
  return (isServer ? [read, written] : [written, read]).map((record) => ({ at: 0, record }))
}

const textShown = (text: string, size: number): string =>
  showOctets(Uint8Array.from(text.slice(0, shownOf(size)), (letter) => letter.charCodeAt(0)), size)

/** With the log switched off and on where records were left out, as Autobahn's has it. */
const wireOf = (log: ConnectionLog, kept: Kept): ReadonlyArray<Timed> => {
  const inward = new Stream(kept, "RF")
  const outward = new Stream(kept, "TF")
  const recordOf = (entry: Entry): Timed => {
    const { at, kind, offset, size } = entry
    switch (kind) {
      case "RO":
        return { at, record: ["RO", [size, inward.show(offset, size)]] }
      case "TO":
        return { at, record: ["TO", [size, outward.show(offset, size)], false] }
      case "RF":
      case "TF":
        return { at, record: entry.header === undefined ? ["WLM", true] : frameOf(kind, entry.header, entry) }
    }
  }
  const { after, before } = log.entries
  const at = after[0]?.at ?? 0
  const gap: ReadonlyArray<Timed> = log.leftOut === 0
    ? []
    : [{ at, record: ["WLM", false] }, { at, record: ["WLM", true] }]
  return [...before.map(recordOf), ...gap, ...after.map(recordOf)]
}

const frameOf = (kind: "RF" | "TF", header: Frame.Header, { payload: kept, size }: Entry): WireRecord => {
  const { fin, mask, opcode, rsv } = header
  const payload = kept.slice()
  if (mask !== undefined) Mask.mask(payload, 0, payload.length, mask, 0)
  const isCut = payload.length < shownOf(size) && size === shownOf(size)
  const shown = [
    size,
    payload.length === 0 && size > 0 ? notKept : `${showPayload(payload, size)}${isCut ? " ..." : ""}`
  ] as const
  return kind === "RF"
    ? ["RF", shown, opcode, fin, rsv, mask !== undefined, showMask(mask)]
    : ["TF", shown, opcode, fin, rsv, showMask(mask), null, null, false]
}

const notKept = "(payload not kept)"

/** The bytes of one direction, as far as they were kept. Runs are asked for in their order. */
export class Stream {
  private next = 0
  private readonly parts: ReadonlyArray<{ readonly offset: number; readonly octets: Uint8Array }>

  constructor({ entries, rests }: Kept, kind: "RF" | "TF") {
    this.parts = [
      ...entries.flatMap(({ header, kind: its, offset, payload }) =>
        header === undefined || its !== kind ? [] : [{ offset, octets: encode(header, payload) }]
      ),
      ...rests.filter(({ isReceived }) => isReceived === (kind === "RF"))
    ]
  }

  /** As the wire log shows a run. */
  show(offset: number, size: number): string {
    const end = offset + shownOf(size)
    let digits = ""
    for (const { at, octets } of this.within(offset, end)) {
      digits += "--".repeat(at - offset - digits.length / 2) + hex(octets)
    }
    return digits + "--".repeat(end - offset - digits.length / 2) + (size > shownOf(size) ? " ..." : "")
  }

  /** What was kept between two places. */
  within(start: number, end: number): ReadonlyArray<{ readonly at: number; readonly octets: Uint8Array }> {
    const found: Array<{ readonly at: number; readonly octets: Uint8Array }> = []
    const endOf = (i: number): number => {
      const part = this.parts[i]
      return part === undefined ? Infinity : part.offset + part.octets.length
    }
    while (endOf(this.next) <= start) this.next++
    for (let i = this.next; i < this.parts.length; i++) {
      const part = this.parts[i]
      if (part === undefined || part.offset >= end) break
      const from = Math.max(start, part.offset)
      const octets = part.octets.subarray(from - part.offset, end - part.offset)
      if (octets.length > 0) found.push({ at: from, octets })
    }
    return found
  }
}
