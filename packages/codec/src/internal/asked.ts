/**
 * What a request asks for besides a WebSocket, which is judged alike over HTTP/1.1 and HTTP/2: from which page, by which host, and
 * which subprotocols. In: a policy and headers. Out: the rule that is broken, and what was found.
 */
import type { Headers } from "../HttpHeaders.js"
import * as HttpHeaders from "../HttpHeaders.js"
import * as Origin from "../Origin.js"
import { isToken } from "./token.js"

export interface Breach {
  readonly rule: keyof typeof askedRules
  readonly detail: string
}

const breach = (rule: Breach["rule"], detail: string): Breach => ({ rule, detail })

export const judgeOrigin = (policy: Origin.Policy, host: string, headers: Headers): Breach | undefined => {
  const verdict = Origin.judge(policy, host, headers)
  switch (verdict._tag) {
    case "Allowed":
      return undefined
    case "OriginRefused":
      return breach("OriginNotAllowed", `origin ${verdict.origin}, host ${verdict.host}`)
    case "HostRefused":
      return breach("HostNotAllowed", `host ${verdict.host}`)
  }
}

/** 6455 §4.1, item 10: tokens, at least one, none twice. */
export const judgeSubprotocols = (headers: Headers, subprotocols: ReadonlyArray<string>): Breach | undefined => {
  const lines = HttpHeaders.values(headers, "sec-websocket-protocol")
  if ((lines.length > 0 && subprotocols.length === 0) || !subprotocols.every(isToken)) {
    return breach("SubprotocolsMalformed", lines.join(", "))
  }
  return new Set(subprotocols).size === subprotocols.length
    ? undefined
    : breach("SubprotocolRepeated", lines.join(", "))
}

/** In the order in which they are looked at. */
export const askedRules = {
  HostNotAllowed: { status: 403, headers: [], rfc: "6455 §4.2.2", says: "the host must be one of those listed" },
  OriginNotAllowed: {
    status: 403,
    headers: [],
    rfc: "6455 §10.2",
    says: "the page's origin must be the server's own or a listed one"
  },
  SubprotocolsMalformed: {
    status: 400,
    headers: [],
    rfc: "6455 §4.1",
    says: "subprotocols must be tokens, and at least one"
  },
  SubprotocolRepeated: { status: 400, headers: [], rfc: "6455 §4.1", says: "no subprotocol may be offered twice" }
} as const
