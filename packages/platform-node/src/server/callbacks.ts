/**
 * The user's functions that Node calls during a TLS handshake: an exception or a rejected Promise in them would end the process. Guarded,
 * it ends the handshake, and is reported. In: a server's TLS options as given. Out: the same, with those functions guarded.
 */
import { isPromiseLike } from "effect/Predicate"
import { asError, asKey, settled } from "../transport/callbacks.js"
import type { TlsOptions } from "./options.js"

/** Is told which function failed. */
export type OnFault = (what: string, defect: unknown) => void

export const guardTls = (options: TlsOptions, onFault: OnFault): TlsOptions => {
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

type Sni = NonNullable<TlsOptions["SNICallback"]>

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
