/**
 * How a session of `node:http2` ends, told to its streams. In: its events. Out: for a stream that broke, whether that was the stream's
 * end alone (RST_STREAM), the peer's word (GOAWAY) or the session's loss.
 *
 * Node closes the streams of a lost session as if each had been reset with CANCEL: so it is noted here, before they are told.
 */
import * as Excerpt from "@effect-ws/codec/Excerpt"
import { GoAway, type Http2Error, SessionLost, StreamReset } from "@effect-ws/platform/Http2Error"
import type { Http2Session, Http2Stream } from "node:http2"

export class SessionEnd {
  private static readonly all = new WeakMap<Http2Session, SessionEnd>()

  static of(session: Http2Session): SessionEnd {
    const known = SessionEnd.all.get(session)
    if (known !== undefined) return known
    const end = new SessionEnd(session)
    SessionEnd.all.set(session, end)
    return end
  }

  private goaway: GoAway | undefined = undefined
  private error: unknown = undefined

  private constructor(private readonly session: Http2Session) {
    session.on("goaway", (code, _lastStream, data) => {
      this.goaway = new GoAway({ code, detail: detailOf(data) })
    })
    session.on("error", (error: unknown) => {
      this.error ??= error
    })
  }

  /** Whether streams that break now break with their session. */
  get isLost(): boolean {
    const { session } = this
    return session.destroyed || session.socket.destroyed
  }

  /** What lost the session: `undefined` while it is there, and where what came is no HTTP/2. */
  get cause(): Http2Error | undefined {
    if (this.goaway !== undefined) return this.goaway
    return this.isLost && !isOfHttp2(this.error) ? new SessionLost({ cause: this.error }) : undefined
  }

  /** What broke a stream, once it did. */
  causeFor(stream: Http2Stream, isLost: boolean): Http2Error {
    if (this.goaway !== undefined && (isLost || this.goaway.code !== 0)) return this.goaway
    return isLost ? new SessionLost({ cause: this.error }) : new StreamReset({ code: stream.rstCode ?? 0 })
  }
}

/** A breach of the protocol, as Node tells it; others are the socket's. */
const isOfHttp2 = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "code" in error && String(error.code).startsWith("ERR_HTTP2_")

/** It is the peer's, of any length. */
const detailOf = (data: NodeJS.ArrayBufferView | undefined): string =>
  data === undefined
    ? ""
    : Excerpt.cut(Buffer.from(data.buffer, data.byteOffset, Math.min(data.byteLength, 800)).toString("utf8"))
