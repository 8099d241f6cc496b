/**
 * Runs one case over one TCP connection. In: a case, and a server to connect to or a client that has connected. Out: the record
 * of what happened.
 *
 * It joins `Opening`, `Script` and `Endpoint` to a socket of node:net or node:tls, and judges nothing.
 *
 * @since 0.1.0
 */
import * as AcceptKey from "@effect-ws/codec/AcceptKey"
import * as FinalResponse from "@effect-ws/codec/FinalResponse"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as net from "node:net"
import * as tls from "node:tls"
import type { Case, Extension, Handshake, PeerRole } from "./Case.js"
import * as C from "./Case.js"
import * as Crooked from "./Crooked.js"
import { Endpoint } from "./Endpoint.js"
import type { Agreed } from "./Extension.js"
import * as Opening from "./Opening.js"
import * as Payload from "./Payload.js"
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
  theCase.hook === "Survives"
    ? Effect.flatMap(connectOnce(theCase, target), (record) => survived(record, target))
    : connectOnce(theCase, target)

/** The server has to take a new connection, and to echo. */
const survived = (record: Record.CaseRecord, target: Opening.Target): Effect.Effect<Record.CaseRecord> =>
  Effect.match(connectOnce(probe, target), {
    onFailure: ({ message }) => ({ ...record, finding: { behavior: "FAILED" as const, result: message } }),
    onSuccess: ({ received }) => ({
      ...record,
      finding: received.length > 0
        ? { behavior: "OK" as const, result: "The server took a new connection afterwards." }
        : { behavior: "FAILED" as const, result: "The server did not serve a new connection afterwards." }
    })
  })

const greeting = Payload.text("Hello, world!")
const probe = C.make(
  "probe",
  "A text",
  "Its echo",
  C.events([C.frame(1, greeting), C.killAfter(2)], [C.received(false, greeting)]),
  C.closedByMe
)

const malformed = (rule: HttpHead.RuleName | "TooManyInterim"): string =>
  rule === "TooManyInterim"
    ? `more than ${FinalResponse.maxInterim} interim responses come before the final one`
    : HttpHead.rules[rule].says

