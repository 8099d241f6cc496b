/**
 * A report as a capture of packets. In: a report. Out: the bytes of a pcapng file, in which payload that was not kept is zeros, and what was
 * left out of the log is missing. A stream of HTTP/2 is shown as if it had been upgraded from HTTP/1.1.
 */
import type { Run } from "@effect-ws/codec/report/Pcapng"
import * as Pcapng from "@effect-ws/codec/report/Pcapng"
import type { Report } from "./model.js"
import { Stream } from "./reports.js"

export const of = (report: Report): Uint8Array => {
  const { id, kept, openedAt, path, payloadSize, peer, record: { httpRequest, httpResponse }, role } = report
  const [us, them] = role === "server" ? ["server", "client"] as const : ["client", "server"] as const
  const isStream = /^\S+ \S+ HTTP\/2\r\n/.test(httpRequest)
  const request = latin1(isStream ? upgrading(httpRequest, `GET ${path} HTTP/1.1`) : httpRequest)
  const response = latin1(isStream ? upgrading(httpResponse, "HTTP/1.1 101 Switching Protocols") : httpResponse)
  const heads = { client: request.length, server: response.length }
  const runs: Array<Run> = [
    { from: "client", at: openedAt, offset: 0, octets: request },
    { from: "server", at: openedAt, offset: 0, octets: response }
  ]
  const streams = { RO: new Stream(kept, "RF"), TO: new Stream(kept, "TF") }
  let room = mostFilled
  for (const { at, kind, offset, size } of kept.entries) {
    if (kind === "RF" || kind === "TF") continue
    const from = kind === "RO" ? them : us
    const parts = streams[kind].within(offset, offset + size)
    const known = parts.at(-1)
    // Room is for what is filled up: what was kept is there in any case.
    const length = room > 0 ? size : known === undefined ? 0 : known.at + known.octets.length - offset
    const octets = new Uint8Array(length)
    for (const part of parts) octets.set(part.octets, part.at - offset)
    room -= length
    if (length > 0) runs.push({ from, at: openedAt + at, offset: heads[from] + offset, octets })
  }
  const what = payloadSize === 0 ? "No payloads were kept" : `Of each payload ${payloadSize} bytes were kept`
  return Pcapng.make({
    runs,
    clientAddress: role === "server" ? peer : undefined,
    comment: `WebSocket connection ${id}, ${role} of ${path}. ${what}; others are zeros. Credentials are redacted.`
  })
}

/** A handshake of HTTP/2 (RFC 8441) as one of HTTP/1.1, so that dissectors find the WebSocket frames after it. */
const upgrading = (head: string, startLine: string): string =>
  `${startLine}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${head.slice(head.indexOf("\r\n") + 2)}`

/** Zeros are cheap to keep and expensive to write: a capture is filled up to this many bytes. */
const mostFilled = 16 * 1024 * 1024

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))
