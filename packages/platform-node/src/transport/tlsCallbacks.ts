/**
 * The user's functions that Node calls amid a TLS handshake, and the one that resolves names: what is thrown in them, and a Promise
 * that is rejected, would end the process. Here it ends the handshake. In: the options as given. Out: the same, with those
 * functions guarded.
 */
import { isPromiseLike } from "effect/Predicate"
import type { LookupFunction } from "node:net"
import { isIP } from "node:net"
import type { PeerCertificate } from "node:tls"
import type * as Client from "../NodeWebSocketClient.js"
import type * as Server from "../NodeWebSocketServer.js"

/** Is told which function failed. */
export type OnFault = (what: string, defect: unknown) => void

export const ofServer = (options: Server.TlsOptions, onFault: OnFault): Server.TlsOptions => {
  const { ALPNCallback, pskCallback, SNICallback } = options
  return {
    ...options,
    ...(SNICallback === undefined ? {} : { SNICallback: guardedSni(SNICallback, onFault) }),
    ...(ALPNCallback === undefined ? {} : {
      // No protocol is what Node answers with an alert.
      ALPNCallback: (asked) => {
        const answer = guarded("ALPNCallback", () => ALPNCallback(asked), onFault)
        return answer === undefined || asked.protocols.includes(answer) ? answer : undefined
      }
    }),
    ...(pskCallback === undefined ? {} : {
      pskCallback(socket, identity) {
        return guarded("pskCallback", () => asKey(pskCallback.call(this, socket, identity)), onFault) ?? null
      }
    })
  }
}

const guarded = <A>(name: string, call: () => A, onFault: OnFault): A | undefined => {
  try {
    return settled(name, call())
  } catch (defect) {
    onFault(`The TLS option ${name} failed`, defect)
    return undefined
  }
}

const asKey = <A>(key: A): A => {
  if (key === null || key === undefined || ArrayBuffer.isView(key) || isPromiseLike(key)) return key
  throw new TypeError("pskCallback returned what is no key: it gives octets, or null")
}

/** Node takes no Promise here. */
const settled = <A>(name: string, answer: A): A => {
  if (!isPromiseLike(answer)) return answer
  answer.then(undefined, () => {})
  throw new TypeError(`${name} returned a Promise: it has to answer at once`)
}

type Sni = NonNullable<Server.TlsOptions["SNICallback"]>

const guardedSni = (select: Sni, onFault: OnFault): Sni => (name, done) => {
  let isOver = false
  const end: typeof done = (error, context) => {
    if (isOver) return
    isOver = true
    if (error === null || error === undefined) return done(null, context)
    onFault("The TLS option SNICallback failed", error)
    done(asError(error), context)
  }
  const fail = (defect: unknown): void => end(asError(defect))
  try {
    const answer: unknown = select(name, end)
    if (isPromiseLike(answer)) answer.then(undefined, fail)
  } catch (defect) {
    fail(defect)
  }
}

const asError = (defect: unknown): Error =>
  defect instanceof Error ? defect : new TypeError("something that is no Error was thrown", { cause: defect })

// ---------------------------------------------------------------------------------------------------------------
// A client's: what fails is the reason why there is no connection
// ---------------------------------------------------------------------------------------------------------------

export const ofClient = (options: Client.TlsOptions): Client.TlsOptions => {
  const { checkServerIdentity } = options
  return checkServerIdentity === undefined ? options : {
    ...options,
    checkServerIdentity: (host: string, certificate: PeerCertificate): Error | undefined => {
      try {
        const problem: unknown = settled("checkServerIdentity", checkServerIdentity(host, certificate))
        return problem === undefined ? undefined : asError(problem)
      } catch (defect) {
        return asError(defect)
      }
    }
  }
}

export const ofTcp = (options: Client.TcpOptions = {}): Client.TcpOptions => {
  const { lookup } = options
  return lookup === undefined ? options : { ...options, lookup: guardedLookup(lookup) }
}

/** Answers in a later turn: an address to which nothing can be sent fails at once, and nobody would listen to the socket yet. */
const guardedLookup = (lookup: LookupFunction): LookupFunction => (host, options, done) => {
  let isOver = false
  const end: typeof done = (error, address, family) => {
    if (isOver) return
    isOver = true
    process.nextTick(answer, error, address, family)
  }
  const answer: typeof done = (error, address, family) => {
    if (error !== null && error !== undefined) return done(asError(error), "", 0)
    if (areAddresses(address)) return done(null, address, family)
    done(new TypeError(`lookup found no IP address for ${JSON.stringify(host)}`), "", 0)
  }
  const fail = (defect: unknown): void => end(asError(defect), "", 0)
  try {
    const given: unknown = lookup(host, options, end)
    if (isPromiseLike(given)) given.then(undefined, fail)
  } catch (defect) {
    fail(defect)
  }
}

/** What Node would find out amid an event. */
const areAddresses = (found: unknown): boolean =>
  Array.isArray(found)
    ? found.length > 0 &&
      found.every((one: unknown) =>
        typeof one === "object" && one !== null && "address" in one && isAddress(one.address)
      )
    : isAddress(found)

const isAddress = (found: unknown): boolean => typeof found === "string" && isIP(found) !== 0
