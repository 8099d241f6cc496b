/**
 * The final response of a server that sends interim ones before it (RFC 9110 §15.2: a client must be able to read 100, 102, 103 and any
 * other 1xx, and may ignore them). In: bytes in any pieces. Out: the head of the final response, and the bytes behind it; or the name of
 * the rule that is broken.
 *
 * A 101 is final: another protocol follows it. All heads together must keep within the limit of one, and at most {@link maxInterim} may
 * be interim. It reads heads as `HttpHead` does, and does not judge them.
 *
 * @since 0.1.0
 */
import * as HttpHead from "./HttpHead.js"

/**
 * How many interim responses may precede the final one.
 *
 * @since 0.1.0
 * @category constants
 */
export const maxInterim = 16

/**
 * What is carried from one read to the next. A value, as `HttpHead.Carry` is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Carry {
  readonly head: HttpHead.Carry<HttpHead.ResponseHead>
  /** Interim responses so far. */
  readonly interim: number
}

/**
 * The three results of {@link feed}.
 *
 * @since 0.1.0
 * @category models
 */
export type Step =
  | { readonly _tag: "NeedMore"; readonly carry: Carry }
  /** `rest` is what came after the head, a view of the bytes given last. */
  | { readonly _tag: "Head"; readonly head: HttpHead.ResponseHead; readonly rest: Uint8Array }
  | { readonly _tag: "Problem"; readonly rule: HttpHead.RuleName | "TooManyInterim" }

/**
 * The state before the first byte.
 *
 * @since 0.1.0
 * @category constructors
 */
export const start = (limits: HttpHead.Limits = HttpHead.defaultLimits): Carry => ({
  head: HttpHead.response(limits),
  interim: 0
})

/**
 * Takes the next bytes. The result depends on the bytes alone, never on how they were cut.
 *
 * @example
 * import * as FinalResponse from "@effect-ws/codec/FinalResponse"
 *
 * const text = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 Not Found\r\n\r\n"
 * const step = FinalResponse.feed(FinalResponse.start(), Uint8Array.from(text, (char) => char.charCodeAt(0)))
 * if (step._tag === "Head") step.head.status // 404
 *
 * @since 0.1.0
 * @category parsing
 */
export const feed = (carry: Carry, octets: Uint8Array): Step => {
  let { head, interim } = carry
  let rest = octets
  for (;;) {
    const step = HttpHead.feed(head, rest)
    switch (step._tag) {
      case "NeedMore":
        return { _tag: "NeedMore", carry: { head: step.carry, interim } }
      case "Problem":
        return step
      case "Head": {
        const { status } = step.head
        if (status === 101 || status >= 200) return step
        if (++interim > maxInterim) return { _tag: "Problem", rule: "TooManyInterim" }
        const size = head.size + rest.length - step.rest.length
        head = HttpHead.response({ ...head.limits, octets: head.limits.octets - size })
        rest = step.rest
      }
    }
  }
}
