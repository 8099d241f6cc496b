/**
 * What a case's record amounts to: Autobahn's two verdicts. In: a case and its record. Out: behavior, behaviorClose, and a
 * sentence for each.
 *
 * A pure function, and the only place where anything is judged.
 *
 * @since 0.1.0
 */
import type { Case } from "../cases/Case.js"
import * as C from "../cases/Case.js"
import type { CaseRecord } from "./Record.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Behavior = "OK" | "NON-STRICT" | "INFORMATIONAL" | "UNIMPLEMENTED" | "FAILED"

/**
 * @since 0.1.0
 * @category models
 */
export type BehaviorClose = "OK" | "UNCLEAN" | "WRONG CODE" | "FAILED BY CLIENT" | "INFORMATIONAL" | "FAILED"

/**
 * @since 0.1.0
 * @category models
 */
export interface Verdict {
  readonly behavior: Behavior
  readonly behaviorClose: BehaviorClose
  /** Why behavior is what it is. */
  readonly result: string
  /** Why behaviorClose is what it is. */
  readonly resultClose: string
}

/**
 * @since 0.1.0
 * @category judging
 */
export const judge = (theCase: Case, record: CaseRecord): Verdict => {
  const [behavior, result] = judgeBehavior(theCase, record)
  const [behaviorClose, resultClose] = judgeClose(theCase, record)
  const wrongInitiator = record.opened && theCase.close.closedByMe !== record.closing.closedByMe
  const fatal = theCase.close.wrongInitiatorIsFatal && wrongInitiator
  return hook(theCase, record, { behavior: fatal ? "FAILED" : behavior, behaviorClose, result, resultClose })
}

const fits = "What was received is what was expected"
const fitsNot = "What was received is none of what was expected."

const judgeBehavior = ({ script }: Case, record: CaseRecord): readonly [Behavior, string] => {
  if (record.finding !== undefined) return [record.finding.behavior, record.finding.result]
  if (!record.opened || script._tag !== "Events") return ["FAILED", fitsNot]
  const { nonStrict, ok } = script.expected
  if (C.sameEvents(record.received, ok)) return ["OK", `${fits} at best.`]
  if (nonStrict !== undefined && C.sameEvents(record.received, nonStrict)) {
    return ["NON-STRICT", `${fits} of a peer that is not strict.`]
  }
  return ["FAILED", fitsNot]
}

const judgeClose = ({ close, hook: special, script }: Case, record: CaseRecord): readonly [BehaviorClose, string] => {
  const { closing, opened } = record
  const { closedByMe, droppedByMe, isServer, remoteCloseCode, wasClean } = closing
  // Where the handshake must fail, or the examiner breaks off by itself, there is no closing to be judged.
  if (special === "Survives") return ["OK", "The examiner broke the connection off."]
  if (script._tag === "Handshake" && script.expected._tag !== "Opens") {
    return record.finding?.behavior === "OK"
      ? ["OK", "The connection did not open, and was ended."]
      : ["FAILED", "The connection was not ended as it should be."]
  }
  if (!opened) return ["FAILED", "The opening handshake was not completed."]
  if (close.closedByMe !== closedByMe) {
    const [us, peer] = ["the examiner", "the peer"]
    return ["FAILED", `${closedByMe ? us : peer} ended the connection, and ${closedByMe ? peer : us} should have.`]
  }
  if (close.requireClean && !wasClean) return ["UNCLEAN", "The closing handshake had to be a clean one, and was not."]
  if (remoteCloseCode !== null && !close.codes.includes(remoteCloseCode)) {
    return [
      "WRONG CODE",
      `The peer's Close has the code ${remoteCloseCode}; allowed are ${close.codes.join(",")}, or none.`
    ]
  }
  if (!isServer && droppedByMe) return ["FAILED BY CLIENT", "The examiner dropped TCP; the server should have."]
  return ["OK", "The connection was closed as it should be."]
}

const hook = (theCase: Case, record: CaseRecord, verdict: Verdict): Verdict => {
  switch (theCase.hook) {
    case "None":
      return verdict
    case "WrongCodeIsFatal":
    case "WrongCodeIsFatalHexReason":
      return verdict.behaviorClose === "WRONG CODE"
        ? { ...verdict, behavior: "FAILED", result: verdict.resultClose }
        : verdict
    case "Informational":
      return {
        ...verdict,
        behavior: "INFORMATIONAL",
        behaviorClose: "INFORMATIONAL",
        result: informational(theCase, record)
      }
    case "FrameCounts":
      return record.opened && !cutRight(record)
        ? { ...verdict, behavior: "FAILED", result: countsOf(record) }
        : verdict
    case "Survives":
      return verdict
  }
}

const informational = ({ script }: Case, { received }: CaseRecord): string => {
  if (script._tag !== "Events" || script.expected.nonStrict === undefined) {
    return "The RFC does not say what to do here."
  }
  const messages = received.filter(({ _tag }) => _tag === "Message").length
  return messages === 0
    ? "Recorded, not judged: the peer closed before it sent a message."
    : `Recorded, not judged: the peer sent ${messages === 1 ? "a message" : `${messages} messages`} before it closed.`
}

const cutRight = ({ framesOut }: CaseRecord): boolean => framesOut.get(0) === 50 && framesOut.get(1) === 1

const countsOf = ({ framesOut }: CaseRecord): string =>
  `The examiner sent ${framesOut.get(1) ?? 0} text frames and ${framesOut.get(0) ?? 0} continuations, and not 1 and 50.`
