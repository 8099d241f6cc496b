/** Fields as the codec has them <-> as `node:http2` takes and gives them. */
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import type { OutgoingHttpHeaders } from "node:http2"

/** Names that repeat have a list for their value. Without a prototype: a field may have any name. */
export const toNode = (fields: Headers): OutgoingHttpHeaders => {
  const all: Record<string, Array<string>> = Object.create(null)
  for (const [name, value] of fields) (all[name] ??= []).push(value)
  const headers: OutgoingHttpHeaders = Object.create(null)
  for (const [name, values] of Object.entries(all)) headers[name] = values.length === 1 ? values[0] : values
  return headers
}
