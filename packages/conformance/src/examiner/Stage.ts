/**
 * A connection whose opening handshake is done, on which a case can begin; and the record of how it went. In: a case, a socket,
 * and what was written down so far. Out: the record.
 *
 * It knows not who has opened the connection: see `ExamineServer` and `ExamineClient`.
 *
 * @since 0.1.0
 */
import type { Duplex } from "node:stream"
import type { Case, Extension, PeerRole } from "../cases/Case.js"
import type { Agreed } from "../handshake/Extension.js"
import type * as Record from "../verdict/Record.js"
import { Endpoint } from "../wire/Endpoint.js"
import * as Script from "./Script.js"

/**
 * What permessage-deflate is negotiated for in this case, if it is.
 *
 * @since 0.1.0
 * @category cases
 */
export const extensionOf = ({ script }: Case): Extension | undefined =>
  script._tag === "Compressed" || script._tag === "Events" ? script.extension : undefined

/**
 * What was written down until the connection was open.
 *
 * @since 0.1.0
 * @category models
 */
export interface Preamble {
  readonly started: Date
  readonly log: Record.WireLog
  readonly httpRequest: string
  readonly httpResponse: string
}

/**
 * A connection on which a case can begin.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stage {
  readonly endpoint: Endpoint
  /** What the peer has sent by then comes after the script's first steps. The connection may be gone: the record will say so. */
  readonly begin: (done: (record: Record.CaseRecord) => void) => void
}

/**
 * What the peer sends is read from now on, and kept until the case begins.
 *
 * @since 0.1.0
 * @category constructors
 */
export const prepare = (
  theCase: Case,
  socket: Duplex,
  peer: PeerRole,
  preamble: Preamble,
  agreed: Agreed | undefined
): Stage => {
  let gone = false
  let conclude = (): void => undefined
  const early: Array<() => void> = []
  const endpoint = new Endpoint(socket, peer, preamble.log, agreed !== undefined, () => {
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
      conclude = () => done(recordOf(preamble, endpoint.facts, running, Math.round(performance.now() - began)))
      if (gone) conclude()
    }
  }
}

/**
 * Begins at once. `rest` came behind the peer's handshake.
 *
 * @since 0.1.0
 * @category examining
 */
export const examine = (
  theCase: Case,
  socket: Duplex,
  peer: PeerRole,
  preamble: Preamble,
  agreed: Agreed | undefined,
  rest: Uint8Array,
  done: (record: Record.CaseRecord) => void
): Endpoint => {
  const { begin, endpoint } = prepare(theCase, socket, peer, preamble, agreed)
  begin(done)
  endpoint.start(rest)
  return endpoint
}

/**
 * The record of a case; without `running`, of a connection that did not open.
 *
 * @since 0.1.0
 * @category records
 */
export const recordOf = (
  { httpRequest, httpResponse, log, started }: Preamble,
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
