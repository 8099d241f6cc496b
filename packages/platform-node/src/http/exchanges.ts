/**
 * What an app is given to answer an upgrade that it does not ask for: a request and a response as for any other, over HTTP/1.1 and
 * HTTP/2. In: the upgrade. Out: an `Exchange` for its `Route`.
 */
import * as Http from "node:http"
import { Http2ServerRequest, Http2ServerResponse } from "node:http2"
import * as Net from "node:net"
import type { HttpUpgrade } from "../server/HttpUpgrade.js"
import type { OpenedStream } from "../server/StreamRequests.js"
import type { StreamUpgrade } from "../server/StreamUpgrade.js"
import type { Exchange } from "./Route.js"

export const overHttp1 =
  (request: Http.IncomingMessage, upgrade: HttpUpgrade, handler: Http.RequestListener) =>
  (onBegin: () => void): Exchange => {
    const response = new RouteResponse(request, onBegin)
    return {
      start: () => handler(request, response),
      finish: () => {
        if (!response.writableEnded) response.end()
      },
      surrender: () => {
        response.shouldKeepAlive = false
        const surrendered = upgrade.surrender()
        if (surrendered === undefined) {
          response.assignSocket(new Nowhere())
        } else {
          const { end, socket } = surrendered
          response.assignSocket(socket)
          socket.on("drain", () => response.emit("drain")) // which Node does for requests that it still reads
          response.on("finish", end)
        }
      }
    }
  }

/** As the app sees it, the request is a `GET`, as it would be over HTTP/1.1. */
export const requestOf = ({ head: { fields }, headers, stream }: OpenedStream): Http2ServerRequest =>
  Object.defineProperty(new Http2ServerRequest(stream, headers, {}, fields.flat()), "method", { value: "GET" })

export const overHttp2 =
  ({ stream }: OpenedStream, request: Http2ServerRequest, upgrade: StreamUpgrade, handler: Http.RequestListener) =>
  (onBegin: () => void): Exchange => {
    // Node has made a response to the CONNECT as well, and two of them would both send trailers, which throws.
    stream.removeAllListeners("wantTrailers")
    const response = new StreamResponse(stream, onBegin)
    return {
      start: () => ofStreams(handler)(request, response),
      finish: () => Object.defineProperty(response, "writableEnded", { value: true }),
      surrender: () => {
        const end = upgrade.surrender()
        if (end !== undefined) response.on("finish", end)
      }
    }
  }

/** Node has requests and responses of HTTP/2 be as those of HTTP/1.1 are (its "compatibility API"), but for their types. */
function ofStreams(handler: Http.RequestListener): (request: Http2ServerRequest, response: Http2ServerResponse) => void
function ofStreams(handler: unknown): unknown {
  return handler
}

/** Tells when the app begins to answer. */
class RouteResponse extends Http.ServerResponse {
  constructor(request: Http.IncomingMessage, private readonly onBegin: () => void) {
    super(request)
  }

  override writeHead(status: number, reason?: string, headers?: Head): this
  override writeHead(status: number, headers?: Head): this
  override writeHead(...head: [status: number, reason?: string | Head, headers?: Head]): this {
    this.onBegin()
    return Reflect.apply(super.writeHead, this, head)
  }
}

type Head = Http.OutgoingHttpHeaders | Array<Http.OutgoingHttpHeader>

/** For a response that comes too late: whoever writes it must be called back. */
class Nowhere extends Net.Socket {
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done()
  }

  override _writev(_chunks: unknown, done: () => void): void {
    done()
  }
}

class StreamResponse extends Http2ServerResponse {
  constructor(stream: OpenedStream["stream"], private readonly onBegin: () => void) {
    super(stream)
  }

  override writeHead(status: number, reason?: string, headers?: Http.OutgoingHttpHeaders): this
  override writeHead(status: number, headers?: Http.OutgoingHttpHeaders): this
  override writeHead(
    ...head: [status: number, reason?: string | Http.OutgoingHttpHeaders, headers?: Http.OutgoingHttpHeaders]
  ): this {
    this.onBegin()
    const [status, ...rest] = head
    // a 2xx would open the stream (RFC 9110 §9.3.6), and a route's page is no WebSocket
    return Reflect.apply(super.writeHead, this, [status < 300 ? 404 : status, ...rest])
  }
}
