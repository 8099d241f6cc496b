/**
 * Runs one case against a server over HTTP/2 (RFC 8441): a session for the case, and a stream for each of its connections. In: a case and
 * a target. Out: the record of what happened.
 *
 * It joins `Connect` and `Stage` to node:http2, and judges nothing but the opening.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Http2 from "node:http2"
import * as net from "node:net"
import type { Case } from "../cases/Case.js"
import * as Connect from "../handshake/Connect.js"
import type { Target } from "../handshake/Target.js"
import { hostOf } from "../handshake/Target.js"
import * as Record from "../verdict/Record.js"
import type { Endpoint } from "../wire/Endpoint.js"
import { reset } from "../wire/Sockets.js"
import * as Stage from "./Stage.js"
import * as Survival from "./Survival.js"
import { Unreachable } from "./Unreachable.js"

/** Milliseconds for the opening, of the session and of a stream each. */
const openTimeout = 5000
/** Milliseconds that a session has to end once its case has. */
const linger = 2000

/**
 * Runs a case against a server.
 *
 * @since 0.1.0
 * @category examining
 */
export const connect = (theCase: Case, target: Target): Effect.Effect<Record.CaseRecord, Unreachable> =>
  Effect.acquireUseRelease(
    Effect.interruptible(openSession(target)),
    (session) =>
      Survival.examine(theCase, (each) =>
        Effect.async((resume) => {
          const attempt = new Attempt(each, target, session, (record) => resume(Effect.succeed(record)))
          return Effect.sync(() => attempt.abandon())
        })),
    (session) => Effect.sync(() => closeSession(session))
  )

/** Open when the server's SETTINGS are there: before, nobody may ask (RFC 8441 §3). */
const openSession = (target: Target): Effect.Effect<Http2.ClientHttp2Session, Unreachable> =>
  Effect.async((resume) => {
    const session = dial(target)
    const timer = setTimeout(() => fail(new Error("no SETTINGS of HTTP/2 came")), openTimeout)
    const fail = (cause: Error): void => {
      clearTimeout(timer)
      session.destroy()
      resume(Effect.fail(new Unreachable({ target, cause })))
    }
    session.on("error", fail)
    session.once("connect", () => {
      if (target.secure && session.alpnProtocol !== "h2") fail(new Error("TLS does not agree on HTTP/2"))
    })
    session.once("remoteSettings", () => {
      clearTimeout(timer)
      resume(Effect.succeed(session))
    })
    return Effect.sync(() => {
      clearTimeout(timer)
      session.destroy()
    })
  })

const closeSession = (session: Http2.ClientHttp2Session): void => {
  if (session.destroyed) return
  const timer = setTimeout(() => session.destroy(), linger)
  session.once("close", () => clearTimeout(timer))
  session.close()
}

const dial = (target: Target): Http2.ClientHttp2Session => {
  const name = target.serverName ?? target.host
  return Http2.connect(`${target.secure ? "https" : "http"}://${hostOf(target)}`, {
    // What is examined is WebSocket, not the certificate: those of test servers are their own.
    rejectUnauthorized: false,
    ...(target.secure && net.isIP(name) === 0 ? { servername: name } : {})
  })
}

/** One stream: the request is sent, the response judged; then the case runs. It ends once. */
class Attempt {
  private readonly started = new Date()
  private readonly log = new Record.WireLog()
  private readonly fields: Connect.Fields
  private response: Connect.Fields = []
  /** From when the request has been sent. */
  private stream: Http2.ClientHttp2Stream | undefined
  private readonly timer: NodeJS.Timeout
  /** From when the opening is done. */
  private endpoint: Endpoint | undefined
  private isOver = false

  constructor(
    private readonly theCase: Case,
    private readonly target: Target,
    session: Http2.ClientHttp2Session,
    private readonly end: (record: Record.CaseRecord) => void
  ) {
    this.fields = Connect.request(target, Stage.extensionOf(theCase))
    this.timer = setTimeout(() => this.unopened("the opening took too long", "Timeout"), openTimeout)
    this.ask(session)
  }

  /** Without a record: the run was interrupted. */
  abandon(): void {
    this.stop()
    if (this.endpoint === undefined) this.stream?.destroy()
    else this.endpoint.abandon()
  }

  private ask(session: Http2.ClientHttp2Session): void {
    if (session.destroyed || session.closed) return this.unopened("the server ended the session", "Peer")
    if (session.remoteSettings.enableConnectProtocol !== true) {
      return this.unopened("the server's SETTINGS do not say that it takes an extended CONNECT", "Me")
    }
    const stream = session.request(Object.fromEntries(this.fields), { endStream: false })
    this.stream = stream
    stream.on("error", () => undefined)
    stream.once("close", () => this.unopened(`the server reset the stream with ${stream.rstCode}`, "Peer"))
    stream.once("response", (headers, flags, raw?: ReadonlyArray<string>) => {
      this.response = raw === undefined ? known(headers) : Connect.fieldsOf(raw)
      this.judge(stream, (flags & Http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0)
    })
  }

  private judge(stream: Http2.ClientHttp2Stream, isEnded: boolean): void {
    if (this.isOver) return
    const opened = Connect.judge(this.response, this.target.protocols, Stage.extensionOf(this.theCase))
    if (opened._tag === "Refused") return this.unopened(opened.why, "Me")
    if (isEnded) return this.unopened("the server ended the stream with its response", "Peer")
    this.stop()
    this.endpoint = Stage.examine(this.theCase, stream, "server", this.preamble(), opened.agreed, none, this.end)
  }

  /** There will be no open connection. Who ended it, or what. */
  private unopened(why: string, by: "Me" | "Peer" | "Timeout"): void {
    if (this.isOver) return
    this.stop()
    if (this.stream !== undefined) reset(this.stream)
    const facts = {
      ...Record.closingFacts("server"),
      wasOpenHandshakeTimeout: by === "Timeout",
      droppedByMe: by !== "Peer",
      wasNotCleanReason: why
    }
    this.end(Stage.recordOf(this.preamble(), facts, undefined, 0))
  }

  private stop(): void {
    this.isOver = true
    clearTimeout(this.timer)
  }

  private preamble(): Stage.Preamble {
    const { fields, log, response, started } = this
    return { started, log, httpRequest: Connect.show(fields), httpResponse: Connect.show(response) }
  }
}

const none = new Uint8Array(0)

const known = (headers: Http2.IncomingHttpHeaders): Connect.Fields =>
  Object.entries(headers).flatMap(([name, value]) => value === undefined ? [] : [[name, String(value)] as const])
