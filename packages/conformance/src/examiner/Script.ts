/**
 * Carries out the script of a case on an open connection. In: a script, an endpoint, and what the endpoint hears. Out: the events
 * in order, and for scripts that are not judged by events, what they found.
 *
 * The verdict is made by `Verdict`, when the connection is gone.
 *
 * @since 0.1.0
 */
import type {
  Action,
  Case,
  Compressed,
  Event,
  Events,
  FirstEcho,
  Handshake,
  PeerRole,
  RoundTrips
} from "../cases/Case.js"
import * as C from "../cases/Case.js"
import * as Corpus from "../cases/Corpus.js"
import * as Payload from "../cases/Payload.js"
import type { Agreed } from "../handshake/Extension.js"
import type { CaseRecord, Finding } from "../verdict/Record.js"
import * as Compression from "../wire/Compression.js"
import type { Endpoint } from "../wire/Endpoint.js"

/**
 * What a script has seen so far.
 *
 * @since 0.1.0
 * @category models
 */
export interface Running {
  readonly received: ReadonlyArray<Event>
  readonly finding: () => Finding | undefined
  /** Of a compressed case that went well. */
  readonly traffic: () => CaseRecord["traffic"]
}

/**
 * Begins; the endpoint has not read anything yet.
 *
 * @since 0.1.0
 * @category running
 */
export const begin = (theCase: Case, endpoint: Endpoint, peer: PeerRole, agreed: Agreed | undefined): Running => {
  const { script } = theCase
  if (agreed !== undefined) endpoint.compression = Compression.make(agreed)
  switch (script._tag) {
    case "Events":
      return script.extension !== undefined && agreed === undefined
        ? declined(endpoint)
        : playEvents(theCase, script, endpoint, peer)
    case "FirstEcho":
      return playFirstEcho(script, endpoint, peer)
    case "RoundTrips":
      return playRoundTrips(script, endpoint)
    case "Compressed":
      return agreed === undefined ? playDeclined(script, endpoint) : playCompressed(script, endpoint, agreed)
    case "Handshake":
      return playHandshake(script, endpoint)
  }
}

const playEvents = (theCase: Case, script: Events, endpoint: Endpoint, peer: PeerRole): Running => {
  const received: Array<Event> = []
  const lists = [script.expected.ok, ...(script.expected.nonStrict === undefined ? [] : [script.expected.nonStrict])]
  const record = (event: Event): void => {
    received.push(event)
    const done = lists.every((list) => C.sameEvents(received, list))
    if (done && theCase.autoClose && theCase.close.closedByMe) endpoint.close(theCase.close.codes[0])
  }
  endpoint.listener = {
    message: (binary, octets) => record(C.received(binary, Payload.of(octets))),
    pong: (octets) => record(C.pong(Payload.of(octets)))
  }
  perform(script.actions, endpoint, peer, record)
  return { received, finding: () => undefined, traffic: () => undefined }
}

/** One action after the other; what stands behind a wait comes later. */
const perform = (
  actions: ReadonlyArray<Action>,
  endpoint: Endpoint,
  peer: PeerRole,
  record: (event: Event) => void
): void => {
  for (const [i, action] of actions.entries()) {
    if (action._tag === "Wait") {
      const { seconds, tag } = action
      endpoint.log.add(["CT", seconds, tag ?? null])
      endpoint.later(seconds * 1000, () => {
        if (tag !== undefined && !endpoint.isOpen()) return
        endpoint.log.add(["CTE", tag ?? null])
        if (tag !== undefined) record(C.timeout(tag))
        perform(actions.slice(i + 1), endpoint, peer, record)
      })
      return
    }
    act(action, endpoint, peer)
  }
}

const act = (action: Exclude<Action, { readonly _tag: "Wait" }>, endpoint: Endpoint, peer: PeerRole): void => {
  switch (action._tag) {
    case "Frame":
      return endpoint.frame(action.opcode, action.payload, action.fin, action.rsv, action.pace)
    case "Message":
      return endpoint.message(action.binary, Payload.octets(action.payload), action.fragment)
    case "Close":
      return endpoint.close(action.code, Payload.octets(action.reason))
    case "BeginFrame":
      return endpoint.beginFrame(action.length)
    case "FrameData":
      return endpoint.frameData(action.payload)
    case "Octets":
      return endpoint.octets(action.octets(peer))
    case "HalfClose":
      return endpoint.halfClose()
    case "Reset":
      return endpoint.drop(true)
    case "KillAfter":
      return endpoint.killAfter(action.seconds)
    case "CloseAfter":
      return endpoint.closeAfter(action.seconds)
  }
}

/**
 * What the scripts below share: a finding that starts as failure, and a pong that nobody asked for, with which the examiner
 * closes. Messages are judged whenever they come, behind the examiner's Close too.
 */
const found = (endpoint: Endpoint, result: string) => {
  const received: Array<Event> = []
  let finding: Finding = { behavior: "FAILED", result }
  return {
    received,
    finding: () => finding,
    conclude: (behavior: Finding["behavior"], text: string): void => {
      finding = { behavior, result: text }
      endpoint.close(1000)
    },
    pong: (octets: Uint8Array): void => {
      received.push(C.pong(Payload.of(octets)))
      endpoint.close(1000)
    }
  }
}