const connectOnce = (theCase: Case, target: Opening.Target): Effect.Effect<Record.CaseRecord, Unreachable> =>
  Effect.async((resume) => {
    const started = new Date()
    const log = new Record.WireLog()
    const key = Opening.key()
    const facts = Record.closingFacts("server")
    const socket = dial(target)
    const crooked = theCase.script._tag === "Handshake" ? theCase.script : undefined
    let written = () => ""
    let complete = false
    let onComplete = (): void => undefined
    let read: Buffer = Buffer.alloc(0)
    let carry = FinalResponse.start()
    let head: HttpHead.ResponseHead | undefined
    let connected = false
    let endpoint: Endpoint | undefined

    /** The response may come before the last piece of what was to be written. */
    const whenWritten = (run: () => void): void => {
      if (complete) run()
      else onComplete = run
    }
    const base = () => ({ started, log, httpRequest: written(), httpResponse: read.toString("latin1") })
    const unopened = (why: string, byMe: boolean): void => {
      stop()
      if (byMe) reset(socket)
      else socket.destroy()
      facts.droppedByMe = byMe
      facts.wasNotCleanReason = why
      const refused = crooked !== undefined && crooked.expected._tag === "Refused"
      const finding = refused ? Crooked.refused(crooked, head, !byMe) : undefined
      resume(Effect.succeed({ ...recordOf(base(), facts, undefined, 0), finding }))
    }
    const timer = setTimeout(() => {
      facts.wasOpenHandshakeTimeout = true
      unopened("the opening handshake took too long", true)
    }, openTimeout)
    const respond = (response: HttpHead.ResponseHead, rest: Uint8Array): void => {
      log.preopen.incoming += read.length
      head = response
      // Whatever it is, it should be the last: the stream has to end.
      if (crooked?.expected._tag === "Refused" && response.status !== 101) return
      const opened = judge(theCase, target, response, key)
      if (opened._tag === "Refused") return unopened(opened.why, true)
      stop()
      whenWritten(() => {
        endpoint = examine(
          theCase,
          socket,
          "server",
          base(),
          opened.agreed,
          rest,
          (record) => resume(Effect.succeed(record))
        )
      })
    }
    const deaf = listen(socket, {
      data: (octets) => {
        log.read(octets)
        if (head !== undefined) return
        const step = FinalResponse.feed(carry, octets)
        const behind = step._tag === "Head" ? step.rest.length : 0
        read = Buffer.concat([read, octets.subarray(0, octets.length - behind)])
        if (step._tag === "NeedMore") return void (carry = step.carry)
        if (step._tag === "Problem") return unopened(`malformed response: ${malformed(step.rule)}`, true)
        respond(step.head, step.rest)
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
      const script = crooked ?? straight(Opening.request(target, key, extensionOf(theCase)))
      const about = { host: Opening.hostOf(target), target: target.path, key, accept: AcceptKey.accept(key) }
      written = Crooked.write(script, about, socket, log, () => {
        complete = true
        onComplete()
      })
    })
    return Effect.sync(() => {
      stop()
      written()
      if (endpoint === undefined) socket.destroy()
      else endpoint.abandon()
    })
  })

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
  target: Opening.Target,
  response: HttpHead.ResponseHead,
  key: string
): Opening.Opened => {
  const { script } = theCase
  if (script._tag !== "Handshake") return Opening.judge(response, key, target.protocols, extensionOf(theCase))
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
 * Runs a case against a client whose opening handshake was completed with `httpResponse`, when `pass` lets it. Until then the
 * connection is kept alive: pings are answered.
 *
 * @since 0.1.0
 * @category examining
 */
export const serve = (
  theCase: Case,
  accepted: Accepted,
  httpResponse: string,
  agreed: Agreed | undefined,
  pass: <A>(run: Effect.Effect<A>) => Effect.Effect<A>
): Effect.Effect<Record.CaseRecord> =>
  Effect.suspend(() => {
    const { rest, socket } = accepted
    const stage = prepare(theCase, socket, "client", { ...accepted, httpResponse }, agreed)
    let started = false
    const start = (): void => {
      if (!started) stage.endpoint.start(rest)
      started = true
    }
    // Where nothing has to be waited for, the case begins before anything is read.
    const waiting = setImmediate(start)
    return pass(Effect.async<Record.CaseRecord>((resume) => {
      stage.begin((record) => resume(Effect.succeed(record)))
      start()
    })).pipe(
      Effect.onInterrupt(() =>
        Effect.sync(() => {
          clearImmediate(waiting)
          stage.endpoint.abandon()
        })
      )
    )
  })

/**
 * Runs a case whose point is the response to a client that has asked to open a connection.
 *
 * @since 0.1.0
 * @category examining
 */
export const serveHandshake = (
  theCase: Case,
  script: Handshake,
  accepted: Accepted
): Effect.Effect<Record.CaseRecord> =>
  Effect.async((resume) => {
    const { log, rest, socket } = accepted
    const key = Opening.values(accepted.head, "sec-websocket-key")[0] ?? ""
    const host = Opening.values(accepted.head, "host")[0] ?? ""
    const began = performance.now()
    const done = (record: Record.CaseRecord): void => resume(Effect.succeed(record))
    let read: Buffer = Buffer.from(rest)
    let endpoint: Endpoint | undefined
    let written = () => ""
    let timer: NodeJS.Timeout | undefined

    const base = () => ({ ...accepted, httpResponse: written() })
    const conclude = (ended: boolean): void => {
      clearTimeout(timer)
      deaf()
      socket.destroy()
      const facts = { ...Record.closingFacts("client"), droppedByMe: !ended }
      const record = recordOf(base(), facts, undefined, Math.round(performance.now() - began))
      done({ ...record, finding: Crooked.gaveUp(read, ended) })
    }
    const deaf = script.expected._tag === "Opens" ? () => undefined : listen(socket, {
      data: (octets) => {
        log.read(octets)
        read = Buffer.concat([read, octets])
      },
      end: () => conclude(true),
      error: () => conclude(true)
    })
    const facts = { host, target: accepted.head.target, key, accept: AcceptKey.accept(key) }
    written = Crooked.write(script, facts, socket, log, () => {
      if (script.expected._tag !== "Opens") timer = setTimeout(() => conclude(false), Crooked.patience)
      else setImmediate(() => (endpoint = examine(theCase, socket, "client", base(), undefined, rest, done)))
    })
    socket.resume()
    return Effect.sync(() => {
      clearTimeout(timer)
      written()
      deaf()
      if (endpoint === undefined) socket.destroy()
      else endpoint.abandon()
    })
  })

interface Base {
  readonly started: Date
  readonly log: Record.WireLog
  readonly httpRequest: string
  readonly httpResponse: string
}

/** A connection on which a case can begin. */
interface Stage {
  readonly endpoint: Endpoint
  /** What the peer has sent by then comes after the script's first steps. The connection may be gone: the record will say so. */
  readonly begin: (done: (record: Record.CaseRecord) => void) => void
}

const prepare = (
  theCase: Case,
  socket: net.Socket,
  peer: PeerRole,
  base: Base,
  agreed: Agreed | undefined
): Stage => {
  let gone = false
  let conclude = (): void => undefined
  const early: Array<() => void> = []
  const endpoint = new Endpoint(socket, peer, base.log, agreed !== undefined, () => {
    gone = true
    conclude()
  })
  endpoint.listener = {
    message: (binary, octets) => early.push(() => endpoint.listener.message(binary, octets)),
    pong: (octets) => early.push(() => endpoint.listener.pong(octets))
  }
  return {
    endpoint,
    begin: (done) => {
      const began = performance.now()
      const running = Script.begin(theCase, endpoint, peer, agreed)
      for (const tell of early) tell()
      conclude = () => done(recordOf(base, endpoint.facts, running, Math.round(performance.now() - began)))
      if (gone) conclude()
    }
  }
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
  const { begin, endpoint } = prepare(theCase, socket, peer, base, agreed)
  begin(done)
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
