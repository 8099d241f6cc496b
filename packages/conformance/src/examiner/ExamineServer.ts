/**
 * Runs one case against a server, over one TCP connection that it opens. In: a case and a target. Out: the record of what happened.
 *
 * It joins `Opening` and `Stage` to a socket of node:net or node:tls, and judges nothing but the handshake.
 *
 * @since 0.1.0
 */
import * as AcceptKey from "@effect-ws/codec/AcceptKey"
import * as FinalResponse from "@effect-ws/codec/FinalResponse"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as Effect from "effect/Effect"
import * as net from "node:net"
import * as tls from "node:tls"
import type { Case, Extension, Handshake } from "../cases/Case.js"
import * as Crooked from "../handshake/Crooked.js"
import { HeadReader } from "../handshake/HeadReader.js"
import * as Opening from "../handshake/Opening.js"
import type { Target } from "../handshake/Target.js"
import { hostOf } from "../handshake/Target.js"
import * as Record from "../verdict/Record.js"
import type { Endpoint } from "../wire/Endpoint.js"
import { listen, reset } from "../wire/Sockets.js"
import * as Stage from "./Stage.js"
import * as Survival from "./Survival.js"
import { Unreachable } from "./Unreachable.js"

/** Milliseconds for the opening handshake. */
const openTimeout = 5000

/**
 * Runs a case against a server.
 *
 * @since 0.1.0
 * @category examining
 */
export const connect = (theCase: Case, target: Target): Effect.Effect<Record.CaseRecord, Unreachable> =>
  Survival.examine(theCase, (each) => connectOnce(each, target))

const connectOnce = (theCase: Case, target: Target): Effect.Effect<Record.CaseRecord, Unreachable> =>
  Effect.async((resume) => {
    const attempt = new Attempt(theCase, target, resume)
    return Effect.sync(() => attempt.abandon())
  })

/** One connection: it is dialed, the request is written, the response judged; then the case runs. It ends once. */
class Attempt {
  private readonly started = new Date()
  private readonly log = new Record.WireLog()
  private readonly key = Opening.key()
  private readonly response = HeadReader.ofResponse()
  private readonly socket: net.Socket
  private readonly timer: NodeJS.Timeout
  private readonly deaf: () => void
  /** From when there is a TCP connection. */
  private request: Crooked.Writing | undefined
  /** From when the opening handshake is done. */
  private endpoint: Endpoint | undefined

  constructor(
    private readonly theCase: Case,
    private readonly target: Target,
    private readonly end: (outcome: Effect.Effect<Record.CaseRecord, Unreachable>) => void
  ) {
    this.socket = dial(target)
    this.timer = setTimeout(() => this.unopened("the opening handshake took too long", "Timeout"), openTimeout)
    this.deaf = listen(this.socket, {
      data: (octets) => this.read(octets),
      end: () => this.unopened("the server dropped TCP during the opening handshake", "Peer"),
      error: (cause) => this.broken(cause)
    })
    this.socket.once(target.secure ? "secureConnect" : "connect", () => this.ask())
  }

  /** Without a record: the run was interrupted. */
  abandon(): void {
    this.stop()
    this.request?.stop()
    if (this.endpoint === undefined) this.socket.destroy()
    else this.endpoint.abandon()
  }

  private ask(): void {
    const { key, log, socket, target, theCase } = this
    const script = this.crooked() ?? straight(Opening.request(target, key, Stage.extensionOf(theCase)))
    const facts = { host: hostOf(target), target: target.path, key, accept: AcceptKey.accept(key) }
    this.request = new Crooked.Writing(script, facts, socket, log)
  }

  private read(octets: Buffer): void {
    this.log.read(octets)
    if (this.response.head !== undefined) return
    const step = this.response.push(octets)
    if (step._tag === "Problem") return this.unopened(`malformed response: ${malformed(step.rule)}`, "Me")
    if (step._tag === "Head") this.judge(step.head, step.rest)
  }

