/**
 * The sessions of a client, by authority. In: where to connect, how to dial, and who asks. Out: a session with room for one more stream; a
 * socket that speaks only HTTP/1.1, or the news that the server does; or the reason why there is neither.
 *
 * Connections that open at the same time wait for one socket, and share it if it speaks HTTP/2. It is abandoned once nobody waits for it.
 */
import type { UrlParts } from "@effect-ws/codec/ClientHandshake"
import { DropCause } from "@effect-ws/connection/CloseOutcome"
import { HandshakeReason, type Phase } from "@effect-ws/platform/HandshakeError"
import type { Socket } from "node:net"
import { TLSSocket } from "node:tls"
import { ClientSession, type SessionOptions } from "./ClientSession.js"

export type Found =
  | { readonly _tag: "Session"; readonly session: ClientSession }
  /** Of HTTP/1.1: with a socket for the first who waits. */
  | { readonly _tag: "Http1"; readonly why: Lack; readonly socket: Socket | undefined }
  | { readonly _tag: "Failed"; readonly reason: HandshakeReason }

/** TLS did not agree on HTTP/2; or the server's SETTINGS do not let a client ask for WebSockets. */
export type Lack = "NotNegotiated" | "NotEnabled"

/** Dials, and calls back once. The result says how far it is, and can abandon it. */
export type Dial = (done: (socket: Socket | HandshakeReason) => void) => Dialed

export interface Dialed {
  readonly phase: () => Phase
  readonly abandon: () => void
}

/** Who waits for a session. */
export interface Waiter {
  readonly phase: () => Phase
  readonly abandon: () => void
}

export class Sessions {
  private readonly origins = new Map<string, Origin>()
  private isRetired = false

  constructor(readonly options: SessionOptions) {}

  find(target: UrlParts, dial: Dial, done: (found: Found) => void): Waiter {
    const key = `${target.secure ? "https" : "http"}://${target.host}:${target.port}`
    const origin = this.origins.get(key) ?? new Origin(target.secure, this, () => this.origins.delete(key))
    this.origins.set(key, origin)
    return origin.find(dial, done)
  }

  /** The client is gone. Sessions stay with their streams. */
  retire(): void {
    this.isRetired = true
    for (const origin of [...this.origins.values()]) origin.retire()
  }

  open(socket: Socket, secure: boolean, onSettled: () => void, onGone: () => void): ClientSession {
    const session = new ClientSession(socket, secure, this.options, onSettled, onGone)
    if (this.isRetired) session.retire()
    return session
  }
}

class Origin {
  private sessions: ReadonlyArray<ClientSession> = []
  private waiters: ReadonlyArray<(found: Found) => void> = []
  private dialed: Dialed | undefined = undefined

  constructor(
    private readonly secure: boolean,
    private readonly all: Sessions,
    private readonly onEmpty: () => void
  ) {}

  find(dial: Dial, done: (found: Found) => void): Waiter {
    const session = this.sessions.find(({ isFree }) => isFree)
    if (session !== undefined) {
      done({ _tag: "Session", session })
      return idle
    }
    this.waiters = [...this.waiters, done]
    if (this.waiters.length === 1) this.dial(dial)
    return { phase: () => this.dialed?.phase() ?? "answer", abandon: () => this.leave(done) }
  }

  retire(): void {
    for (const session of this.sessions) session.retire()
  }

  private dial(dial: Dial): void {
    this.dialed = dial((socket) => {
      this.dialed = undefined
      if ("_tag" in socket) return this.tell({ _tag: "Failed", reason: socket })
      if (this.secure && !(socket instanceof TLSSocket && socket.alpnProtocol === "h2")) {
        return this.tell({ _tag: "Http1", why: "NotNegotiated", socket })
      }
      this.open(socket)
    })
  }

  private open(socket: Socket): void {
    let isSettled = false
    const settled = (): void => {
      if (isSettled) return
      isSettled = true
      this.dialed = undefined
      if (session.isFree) return this.tell({ _tag: "Session", session })
      const lost = session.lost
      session.close()
      this.tell(
        lost === undefined
          ? { _tag: "Http1", why: "NotEnabled", socket: undefined }
          : { _tag: "Failed", reason: HandshakeReason.Dropped({ cause: DropCause.Reset({ error: lost }) }) }
      )
    }
    const session: ClientSession = this.all.open(socket, this.secure, () => queueMicrotask(settled), () => {
      this.sessions = this.sessions.filter((other) => other !== session)
      this.forget()
    })
    this.sessions = [...this.sessions, session]
    this.dialed = {
      phase: () => "answer",
      abandon: () => {
        isSettled = true // its end is nothing to who asks next
        session.close()
      }
    }
  }

  private tell(found: Found): void {
    const { waiters } = this
    this.waiters = []
    // Whoever comes later than there is room dials again; of a socket there is but one.
    waiters.forEach((waiter, index) => {
      waiter(found._tag === "Http1" && index > 0 ? { ...found, socket: undefined } : found)
    })
    if (found._tag === "Session") found.session.release()
    this.forget()
  }

  private leave(waiter: (found: Found) => void): void {
    this.waiters = this.waiters.filter((other) => other !== waiter)
    if (this.waiters.length > 0) return
    this.dialed?.abandon()
    this.dialed = undefined
    this.forget()
  }

  private forget(): void {
    if (this.sessions.length === 0 && this.waiters.length === 0) this.onEmpty()
  }
}

const idle: Waiter = { phase: () => "answer", abandon: () => {} }
