/**
 * What is kept of a request: while it is decided on, everything, parsed on access; and for the connection, one string.
 */
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import type { Opening } from "@effect-ws/connection/Connection"
import * as Option from "effect/Option"
import { pathOf } from "../internal/target.js"
import type { Certificate, Query, UpgradeRequest } from "../WebSocketServer.js"
import type { Upgrade } from "./upgrade.js"

/** Every host has it; no library of types for hosts is needed to say so. */
declare const URLSearchParams: new(query: string) => Query

export class UpgradeRequestView implements UpgradeRequest {
  constructor(readonly upgrade: Upgrade) {}

  get url(): string {
    return this.upgrade.offer.target
  }

  get path(): string {
    return pathOf(this.url)
  }

  get query(): Query {
    return new URLSearchParams(this.url.slice(this.path.length))
  }

  get host(): string {
    return this.upgrade.offer.host
  }

  get origin(): Option.Option<string> {
    return Option.fromNullable(this.upgrade.offer.origin)
  }

  get headerLines(): Headers {
    return this.upgrade.offer.headers
  }

  get headers(): Readonly<Record<string, string | undefined>> {
    const joined: Record<string, string> = Object.create(null)
    for (const [name, value] of this.headerLines) {
      const key = name.toLowerCase()
      const before = joined[key]
      joined[key] = before === undefined ? value : `${before}${key === "cookie" ? "; " : ", "}${value}`
    }
    return joined
  }

  get subprotocols(): ReadonlyArray<string> {
    return this.upgrade.offer.subprotocols
  }

  get remoteAddress(): Option.Option<string> {
    return Option.fromNullable(this.upgrade.remoteAddress)
  }

  get remotePort(): Option.Option<number> {
    return Option.fromNullable(this.upgrade.remotePort)
  }

  get certificate(): Option.Option<Certificate> {
    return Option.fromNullable(this.upgrade.certificate)
  }

  get secure(): boolean {
    return this.upgrade.secure
  }
}

export class ServerOpening implements Opening {
  /** The target, and behind it a line for each header: joined, since a sum of strings would keep its parts. */
  private readonly text: string

  constructor(
    { offer, remoteAddress }: Upgrade,
    readonly subprotocol: string | undefined,
    readonly extensions: string
  ) {
    const lines = [offer.target]
    for (const [name, value] of offer.headers) lines.push(`${name}:${value}`)
    this.text = lines.join("\n")
    this.remoteAddress = remoteAddress
  }

  /** For the log. */
  readonly remoteAddress: string | undefined

  get target(): string {
    const end = this.text.indexOf("\n")
    return end < 0 ? this.text : this.text.slice(0, end)
  }

  get headers(): Headers {
    return this.text.split("\n").slice(1).map((line) => {
      const colon = line.indexOf(":")
      return [line.slice(0, colon), line.slice(colon + 1)]
    })
  }
}
