/**
 * Runs one case over one TCP connection. In: a case, and a server to connect to or a client that has connected. Out: the record
 * of what happened.
 *
 * It joins `Opening`, `Script` and `Endpoint` to a socket of node:net or node:tls, and judges nothing.
 *
 * @since 0.1.0
 */
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as net from "node:net"
import * as tls from "node:tls"
import type { Case, Extension, PeerRole } from "./Case.js"
import { Endpoint } from "./Endpoint.js"
import type { Agreed } from "./Extension.js"
import * as Opening from "./Opening.js"
import * as Record from "./Record.js"
import * as Script from "./Script.js"
import { listen, reset } from "./Sockets.js"

/**
 * There is no TCP connection to be had.
 *
 * @since 0.1.0
 * @category errors
 */
export class Unreachable
  extends Data.TaggedError("Unreachable")<{ readonly target: Opening.Target; readonly cause: Error }>
{
  override get message(): string {
    return `no connection to ${Opening.hostOf(this.target)}: ${this.cause.message}`
  }
}

/** Milliseconds for the opening handshake. */
const openTimeout = 5000

/**
 * What permessage-deflate is negotiated for in this case, if it is.
 *
 * @since 0.1.0
 * @category cases
 */
export const extensionOf = ({ script }: Case): Extension | undefined =>
  script._tag === "Compressed" || script._tag === "Events" ? script.extension : undefined

/**
 * Runs a case against a server.
 *
 * @since 0.1.0
 * @category examining
 */
export const connect = (theCase: Case, target: Opening.Target): Effect.Effect<Record.CaseRecord, Unreachable> =>
  Effect.async((resume) => {
    const started = new Date()
    const log = new Record.WireLog()
    const key = Opening.key()
    const request = Opening.request(target, key, extensionOf(theCase))
    const facts = Record.closingFacts("server")
    const socket = dial(target)
    let read: Buffer = Buffer.alloc(0)
    let carry = HttpHead.response()
    let connected = false
    let endpoint: Endpoint | undefined

    const base = () => ({ started, log, httpRequest: request, httpResponse: read.toString("latin1") })
    const unopened = (why: string, byMe: boolean): void => {
      stop()
      if (byMe) reset(socket)
      else socket.destroy()
      facts.droppedByMe = byMe
      facts.wasNotCleanReason = why
      resume(Effect.succeed(recordOf(base(), facts, undefined, 0)))
    }
    const timer = setTimeout(() => {
      facts.wasOpenHandshakeTimeout = true
      unopened("the opening handshake took too long", true)
    }, openTimeout)
    const deaf = listen(socket, {
      data: (octets) => {
        log.read(octets)
        const step = HttpHead.feed(carry, octets)
        const behind = step._tag === "Head" ? step.rest.length : 0
        read = Buffer.concat([read, octets.subarray(0, octets.length - behind)])
        if (step._tag === "NeedMore") return void (carry = step.carry)
        if (step._tag === "Problem") return unopened(`malformed response: ${HttpHead.rules[step.rule].says}`, true)
        log.preopen.incoming += read.length
        const opened = Opening.judge(step.head, key, target.protocols, extensionOf(theCase))
        if (opened._tag === "Refused") return unopened(opened.why, true)
        stop()
        endpoint = examine(
          theCase,
          socket,
          "server",
          base(),
          opened.agreed,
          step.rest,
          (record) => resume(Effect.succeed(record))
        )
      },
      end: () => unopened("the server dropped TCP during the opening handshake", false),
      error: (cause) => {
        if (connected) return unopened(cause.message, false)
        stop()
        resume(Effect.fail(new Unreachable({ target, cause })))
      }
    })
    const stop = (): void => {
      clearTimeout(timer)
      deaf()
    }
    socket.once(target.secure ? "secureConnect" : "connect", () => {
      connected = true
      const octets = Buffer.from(request, "latin1")
      log.written(octets, false)
      log.preopen.outgoing += octets.length
      socket.write(octets)
    })
    return Effect.sync(() => {
      stop()
      if (endpoint === undefined) socket.destroy()
      else endpoint.abandon()
    })
  })

const dial = ({ host, port, secure, serverName }: Opening.Target): net.Socket =>
  secure
    // What is examined is WebSocket, not the certificate: those of test servers are their own.
    ? tls.connect({ host, port, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"], ...sni(serverName ?? host) })
    : net.connect({ host, port, noDelay: true, allowHalfOpen: true })

const sni = (name: string) => net.isIP(name) === 0 ? { servername: name } : {}

/**
 * A client that has connected, with its request read.
 *
 * @since 0.1.0
 * @category models
 */
export interface Accepted {
  readonly socket: net.Socket
  readonly log: Record.WireLog
  readonly started: Date
  readonly head: HttpHead.RequestHead
  readonly httpRequest: string
  /** What came behind the request. */
  readonly rest: Uint8Array
}

/**
 * Runs a case against a client whose opening handshake was completed with `httpResponse`.
 *
 * @since 0.1.0
 * @category examining
 */
export const serve = (
  theCase: Case,
  accepted: Accepted,
  httpResponse: string,
  agreed: Agreed | undefined
): Effect.Effect<Record.CaseRecord> =>
  Effect.async((resume) => {
    const { rest, socket } = accepted
    const endpoint = examine(theCase, socket, "client", { ...accepted, httpResponse }, agreed, rest, (record) =>
      resume(Effect.succeed(record)))
    return Effect.sync(() =>
      endpoint.abandon()
    )
  })

interface Base {
  readonly started: Date
  readonly log: Record.WireLog
  readonly httpRequest: string
  readonly httpResponse: string
}

const examine = (
  theCase: Case,
  socket: net.Socket,
  peer: PeerRole,
  base: Base,
  agreed: Agreed | undefined,
  rest: Uint8Array,
  done: (record: Record.CaseRecord) => void
): Endpoint => {
  const began = performance.now()
  const endpoint = new Endpoint(
    socket,
    peer,
    base.log,
    agreed !== undefined,
    () => done(recordOf(base, endpoint.facts, running, Math.round(performance.now() - began)))
  )
  const running = Script.begin(theCase, endpoint, peer, agreed)
  endpoint.start(rest)
  return endpoint
}

const recordOf = (
  { httpRequest, httpResponse, log, started }: Base,
  closing: Record.ClosingFacts,
  running: Script.Running | undefined,
  duration: number
): Record.CaseRecord => ({
  started,
  duration,
  opened: running !== undefined,
  closing,
  received: running?.received ?? [],
  finding: running?.finding(),
  httpRequest: httpRequest === "" ? "?" : httpRequest,
  httpResponse: httpResponse === "" ? "?" : httpResponse,
  wire: log.records,
  wirelogOn: log.on,
  octetsIn: log.octetsIn,
  octetsOut: log.octetsOut,
  framesIn: log.framesIn,
  framesOut: log.framesOut,
  traffic: running?.traffic(),
  preopen: log.preopen
})
