/**
 * What becomes of each connection of the fuzzing server. In: a socket, or a stream of HTTP/2. Out: its request is read and judged, and the command in it
 * carried out: a case run, or a word said.
 *
 * It does not listen: see `FuzzingServer`.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Http2 from "node:http2"
import type * as net from "node:net"
import type { Case } from "../cases/Case.js"
import type { Asking } from "../examiner/ExamineClient.js"
import * as ExamineClient from "../examiner/ExamineClient.js"
import { mostHeavy } from "../examiner/mostHeavy.js"
import { extensionOf } from "../examiner/Stage.js"
import type { Fields } from "../handshake/Connect.js"
import type { CaseRecord } from "../verdict/Record.js"
import type { Result, Results } from "../verdict/Results.js"
import { result } from "../verdict/Results.js"
import * as Command from "./Command.js"
import { converse } from "./converse.js"
import * as Gate from "./Gate.js"
import * as Request from "./request.js"
import * as StreamRequest from "./streamRequest.js"
import { Verdicts } from "./Verdicts.js"

export interface Options {
  readonly cases: ReadonlyArray<Case>
  /** Cases that are not run for an agent: it is let in, and the connection closed at once. */
  readonly excluded: (agent: string, id: string) => boolean
  readonly results: Results
  readonly onResult: (result: Result) => Effect.Effect<void>
  /** Writes the reports. */
  readonly onUpdateReports: Effect.Effect<void>
}

export class Desk {
  /** Complete when a client has asked the server to stop. */
  readonly stopped = Deferred.unsafeMake<void>(FiberId.none)
  private readonly gate = Gate.make()
  private readonly heavy = Effect.unsafeMakeSemaphore(mostHeavy)
  private readonly verdicts: Verdicts

  constructor(private readonly options: Options) {
    this.verdicts = new Verdicts(options.results)
  }

  /** Takes a connection from its first octet to its last. */
  readonly serve = (socket: net.Socket): Effect.Effect<void> =>
    Request.read(socket).pipe(
      Effect.flatMap((asking) => asking === undefined ? Effect.void : this.answer(asking)),
      Effect.onInterrupt(() => Effect.sync(() => socket.destroy()))
    )

  /** Takes a stream of HTTP/2, whose request has come. */
  readonly serveStream = (stream: Http2.ServerHttp2Stream, fields: Fields, isEnded: boolean): Effect.Effect<void> =>
    Effect.suspend(() => this.answer(StreamRequest.make(stream, fields, isEnded))).pipe(
      Effect.onInterrupt(() => Effect.sync(() => stream.destroy()))
    )

  private answer(asking: Asking): Effect.Effect<void> {
    const { target, wrong } = asking
    return wrong === undefined
      ? this.carryOut(asking, Command.parse(target, this.options.cases))
      : refuse(asking, wrong.status, wrong.why)
  }

  private carryOut(asking: Asking, command: Command.Command): Effect.Effect<void> {
    const { cases, onUpdateReports } = this.options
    const say = (words: Effect.Effect<string | undefined>) => converse(asking, words)
    const stop = Deferred.succeed(this.stopped, undefined)
    switch (command._tag) {
      case "GetCaseCount":
        return say(Effect.succeed(String(cases.length)))
      case "GetCaseInfo": {
        const { description, id } = command.case
        return say(Effect.succeed(`{"id": "${id}", "description": ${JSON.stringify(description)}}`))
      }
      case "GetCaseStatus":
        return say(this.verdicts.behavior(command.agent, command.case.id))
      case "RunCase":
        return this.runCase(asking, command)
      case "UpdateReports":
        return Effect.zipRight(say(Effect.as(onUpdateReports, undefined)), command.shutdown ? stop : Effect.void)
      case "StopServer":
        return Effect.zipRight(say(Effect.succeed(undefined)), stop)
      case "Refused":
        return refuse(asking, command.status, command.why)
    }
  }

  private runCase(
    asking: Asking,
    { agent, case: theCase, number }: Extract<Command.Command, { readonly _tag: "RunCase" }>
  ): Effect.Effect<void> {
    if (this.options.excluded(agent, theCase.id)) return converse(asking, Effect.succeed(undefined))
    return Effect.flatMap(this.examine(asking, theCase), (record) => {
      if (record === undefined) return Effect.void
      const found = result(agent, theCase, number, record)
      this.verdicts.add(found)
      return this.options.onResult(found)
    })
  }

  /** The record; none when the client's offers make no sense. */
  private examine(asking: Asking, theCase: Case): Effect.Effect<CaseRecord | undefined> {
    const inTurn = <A>(run: Effect.Effect<A>): Effect.Effect<A> => this.inTurn(theCase, run)
    const { script } = theCase
    if (script._tag === "Handshake") {
      return asking.head === undefined
        ? Effect.as(refuse(asking, 404, "the case is about HTTP/1.1"), undefined)
        : inTurn(ExamineClient.serveHandshake(theCase, script, asking, asking.head))
    }
    const answer = asking.open(extensionOf(theCase))
    if (typeof answer === "string") return Effect.as(refuse(asking, 400, answer), undefined)
    return ExamineClient.serve(theCase, asking, answer.text, answer.agreed, inTurn)
  }

  /** When no case runs that it would disturb, or that would disturb it, and there is room. */
  private inTurn<A>(theCase: Case, run: Effect.Effect<A>): Effect.Effect<A> {
    const passed = this.gate.pass(theCase.timed)(run)
    return theCase.heavy ? this.heavy.withPermits(1)(passed) : passed
  }
}

const refuse = ({ refuse }: Asking, status: ExamineClient.Refusal, why: string): Effect.Effect<void> =>
  Effect.sync(() => refuse(status, why))
