/**
 * The user's functions that Node calls while a client connects: the one that resolves names, and the one that judges a certificate. An
 * exception or a rejected Promise in them would end the process. Guarded, it is the reason why there is no connection. In: options as
 * given. Out: the same, with those functions guarded.
 */
import { isPromiseLike } from "effect/Predicate"
import type { LookupFunction } from "node:net"
import { isIP } from "node:net"
import type { PeerCertificate } from "node:tls"
import { asError, settled } from "../transport/callbacks.js"
import type { TcpOptions, TlsOptions } from "./options.js"

export const guardTls = (options: TlsOptions): TlsOptions => {
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

export const guardTcp = (options: TcpOptions = {}): TcpOptions => {
  const { lookup } = options
  return lookup === undefined ? options : { ...options, lookup: guardedLookup(lookup) }
}

/** Answers in a later turn: an unreachable address fails at once, before anybody listens to the socket. */
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
