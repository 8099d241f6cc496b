/**
 * A stream of `node:http2`, open in both ways, as the `Transport` of a connection (RFC 8441 §5). In: a stream whose CONNECT was
 * answered, or is to be. Out: as of a socket: END_STREAM is the end of the peer's side, RST_STREAM a reset.
 *
 * Back-pressure is HTTP/2's: who is not read has a window of its own that fills, and so holds its stream and no other.
 */
import type { Http2Stream } from "node:http2"
import { addAbortSignal } from "node:stream"
import { SocketTransport } from "../transport/SocketTransport.js"
import { SessionEnd } from "./SessionEnd.js"

export class StreamTransport extends SocketTransport {
  private readonly end: SessionEnd | undefined
  /** It ended before the peer ended its side. */
  private isBroken = false

  constructor(override readonly stream: Http2Stream) {
    super(stream)
    this.end = stream.session === undefined ? undefined : SessionEnd.of(stream.session)
    stream.on("aborted", () => this.broke(this.end?.isLost ?? true))
  }

  /** Node ends what it reads of a stream that was reset, too. */
  override tellEnd(): void {
    if (!this.isBroken) super.tellEnd()
  }

  /** RST_STREAM with CANCEL, and nothing else: `close` and a plain `destroy` of Node's first end our side as if all had been said. */
  override destroy(): void {
    if (this.stream.destroyed) return
    addAbortSignal(AbortSignal.abort(), this.stream)
  }

  /** Refused: our side ends behind what was written, and the peer need not say more (RFC 9113 §8.1). */
  finish(): void {
    const { stream } = this
    if (stream.writableFinished) stream.close(noError)
    else stream.once("finish", () => stream.close(noError))
  }

  /** Nobody said so while our side had ended, or was not open yet. */
  override close(): void {
    if (!this.stream.readableEnded && this.stream.rstCode !== noError) this.broke(this.end?.isLost ?? true)
    super.close()
  }

  private broke(isLost: boolean): void {
    if (this.isBroken) return
    this.isBroken = true
    this.error ??= this.end?.causeFor(this.stream, isLost)
  }
}

const noError = 0
