/** A client on a network in memory: URL and options -> request -> answer -> connection. */
import * as AcceptKey from "@effect-ws/codec/AcceptKey"
import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import * as FinalResponse from "@effect-ws/codec/FinalResponse"
import * as Primitives from "@effect-ws/codec/Primitives"
import * as Deadlines from "@effect-ws/connection/host/Deadlines"
import * as Host from "@effect-ws/connection/host/Host"
import type { Transport } from "@effect-ws/connection/host/Transport"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as Limits from "@effect-ws/connection/Limits"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as RcRef from "effect/RcRef"
import type * as Scope from "effect/Scope"
import { HandshakeError, HandshakeReason, violation } from "../HandshakeError.js"
import * as Connecting from "../host/Connecting.js"
import * as Requesting from "../host/Requesting.js"
import * as WebSocketUrl from "../host/WebSocketUrl.js"
import type { WebSocketClient } from "../WebSocketClient.js"
import type { Network } from "./Network.js"
import { type ClientOptions, random, settling } from "./options.js"

export const make = (
  network: Network,
  options: ClientOptions
): Effect.Effect<WebSocketClient["Type"], never, Scope.Scope> =>
  Effect.gen(function*() {
    const usual = yield* Effect.sync(() => InvalidOption.read(Connecting.clientOptions, options))
    const limits = yield* Effect.sync(() => Limits.make(Limits.hostDefaults, settling, options.limits))
    const shared = yield* Deadlines.makeShared
    const deadlines = yield* RcRef.get(shared)
    const connecting = yield* Connecting.make
    const { meter } = connecting
    const primitives = Primitives.plain
    const hostWith = (limits: Limits.Limits): Host.Host =>
      Host.make({ role: "client", limits, primitives, random, deadlines, meter })
    const host = hostWith(limits)
    const { compression, remoteAddress = "127.0.0.1" } = options
    return {
      connect: (to, connectOptions = {}) =>
        Effect.suspend(() => {
          const asked = Requesting.judge(to, connectOptions, settling, options.limits)
          if (asked._tag === "HandshakeError") return Effect.fail(asked)
          const located = WebSocketUrl.parse(asked.url)
          if (located._tag === "Invalid") return Effect.fail(WebSocketUrl.invalidUrl(located))
          const { incoming, limits: own, linger = usual.linger, openTimeout = usual.openTimeout } = asked
          const settings = {
            host: own === undefined ? host : hostWith(own),
            incoming,
            linger,
            target: located.target,
            hold: RcRef.get(shared) // the layer may close before its connections do
          }
          return Connecting.overTransport(connecting, settings, (added, restore) => {
            const request = Requesting.request(located, connectOptions, { primitives, random: key, compression, added })
            return request instanceof HandshakeError
              ? Effect.fail(request)
              : open({ network, url: located.shown, request, remoteAddress, openTimeout }, restore)
          })
        })
    }
  })

const key = (): Uint8Array => new Uint8Array(AcceptKey.keySize)

interface Attempt {
  readonly network: Network
  readonly url: string
  readonly request: Requesting.Request
  readonly remoteAddress: string
  readonly openTimeout: Duration.Duration
}

/** Asks, and waits for the answer. Whatever ends that, no transport is left behind. */
const open = (
  { network, openTimeout, remoteAddress, request, url }: Attempt,
  restore: (opening: Effect.Effect<Connecting.Opened, HandshakeError>) => typeof opening
): Effect.Effect<Connecting.Opened, HandshakeError> => {
  let transport: Transport | undefined
  const failed = (reason: HandshakeReason): HandshakeError => new HandshakeError({ url, reason })
  const opening = Effect.async<Connecting.Opened, HandshakeError>((resume) => {
    const { octets, target } = request
    const hangUp = network.call({
      target,
      octets,
      url,
      remoteAddress,
      onAnswer: (answer) => {
        if (answer._tag === "Unreachable") return resume(Effect.fail(failed(HandshakeReason.Unreachable(answer))))
        const judged = judge(answer.octets, request)
        if (judged._tag === "Agreement") transport = answer.transport
        else answer.transport.destroy()
        resume(
          judged._tag === "Agreement"
            ? Effect.succeed({ ...judged, transport: answer.transport, request: octets })
            : Effect.fail(failed(judged))
        )
      }
    })
    return Effect.sync(hangUp)
  })
  const inTime = Effect.timeoutFail(opening, {
    duration: openTimeout,
    onTimeout: () => failed(HandshakeReason.Timeout({ after: openTimeout, during: "answer" }))
  })
  return Effect.onError(restore(inTime), () => Effect.sync(() => transport?.destroy()))
}

const judge = (
  octets: Uint8Array,
  request: Requesting.Request
): Requesting.Agreement | HandshakeReason => {
  const read = FinalResponse.feed(FinalResponse.start(), octets)
  if (read._tag !== "Head") {
    return violation(ClientHandshake.malformed(read._tag === "Problem" ? read.rule : "HeadTooLarge"))
  }
  const verified = ClientHandshake.verify(read.head, request.expected)
  switch (verified._tag) {
    case "Violated":
      return violation(verified)
    case "Refused":
      return HandshakeReason.Refused({ status: verified.status, headers: verified.headers, body: read.rest })
    case "Established": {
      const agreed = Requesting.agreement(verified, request)
      return agreed._tag === "Violated" ? violation(agreed) : agreed
    }
  }
}