const playFirstEcho = (script: FirstEcho, endpoint: Endpoint, peer: PeerRole): Running => {
  const { binary, length, seconds } = script
  const { conclude, finding, pong, received } = found(
    endpoint,
    `The connection ended, or ${seconds} s did, before the message came back.`
  )
  endpoint.listener = {
    pong,
    message: (isBinary, octets) => {
      endpoint.log.on = true
      const wrong = difference(binary, length, isBinary, octets.length)
      if (wrong === undefined) conclude("OK", "The message came back with its type and length.")
      // Once the message has come back, nothing makes it undone.
      else if (finding().behavior !== "OK") conclude("FAILED", wrong)
    }
  }
  endpoint.log.on = false
  perform(script.actions, endpoint, peer, () => undefined)
  endpoint.closeAfter(seconds)
  return { received, finding, traffic: () => undefined }
}

const playRoundTrips = (script: RoundTrips, endpoint: Endpoint): Running => {
  const { binary, count, payload, seconds } = script
  const { conclude, finding, pong, received } = found(
    endpoint,
    `The connection ended, or ${seconds} s did, before ${count} round trips were made.`
  )
  let done = 0
  const send = (): void => endpoint.frame(binary ? 2 : 1, payload)
  endpoint.listener = {
    pong,
    message: (isBinary, octets) => {
      const wrong = difference(binary, payload.length, isBinary, octets.length)
      if (wrong === undefined && ++done < count) return send()
      endpoint.log.switch(true)
      if (wrong === undefined) conclude("OK", `All ${count} messages came back with their type and length.`)
      else conclude("FAILED", `Message ${done + 1}: ${wrong}`)
    }
  }
  endpoint.closeAfter(seconds)
  endpoint.log.switch(false)
  send()
  return { received, finding, traffic: () => undefined }
}

const playCompressed = (script: Compressed, endpoint: Endpoint, agreed: Agreed): Running => {
  const { count, fragment, length, seconds } = script
  const corpus = Corpus.get(script.corpus)
  const { conclude, finding, pong, received } = found(
    endpoint,
    `The connection ended, or ${seconds} s did, before ${count} round trips were made.`
  )
  let done = 0
  let expected: Uint8Array = new Uint8Array(0)
  let traffic: CaseRecord["traffic"]
  endpoint.compression = Compression.ofCorpus(agreed, corpus, length)
  const send = (): void => {
    expected = corpus.window(Corpus.offset(corpus, length, done), length)
    endpoint.message(corpus.binary, expected, fragment)
  }
  endpoint.listener = {
    pong,
    message: (isBinary, octets) => {
      const wrong = difference(corpus.binary, expected.length, isBinary, octets.length) ??
        (Buffer.compare(expected, octets) === 0 ? undefined : "it came back with other bytes.")
      if (wrong === undefined && ++done < count) return send()
      if (wrong === undefined) traffic = snapshot(endpoint)
      endpoint.log.switch(true)
      if (wrong === undefined) conclude("OK", `All ${count} messages came back as they were sent.`)
      else conclude("FAILED", `Message ${done + 1}: ${wrong}`)
    }
  }
  endpoint.closeAfter(seconds)
  endpoint.log.switch(false)
  send()
  return { received, finding, traffic: () => traffic }
}

const unimplemented: Finding = {
  behavior: "UNIMPLEMENTED",
  result: "The peer did not agree to permessage-deflate as the case needs it."
}

const declined = (endpoint: Endpoint): Running => {
  endpoint.close(1000)
  return { received: [], finding: () => unimplemented, traffic: () => undefined }
}

/** Without compression there is nothing to be sent; what comes all the same cannot be an echo. */
const playDeclined = (script: Compressed, endpoint: Endpoint): Running => {
  const { binary } = Corpus.get(script.corpus)
  const received: Array<Event> = []
  let finding = unimplemented
  endpoint.listener = {
    pong: (octets) => received.push(C.pong(Payload.of(octets))),
    message: (isBinary, octets) => {
      const wrong = difference(binary, script.length, isBinary, octets.length)
      if (wrong !== undefined) finding = { behavior: "FAILED", result: `Without compression: ${wrong}` }
    }
  }
  endpoint.close(1000)
  return { received, finding: () => finding, traffic: () => undefined }
}

/** The handshake was the point; what is left is to see that the connection works. */
const playHandshake = ({ expected }: Handshake, endpoint: Endpoint): Running => {
  const { conclude, finding, received } = found(
    endpoint,
    "The connection opened, and what was sent over it did not come back."
  )
  const wanted = expected._tag === "Opens" ? expected.echoes + 1 : 1
  let echoes = 0
  endpoint.listener = {
    pong: () => undefined,
    message: () => {
      echoes++
      if (echoes === wanted && endpoint.isOpen()) {
        conclude("OK", "The connection opened, and what was sent over it came back.")
      }
    }
  }
  endpoint.closeAfter(2)
  endpoint.frame(1, Payload.text("Hello, world!"))
  return { received, finding, traffic: () => undefined }
}

const difference = (binary: boolean, length: number, isBinary: boolean, size: number): string | undefined =>
  binary !== isBinary
    ? `a ${binary ? "binary" : "text"} message came back as ${isBinary ? "binary" : "text"}.`
    : length !== size
    ? `${length} bytes came back as ${size}.`
    : undefined

const snapshot = ({ log }: Endpoint): NonNullable<CaseRecord["traffic"]> => ({
  incoming: { ...log.incoming, wire: log.incoming.wire - log.preopen.incoming },
  outgoing: { ...log.outgoing, wire: log.outgoing.wire - log.preopen.outgoing }
})