  private judge(response: HttpHead.ResponseHead, rest: Uint8Array): void {
    this.log.preopen.incoming += this.response.size
    // Whatever it is, it should be the last: the stream has to end.
    if (this.crooked()?.expected._tag === "Refused" && response.status !== 101) return
    const opened = judge(this.theCase, this.target, response, this.key)
    if (opened._tag === "Refused") return this.unopened(opened.why, "Me")
    this.stop()
    // The response may come before the last piece of what was to be written.
    this.request?.whenDone(() => {
      const done = (record: Record.CaseRecord) => this.end(Effect.succeed(record))
      this.endpoint = Stage.examine(this.theCase, this.socket, "server", this.preamble(), opened.agreed, rest, done)
    })
  }

  /** There will be no open connection. Who ended it, or what. */
  private unopened(why: string, by: "Me" | "Peer" | "Timeout"): void {
    this.stop()
    this.request?.stop()
    if (by === "Peer") this.socket.destroy()
    else reset(this.socket)
    const facts = {
      ...Record.closingFacts("server"),
      wasOpenHandshakeTimeout: by === "Timeout",
      droppedByMe: by !== "Peer",
      wasNotCleanReason: why
    }
    const crooked = this.crooked()
    const finding = crooked?.expected._tag === "Refused"
      ? Crooked.refused(crooked, this.response.head, by === "Peer")
      : undefined
    this.end(Effect.succeed({ ...Stage.recordOf(this.preamble(), facts, undefined, 0), finding }))
  }

  private broken(cause: Error): void {
    if (this.request !== undefined) return this.unopened(cause.message, "Peer")
    this.stop()
    this.end(Effect.fail(new Unreachable({ target: this.target, cause })))
  }

  private stop(): void {
    clearTimeout(this.timer)
    this.deaf()
  }

  private preamble(): Stage.Preamble {
    const { log, request, response, started } = this
    return { started, log, httpRequest: request?.text() ?? "", httpResponse: response.text() }
  }

  /** The script of a case that is about the handshake itself. */
  private crooked(): Handshake | undefined {
    return this.theCase.script._tag === "Handshake" ? this.theCase.script : undefined
  }
}

const malformed = (rule: HttpHead.RuleName | "TooManyInterim"): string =>
  rule === "TooManyInterim"
    ? `more than ${FinalResponse.maxInterim} interim responses come before the final one`
    : HttpHead.rules[rule].says

/** An ordinary handshake is one that is written in one piece. */
const straight = (text: string): Handshake => ({
  _tag: "Handshake",
  write: () => [text],
  gap: 0,
  expected: { _tag: "Fails" }
})

/** Whether it is open: as ever, or as a crooked request wants it. */
const judge = (
  theCase: Case,
  target: Target,
  response: HttpHead.ResponseHead,
  key: string
): Opening.Opened => {
  const { script } = theCase
  if (script._tag !== "Handshake") return Opening.judge(response, key, target.protocols, Stage.extensionOf(theCase))
  if (script.expected._tag !== "Opens") return { _tag: "Refused", why: "the request had to be refused" }
  const answer = Opening.values(response, "sec-websocket-extensions").join(", ")
  return script.expected.extensions.test(answer)
    ? Opening.judge(response, key, script.expected.protocols, anyExtension)
    : { _tag: "Refused", why: `the offers are answered wrongly: ${answer === "" ? "not at all" : answer}` }
}

const anyExtension: Extension = {
  offers: [],
  answer: { noContextTakeover: false, windowBits: undefined, fallback: false }
}

const dial = ({ host, port, secure, serverName }: Target): net.Socket =>
  secure
    // What is examined is WebSocket, not the certificate: those of test servers are their own.
    ? tls.connect({ host, port, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"], ...sni(serverName ?? host) })
    : net.connect({ host, port, noDelay: true, allowHalfOpen: true })

const sni = (name: string) => net.isIP(name) === 0 ? { servername: name } : {}
