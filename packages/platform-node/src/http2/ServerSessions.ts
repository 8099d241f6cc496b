/**
 * Sessions of HTTP/2 on a port of ours. In: sockets whose peer speaks it, and settings. Out: streams whose HEADERS have come.
 *
 * Each session is bounded by itself: in streams at a time, in what their heads may take, in frames that only bother us, and in the time
 * that it may be without a stream. What `node:http2` bounds besides (CONTINUATION frames, SETTINGS without end, frames that are
 * none) it answers by ending the session.
 */
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import type { Deadline, Deadlines, Expiring } from "@effect-ws/connection/host/Deadlines"
import {
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions
} from "node:http2"
import type { Socket } from "node:net"
import type { OpenedStream } from "../server/StreamRequests.js"
import { Quota } from "./Quota.js"
import { SessionEnd } from "./SessionEnd.js"

export interface SessionSettings {
  /** Streams of a session at a time. */
  readonly maxStreams: number
  /** Milliseconds without a stream after which a session is closed. */
  readonly idleTimeout: number
  /** Milliseconds for a peer to end its side of a socket once its session is over. */
  readonly dropTimeout: number
  /** Bytes, and lines, that the fields of a request may take. */
  readonly head: { readonly octets: number; readonly headerLines: number }
}

export interface SessionEvents {
  readonly onStream: (opened: OpenedStream) => void
  /** A session was dropped, since its peer sent too much of what costs it nothing. */
  readonly onFlood: (socket: Socket) => void
}

export class ServerSessions {
  private readonly sessions = new Set<ServerSession>()
  private readonly options: ServerOptions
  private onEmpty: (() => void) | undefined = undefined

  constructor(
    readonly settings: SessionSettings,
    readonly deadlines: Deadlines,
    readonly events: SessionEvents
  ) {
    const { head, maxStreams } = settings
    this.options = {
      maxSessionMemory: sessionMemory(maxStreams),
      // Fields beyond it are a stream's end; one more than is let pass, and the pseudo-fields, so that the refusal is ours.
      maxHeaderListPairs: head.headerLines + 1 + pseudoFields,
      settings: {
        enableConnectProtocol: true,
        maxConcurrentStreams: maxStreams,
        // With 32 bytes more for each field than we count (RFC 9113 §6.5.2), so that the refusal is ours.
        maxHeaderListSize: head.octets + 32 * (head.headerLines + pseudoFields) + 1024
      }
    }
  }

  /** Takes a socket over from its first byte. */
  accept(socket: Socket): void {
    socket.allowHalfOpen = false // its end is the session's: `node:http` has its sockets half-open, and Node would wait for ever
    const session = new ServerSession(performServerHandshake(socket, this.options), socket, this)
    this.sessions.add(session)
  }

  /** It is over, socket and all. */
  forget(session: ServerSession): void {
    this.sessions.delete(session)
    if (this.sessions.size === 0) this.onEmpty?.()
  }

  /** GOAWAY to all; calls back once the last socket has closed. */
  close(onClosed: () => void): void {
    this.onEmpty = onClosed
    if (this.sessions.size === 0) return onClosed()
    for (const session of this.sessions) session.close()
  }
}

const pseudoFields = 5

/** In megabytes: half as much again as the windows of all streams, and some for the session. Beyond it Node opens no more streams. */
const sessionMemory = (maxStreams: number): number => 10 + Math.ceil(maxStreams * 96 / 1024)

class ServerSession implements Expiring {
  private readonly calm: Quota
  private streams = 0
  private deadline: Deadline | undefined = undefined
  private isClosing = false

  constructor(
    private readonly session: ServerHttp2Session,
    private readonly socket: Socket,
    private readonly all: ServerSessions
  ) {
    const { deadlines } = all
    this.calm = new Quota(mostBother, botherPerSecond, deadlines.now())
    SessionEnd.of(session)
    session.on(
      "stream",
      (
        stream: ServerHttp2Stream,
        headers: IncomingHttpHeaders,
        flags: number,
        rawHeaders: ReadonlyArray<string>
      ) => this.onStream(stream, headers, flags, rawHeaders)
    )
    session.on("ping", () => this.bother(1))
    session.on("remoteSettings", () => this.bother(1))
    session.on("error", () => {}) // the socket's, or a breach of HTTP/2: the session is destroyed, and its streams are told
    socket.on("close", () => this.onClosed())
    this.waitFor(all.settings.idleTimeout)
  }

  /** Streams that are open go on; there are no new ones. */
  close(): void {
    if (this.isClosing) return
    this.isClosing = true
    this.session.close()
    if (this.streams === 0) this.waitFor(this.all.settings.dropTimeout)
  }

  /** Too long without a stream, or without an end. */
  onDeadline(): void {
    this.deadline = undefined
    if (this.isClosing) this.socket.destroy()
    else this.close()
  }

  private onStream(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    flags: number,
    rawHeaders: ReadonlyArray<string>
  ): void {
    const { all, socket } = this
    if (stream.destroyed) return this.bother(costOfReset) // reset in the read that opened it
    this.streams++
    this.stopWaiting()
    stream.on("error", () => {}) // whoever serves it has listeners of their own
    stream.once("close", () => this.onStreamClosed(stream))
    const head = { fields: HttpHeaders.fromRaw(rawHeaders), ended: (flags & endStream) !== 0 }
    all.events.onStream({ stream, socket, headers, head })
  }

  private onStreamClosed({ headersSent, rstCode }: ServerHttp2Stream): void {
    this.streams--
    if (!headersSent && rstCode !== noError) this.bother(costOfReset)
    if (this.streams === 0) this.waitFor(this.isClosing ? this.all.settings.dropTimeout : this.all.settings.idleTimeout)
  }

  private bother(cost: number): void {
    if (this.session.destroyed || this.calm.take(cost, this.all.deadlines.now())) return
    this.isClosing = true
    this.all.events.onFlood(this.socket)
    this.session.goaway(enhanceYourCalm)
    this.session.destroy(undefined, enhanceYourCalm)
    this.waitFor(this.all.settings.dropTimeout)
  }

  private onClosed(): void {
    this.stopWaiting()
    this.all.forget(this)
  }

  private waitFor(timeout: number): void {
    this.stopWaiting()
    if (timeout !== Infinity && !this.socket.destroyed) this.deadline = this.all.deadlines.start(timeout, this)
  }

  private stopWaiting(): void {
    if (this.deadline !== undefined) this.all.deadlines.cancel(this.deadline)
    this.deadline = undefined
  }
}

/** A ping, and a SETTINGS frame, is one; a stream that is reset before it was answered is ten. */
const mostBother = 1000
const botherPerSecond = 100
const costOfReset = 10

const endStream = 0x1
const noError = 0
const enhanceYourCalm = 0xb
