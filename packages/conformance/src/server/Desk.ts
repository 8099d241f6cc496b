/**
 * What becomes of each connection of the fuzzing server. In: a socket. Out: its request is read and judged, and the command in it
 * carried out: a case run, or a word said.
 *
 * It does not listen: see `FuzzingServer`.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as net from "node:net"
import type { Case } from "../cases/Case.js"
import type { Asking } from "../examiner/ExamineClient.js"
import * as ExamineClient from "../examiner/ExamineClient.js"
import { mostHeavy } from "../examiner/mostHeavy.js"
import { extensionOf } from "../examiner/Stage.js"
import * as Opening from "../handshake/Opening.js"
import type { CaseRecord } from "../verdict/Record.js"
import type { Result, Results } from "../verdict/Results.js"
import { result } from "../verdict/Results.js"
import * as Command from "./Command.js"
import * as Gate from "./Gate.js"
import { converse, open, refuse } from "./replies.js"
import * as Request from "./request.js"
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

  private answer(asking: Asking): Effect.Effect<void> {
    if (Opening.values(asking.head, "upgrade").length === 0) {
      return refuse(asking.socket, 426, "this is a WebSocket server")
    }
    const why = Opening.refusal(asking.head)
    return why === undefined
      ? this.carryOut(asking, Command.parse(asking.head.target, this.options.cases))
      : refuse(asking.socket, 400, why)
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
        return refuse(asking.socket, command.status, command.why)
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
    if (theCase.script._tag === "Handshake") {
      return inTurn(ExamineClient.serveHandshake(theCase, theCase.script, asking))
    }
    const answer = Opening.response(asking.head, extensionOf(theCase))
    if (typeof answer === "string") return Effect.as(refuse(asking.socket, 400, answer), undefined)
    open(asking, answer.text)
    return ExamineClient.serve(theCase, asking, answer.text, answer.agreed, inTurn)
  }

  /** When no case runs that it would disturb, or that would disturb it, and there is room. */
  private inTurn<A>(theCase: Case, run: Effect.Effect<A>): Effect.Effect<A> {
    const passed = this.gate.pass(theCase.timed)(run)
    return theCase.heavy ? this.heavy.withPermits(1)(passed) : passed
  }
}
