/**
 * The user's HTTP/2 servers that take WebSockets beside their routes: `stream` listeners give an extended CONNECT to the attachment of its
 * path. Requests for other paths are left to other listeners; if there are none, they are answered.
 *
 * Routes that listen for `request` make Node answer every CONNECT with 405, unless somebody listens for `connect`: so we do.
 */
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as ServerConnect from "@effect-ws/codec/ServerConnect"
import type {
  Http2SecureServer,
  Http2Server,
  Http2ServerRequest,
  Http2ServerResponse,
  IncomingHttpHeaders,
  ServerHttp2Stream
} from "node:http2"
import { attachmentFor, type Found, isReadable, pathOf, type WithPaths } from "./paths.js"
import type { Requests } from "./Requests.js"
import type { OpenedStream } from "./StreamRequests.js"

export type StreamHandler = Pick<Requests, "onFaultOfStream" | "onForeignStream" | "onStream">

interface Attachment extends WithPaths {
  readonly requests: StreamHandler
}

export class StreamAttachments {
  private readonly found = new WeakMap<ServerHttp2Stream, Found<Attachment> | undefined>()

  constructor(
    private readonly server: Http2Server | Http2SecureServer,
    private readonly attached: () => ReadonlyArray<Attachment>
  ) {}

  /** Sessions from now on say that they take WebSockets (RFC 8441 §3). */
  listen(): void {
    this.server.updateSettings({ enableConnectProtocol: true })
    this.server.on("stream", this.onStream)
    this.server.on("connect", this.onConnect)
  }

  /** Sessions that said so cannot take it back: their requests are answered by other listeners, or by Node with 405. */
  unlisten(): void {
    this.server.updateSettings({ enableConnectProtocol: false })
    this.server.off("stream", this.onStream)
    this.server.off("connect", this.onConnect)
  }

  private readonly onStream = (
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    flags: number,
    rawHeaders: ReadonlyArray<string> = []
  ): void => {
    const socket = stream.session?.socket
    const fields = HttpHeaders.fromRaw(rawHeaders)
    if (socket === undefined || !ServerConnect.asksForWebSocket(fields)) return
    const opened: OpenedStream = { stream, socket, headers, head: { fields, ended: (flags & endStream) !== 0 } }
    const path = pathOf(HttpHeaders.first(fields, ":path") ?? "")
    const found = this.find(stream, path)
    if (found === undefined) {
      if (this.server.listenerCount("stream") === 1) this.attached()[0]?.requests.onForeignStream(opened, "PathUnknown")
      return
    }
    const { requests } = found.attachment
    if (found._tag === "Found") requests.onStream(opened)
    else if (!isReadable(path)) requests.onForeignStream(opened, "TargetInvalid")
    else requests.onFaultOfStream("The function paths of an attached server failed", found.defect, opened)
  }

  /** Node's own answer to a CONNECT that nobody takes, except for those that we take. */
  private readonly onConnect = (request: Http2ServerRequest, response: Http2ServerResponse): void => {
    if (this.server.listenerCount("connect") > 1) return
    const isWebSocket = ServerConnect.asksForWebSocket(HttpHeaders.fromRaw(request.rawHeaders))
    if (isWebSocket && this.find(request.stream, pathOf(request.url)) !== undefined) return
    response.statusCode = isWebSocket ? 404 : 405
    response.end()
  }

  /** Both listeners call this. A function `paths` is called once, or it might answer them differently. */
  private find(stream: ServerHttp2Stream, path: string): Found<Attachment> | undefined {
    if (!this.found.has(stream)) this.found.set(stream, attachmentFor(this.attached(), path))
    return this.found.get(stream)
  }
}

const endStream = 0x1
