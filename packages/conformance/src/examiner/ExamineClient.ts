/**
 * Runs one case against a client that has connected, over its TCP connection or its stream of HTTP/2. In: a case, and the client's request. Out: the
 * record of what happened.
 *
 * It does not listen and answers no ordinary handshake: see `server/`. It judges nothing.
 *
 * @since 0.1.0
 */
import * as AcceptKey from "@effect-ws/codec/AcceptKey"
import type * as HttpHead from "@effect-ws/codec/HttpHead"
import * as Effect from "effect/Effect"
import type { Duplex } from "node:stream"
import type { Case, Extension, Handshake } from "../cases/Case.js"
import * as Crooked from "../handshake/Crooked.js"
import type { Agreed } from "../handshake/Extension.js"
import * as Opening from "../handshake/Opening.js"
import * as Record from "../verdict/Record.js"
import type { Endpoint } from "../wire/Endpoint.js"
import { listen } from "../wire/Sockets.js"
import * as Stage from "./Stage.js"

/**
 * A client that has connected, with its request read.
 *
 * @since 0.1.0
 * @category models
 */
export interface Asking {
  readonly socket: Duplex
  readonly log: Record.WireLog
  readonly started: Date
  /** Path and query. */
  readonly target: string
  readonly httpRequest: string
  /** What came behind the request. */
  readonly rest: Uint8Array
  /** Of HTTP/1.1; there is none over HTTP/2. */
  readonly head: HttpHead.RequestHead | undefined
  /** Why it cannot be taken. */
  readonly wrong: { readonly status: Refusal; readonly why: string } | undefined
  /** Completes the opening: the response as text, and what is agreed on. A sentence, and nothing done, when the offers make no sense. */
  readonly open: (
    extension: Extension | undefined
  ) => { readonly text: string; readonly agreed: Agreed | undefined } | string
  /** With a sentence; the connection ends. */
  readonly refuse: (status: Refusal, why: string) => void
}

/**
 * The statuses that the examiner refuses with.
 *
 * @since 0.1.0
 * @category models
 */
export type Refusal = 400 | 404 | 426 | 500

/**
 * Runs a case against a client whose opening handshake was completed with `httpResponse`, when `pass` lets it. Until then the
 * connection is kept alive: pings are answered.
 *
 * @since 0.1.0
 * @category examining
 */
export const serve = (
  theCase: Case,
  asking: Asking,
  httpResponse: string,
  agreed: Agreed | undefined,
  pass: <A>(run: Effect.Effect<A>) => Effect.Effect<A>
): Effect.Effect<Record.CaseRecord> =>
  Effect.suspend(() => {
    const { rest, socket } = asking
    const stage = Stage.prepare(theCase, socket, "client", { ...asking, httpResponse }, agreed)
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
  asking: Asking,
  head: HttpHead.RequestHead
): Effect.Effect<Record.CaseRecord> =>
  Effect.async((resume) => {
    const answer = new CrookedAnswer(theCase, script, asking, head, (record) => resume(Effect.succeed(record)))
    return Effect.sync(() => answer.abandon())
  })

/** The response of a script, and what comes of it: the case runs if it opens, and otherwise the client has to give up. It ends once. */
class CrookedAnswer {
  private readonly began = performance.now()
  private readonly response: Crooked.Writing
  private readonly deaf: () => void
  private read: Buffer
  /** Where the client has to give up: from the end of the response, how long it may take. */
  private timer: NodeJS.Timeout | undefined
  /** Where the connection opens. */
  private endpoint: Endpoint | undefined

  constructor(
    private readonly theCase: Case,
    script: Handshake,
    private readonly asking: Asking,
    head: HttpHead.RequestHead,
    private readonly end: (record: Record.CaseRecord) => void
  ) {
    const { log, rest, socket, target } = asking
    const opens = script.expected._tag === "Opens"
    const key = Opening.values(head, "sec-websocket-key")[0] ?? ""
    const host = Opening.values(head, "host")[0] ?? ""
    this.read = Buffer.from(rest)
    this.deaf = opens ? () => undefined : listen(socket, {
      data: (octets) => this.hear(octets),
      end: () => this.conclude(true),
      error: () => this.conclude(true)
    })
    this.response = new Crooked.Writing(
      script,
      { host, target, key, accept: AcceptKey.accept(key) },
      socket,
      log
    )
    this.response.whenDone(() => {
      if (opens) setImmediate(() => this.open())
      else this.timer = setTimeout(() => this.conclude(false), Crooked.patience)
    })
    socket.resume()
  }

  /** Without a record: the run was interrupted. */
  abandon(): void {
    clearTimeout(this.timer)
    this.response.stop()
    this.deaf()
    if (this.endpoint === undefined) this.asking.socket.destroy()
    else this.endpoint.abandon()
  }

  private open(): void {
    const { rest, socket } = this.asking
    this.endpoint = Stage.examine(this.theCase, socket, "client", this.preamble(), undefined, rest, this.end)
  }

  private hear(octets: Buffer): void {
    this.asking.log.read(octets)
    this.read = Buffer.concat([this.read, octets])
  }

  /** The client has ended the stream, or had the time to. */
  private conclude(ended: boolean): void {
    clearTimeout(this.timer)
    this.response.stop()
    this.deaf()
    this.asking.socket.destroy()
    const facts = { ...Record.closingFacts("client"), droppedByMe: !ended }
    const record = Stage.recordOf(this.preamble(), facts, undefined, Math.round(performance.now() - this.began))
    this.end({ ...record, finding: Crooked.gaveUp(this.read, ended) })
  }

  private preamble(): Stage.Preamble {
    return { ...this.asking, httpResponse: this.response.text() }
  }
}
