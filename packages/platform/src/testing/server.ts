/** A server on a network in memory: requests are judged as any host judges them, and handed to `Serving`. */
import * as Forwarded from "@effect-ws/codec/Forwarded"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import type * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as Origin from "@effect-ws/codec/Origin"
import * as Primitives from "@effect-ws/codec/Primitives"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import * as Deadlines from "@effect-ws/connection/host/Deadlines"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as Limits from "@effect-ws/connection/Limits"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Serving from "../host/Serving.js"
import { pathOf } from "../internal/target.js"
import type { Address, WebSocketServer } from "../WebSocketServer.js"
import type { IncomingCall, Listener, Network } from "./Network.js"
import { random, type ServerOptions, settling } from "./options.js"

const options = {
  ...Serving.options,
  origins: Origin.options.origins,
  allowedHosts: Origin.options.hosts,
  paths: Serving.paths
}

export const make = (
  network: Network,
  given: ServerOptions
): Effect.Effect<WebSocketServer["Type"], never, Scope.Scope> =>
  Effect.gen(function*() {
    const { allowedHosts, origins, paths, ...rest } = yield* Effect.sync(() => InvalidOption.read(options, given))
    const limits = yield* Effect.sync(() => Limits.make(Limits.hostDefaults, settling, given.limits))
    const deadlines = yield* Deadlines.make
    const primitives = Primitives.plain
    const { compression } = given
    const serving = yield* Serving.make({ ...rest, limits, deadlines, primitives, random, compression })
    const runtime = yield* Effect.runtime<never>()
    const onFault = (defect: unknown): void =>
      void Runtime.runFork(runtime)(Serving.fault("The function paths failed", defect))
    const config = { origin: { origins, hosts: allowedHosts }, forwarded: Forwarded.nothing }
    const judge = (path: string): PathVerdict => judgePath(paths, path, onFault)
    const listener: Listener = {
      at: given.at,
      takes: (path) => judge(path) !== "Unknown",
      onCall: (incoming) => answer(incoming, serving, config, judge)
    }
    yield* Effect.acquireRelease(Effect.sync(() => network.listen(listener)), (leave) => Effect.sync(leave))
    const address = addressOf(given.at)
    const { serve, serveMessages } = serving
    return { serve, serveMessages, address, url: Serving.urlOf(address, false) }
  })

type PathVerdict = "Taken" | "Unknown" | "Failed"

const judgePath = (
  paths: Serving.Paths | undefined,
  path: string,
  onFault: (defect: unknown) => void
): PathVerdict => {
  if (paths === undefined) return "Taken"
  try {
    return (typeof paths === "function" ? paths(path) : paths.includes(path)) ? "Taken" : "Unknown"
  } catch (defect) {
    onFault(defect)
    return "Failed"
  }
}

const answer = (
  incoming: IncomingCall,
  serving: Serving.Serving,
  config: ServerHandshake.Config,
  judge: (path: string) => PathVerdict
): void => {
  const { octets, remoteAddress, target } = incoming.call
  const refuse = (breach: Omit<Serving.Refused, "remoteAddress">, headers: HttpHeaders.Headers = []): void => {
    serving.onRefused({ ...breach, remoteAddress })
    const encoded = ServerHandshake.refuse(breach.status, [...headers, plainText], encode(`${breach.says}\n`))
    if (encoded._tag === "Encoded") incoming.refuse(encoded.octets)
  }
  switch (judge(pathOf(target.path))) {
    case "Unknown":
      return refuse(refusals.PathUnknown)
    case "Failed":
      return refuse(refusals.PathsFailed)
    case "Taken": {
      const read = HttpHead.feed(HttpHead.request(), octets)
      // A client in memory writes all of it in one go: what is not read by then is too large.
      if (read._tag !== "Head") return refuse({ rule: "HeadTooLarge", ...HttpHead.rules.HeadTooLarge })
      const judged = ServerHandshake.judge(read.head, config)
      if (judged._tag === "Offer") return serving.onUpgrade(new MemoryUpgrade(judged, incoming))
      const { rfc, says } = judgeRules[judged.rule]
      return refuse({ rule: judged.rule, status: judged.status, rfc, says }, judged.headers)
    }
  }
}

const judgeRules = { ...HttpHead.rules, ...ServerHandshake.rules }

const refusals = {
  PathUnknown: {
    rule: "PathUnknown",
    status: 404,
    rfc: "9110 §15.5.5",
    says: "no WebSocket is served at this path"
  },
  PathsFailed: {
    rule: "PathsFailed",
    status: 500,
    rfc: "9110 §15.6.1",
    says: "the server failed to answer this request"
  }
} as const

const encode = (text: string): Uint8Array => {
  const octets = Primitives.plain.allocate(Primitives.plain.utf8Length(text))
  Primitives.plain.encodeUtf8(text, octets, 0)
  return octets
}

const plainText = ["Content-Type", "text/plain; charset=utf-8"] as const

const addressOf = (at: string | undefined): Address => {
  const authority = at === undefined ? undefined : Origin.parseAuthority(at, [])
  return { _tag: "Tcp", host: authority?.host ?? at ?? "localhost", port: authority?.port ?? 80 }
}

/** A request in memory, and its answer. */
class MemoryUpgrade implements Serving.Upgrade {
  readonly remoteAddress: string
  readonly remotePort = undefined
  readonly certificate = undefined
  readonly secure: boolean
  private state: "Waiting" | "Answered" | "Left" = "Waiting"
  private onLeave: () => void = () => {}

  constructor(
    readonly offer: ServerHandshake.Offer,
    private readonly incoming: IncomingCall
  ) {
    this.remoteAddress = incoming.call.remoteAddress
    this.secure = incoming.call.target.secure
    incoming.onHangUp = () => this.leave()
  }

  watch(onLeave: () => void): void {
    this.onLeave = onLeave
  }

  accept(choice: ServerHandshake.Choice): Serving.AcceptResult {
    if (this.state !== "Waiting") return { _tag: "Left" }
    const answer = ServerHandshake.accept(this.offer, choice)
    if (answer._tag === "Problem") return answer
    this.state = "Answered"
    return { _tag: "Opened", transport: this.incoming.accept(answer.octets) }
  }

  refuse(
    status: number,
    headers: HttpHeaders.Given = [],
    body?: Uint8Array
  ): ServerHandshake.ResponseProblem | undefined {
    if (this.state !== "Waiting") return undefined
    const answer = ServerHandshake.refuse(status, headers, body)
    if (answer._tag === "Problem") return answer
    this.state = "Answered"
    this.incoming.refuse(answer.octets)
    return undefined
  }

  private leave(): void {
    if (this.state !== "Waiting") return
    this.state = "Left"
    this.onLeave()
  }
}
