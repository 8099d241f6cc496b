/**
 * The beginning of an HTTP response's body (RFC 9112 §6), which may say why a request was refused. In: bytes in any pieces. Out: whether
 * that was all, or enough; and the content so far, with the chunks of a chunked body joined.
 *
 * It is not strict, since the connection is cut after it. It is linear, and bounded by what it may keep.
 */
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"

export class ResponseBody {
  private octets = new Uint8Array(0)
  private size = 0
  private readonly isChunked: boolean
  /** Bytes to come, of the body or of this chunk. */
  private left: number
  private at: "size" | "extension" | "content" | "gap"

  constructor(status: number, headers: Headers, private readonly limit: number) {
    this.isChunked = HttpHeaders.tokens(headers, "transfer-encoding").at(-1) === "chunked"
    this.left = this.isChunked ? 0 : contentLength(status, headers)
    this.at = this.isChunked ? "size" : "content"
  }

  get isComplete(): boolean {
    return this.size === this.limit || (this.at === "content" && this.left === 0)
  }

  get content(): Uint8Array {
    return this.octets.slice(0, this.size)
  }

  feed(octets: Uint8Array): void {
    let next = 0
    while (next < octets.length && !this.isComplete) {
      if (this.at === "content") next += this.take(octets.subarray(next))
      else this.feedFrame(octets[next++] ?? 0)
    }
  }

  private take(octets: Uint8Array): number {
    const taken = Math.min(octets.length, this.left, this.limit - this.size)
    const size = this.size + taken
    if (size > this.octets.length) {
      const grown = new Uint8Array(Math.min(Math.max(1024, 2 * size), this.limit))
      grown.set(this.octets.subarray(0, this.size))
      this.octets = grown
    }
    this.octets.set(octets.subarray(0, taken), this.size)
    this.size = size
    this.left -= taken
    if (this.isChunked && this.left === 0) this.at = "gap"
    return taken
  }

  /** Around the chunks: `size [; extension] CRLF content CRLF`, up to a chunk of no bytes. */
  private feedFrame(octet: number): void {
    if (octet === lineFeed) this.at = this.at === "gap" ? "size" : "content"
    else if (this.at === "size") {
      const digit = parseInt(String.fromCharCode(octet), 16)
      if (Number.isNaN(digit)) this.at = "extension"
      else this.left = 16 * this.left + digit
    }
  }
}

const lineFeed = 0x0a

/** RFC 9112 §6.3. Where the length is not known, the body ends with the stream. */
const contentLength = (status: number, headers: Headers): number => {
  if (status < 200 || status === 204 || status === 304) return 0
  const length = HttpHeaders.first(headers, "content-length") ?? ""
  return /^[0-9]+$/.test(length) ? Number(length) : Infinity
}
