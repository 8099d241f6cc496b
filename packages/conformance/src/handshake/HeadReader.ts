/**
 * Reads the head of an HTTP message as it comes in, and keeps its octets for the record. In: octets. Out: the head, and what came
 * behind it.
 *
 * Parsing is codec's, which judges only whether it is a head.
 *
 * @since 0.1.0
 */
import * as FinalResponse from "@effect-ws/codec/FinalResponse"
import * as HttpHead from "@effect-ws/codec/HttpHead"

/**
 * What has come of the octets so far.
 *
 * @since 0.1.0
 * @category models
 */
export type Step<H, R> =
  | { readonly _tag: "NeedMore" }
  | { readonly _tag: "Head"; readonly head: H; readonly rest: Uint8Array }
  | { readonly _tag: "Problem"; readonly rule: R }

/**
 * @since 0.1.0
 * @category readers
 */
export class HeadReader<C, H, R> {
  /** Once it has come. */
  head: H | undefined
  private octets: Buffer = Buffer.alloc(0)

  private constructor(
    private carry: C,
    private readonly feed: (
      carry: C,
      octets: Uint8Array
    ) => Exclude<Step<H, R>, { readonly _tag: "NeedMore" }> | { readonly _tag: "NeedMore"; readonly carry: C }
  ) {}

  static ofRequest() {
    return new HeadReader(HttpHead.request(), HttpHead.feed<HttpHead.RequestHead>)
  }

  /** Interim responses are passed over, and are part of the text. */
  static ofResponse() {
    return new HeadReader(FinalResponse.start(), FinalResponse.feed)
  }

  push(octets: Buffer): Step<H, R> {
    const step = this.feed(this.carry, octets)
    const behind = step._tag === "Head" ? step.rest.length : 0
    this.octets = Buffer.concat([this.octets, octets.subarray(0, octets.length - behind)])
    if (step._tag === "NeedMore") this.carry = step.carry
    if (step._tag === "Head") this.head = step.head
    return step
  }

  /** How many octets it has, without what came behind. */
  get size(): number {
    return this.octets.length
  }

  text(): string {
    return this.octets.toString("latin1")
  }
}
