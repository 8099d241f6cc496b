/** The request of a client over HTTP/2 (RFC 8441), which has come as a whole; and how it is answered. */
import type * as Http2 from "node:http2"
import type { Asking } from "../examiner/ExamineClient.js"
import * as Connect from "../handshake/Connect.js"
import { WireLog } from "../verdict/Record.js"
import { finish } from "../wire/Sockets.js"

export const make = (stream: Http2.ServerHttp2Stream, fields: Connect.Fields, isEnded: boolean): Asking => {
  stream.on("error", () => undefined)
  const why = isEnded ? "the stream ends with its request" : Connect.refusal(fields)
  return {
    socket: stream,
    log: new WireLog(),
    started: new Date(),
    head: undefined,
    target: Connect.targetOf(fields),
    httpRequest: Connect.show(fields),
    rest: new Uint8Array(0),
    wrong: why === undefined ? undefined : { status: 400, why },
    open: (extension) => {
      const response = Connect.response(fields, extension)
      if (typeof response === "string") return response
      respond(stream, response.fields)
      return { text: Connect.show(response.fields), agreed: response.agreed }
    },
    refuse: (status, why) => {
      respond(stream, [[":status", String(status)], ["content-type", "text/plain; charset=utf-8"]])
      if (!stream.destroyed) stream.write(`${why}\n`)
      finish(stream)
    }
  }
}

/** The client may be gone, with its stream or its session. */
const respond = (stream: Http2.ServerHttp2Stream, fields: Connect.Fields): void => {
  if (!stream.destroyed && !stream.closed) stream.respond(Object.fromEntries(fields))
}
