/**
 * An HTTP/2 session that a client's connections share. In: a socket that speaks HTTP/2. Out: whether the server takes extended CONNECTs
 * (RFC 8441 §3), and streams. It is closed once it has had none for some time.
 */
import type { Http2Error } from "@effect-ws/platform/Http2Error"
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from "node:http2"
import type { Socket } from "node:net"
import { SessionEnd } from "../http2/SessionEnd.js"

export interface SessionOptions {
  /** Milliseconds without a stream after which it is closed. */
  readonly idleTimeout: number
  /** The limits for the fields of an answer. */
  readonly head: { readonly octets: number; readonly headerLines: number }
}

export class ClientSession {
  private readonly session: ClientHttp2Session
  private readonly end: SessionEnd
  private streams = 0
  private isGoingAway = false
  private isRetired = false
  /** Node's own timer, since only that lets the process end meanwhile. */
  private idle: NodeJS.Timeout | undefined = undefined

  constructor(
    socket: Socket,
    secure: boolean,
    private readonly options: SessionOptions,
    /** Its SETTINGS have arrived, or it is over. */
    onSettled: () => void,
    onGone: () => void
  ) {
    const { headerLines, octets } = options.head
    // The authority is given with each request.
    const session = connect(secure ? "https://session.invalid" : "http://session.invalid", {
      createConnection: () => socket,
      maxHeaderListPairs: headerLines + 2,
      settings: { enablePush: false, maxHeaderListSize: octets + 32 * (headerLines + 1) }
    })
    this.session = session
    this.end = SessionEnd.of(session)
    session.on("error", () => {}) // its streams are told
    socket.once("finish", () => socket.destroy()) // all was said, GOAWAY too: a peer that does not end its side keeps nothing
    session.on("goaway", () => {
      this.isGoingAway = true
    })
    session.once("remoteSettings", onSettled)
    session.once("close", () => {
      this.stopWaiting()
      onSettled()
      onGone()
    })
  }

  /** Whether the server said that it takes WebSockets. */
  get isEnabled(): boolean {
    return !this.session.destroyed && this.session.remoteSettings.enableConnectProtocol === true
  }

  /** What ended it, if its peer or its socket did. */
  get lost(): Http2Error | undefined {
    return this.end.cause
  }

  /** Whether it takes one stream more. */
  get isFree(): boolean {
    return this.isEnabled && !this.session.closed && !this.isGoingAway &&
      this.streams < (this.session.remoteSettings.maxConcurrentStreams ?? Infinity)
  }

  /** Throws Node's error for fields that Node does not take. */
  request(fields: OutgoingHttpHeaders): ClientHttp2Stream {
    const stream = this.session.request(fields, { endStream: false })
    this.streams++
    this.stopWaiting()
    this.session.ref()
    stream.once("close", () => {
      this.streams--
      this.release()
    })
    return stream
  }

  /** If it has no stream, it may be closed, and keeps no process alive meanwhile. */
  release(): void {
    if (this.streams > 0 || this.session.destroyed) return
    if (this.isRetired || this.options.idleTimeout === 0) return this.close()
    this.session.unref()
    this.stopWaiting()
    if (this.options.idleTimeout === Infinity) return
    this.idle = setTimeout(() => this.close(), this.options.idleTimeout).unref()
  }

  /** Its client is gone: it is closed with its last stream. */
  retire(): void {
    this.isRetired = true
    this.release()
  }

  /** It is too much for its server: it takes no new streams, and is closed with its last one. */
  exhaust(): void {
    this.isGoingAway = true
    this.retire()
  }

  close(): void {
    this.stopWaiting()
    this.session.close()
  }

  private stopWaiting(): void {
    clearTimeout(this.idle)
    this.idle = undefined
  }
}
