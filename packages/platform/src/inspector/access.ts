/**
 * Who may look: what a request must show. In: what is known of a request, and the token, if there is one. Out: yes, or how to answer instead.
 *
 * Without a token only who asks from this machine, by a name of this machine, and not by way of a proxy that names itself: so neither the
 * network nor a page that has its own name resolve to this machine (DNS rebinding) can look. With a token, whoever shows it.
 *
 * A proxy on this machine that names itself in no header, such as nginx as it comes, asks as this machine does: behind one it takes a token.
 */

export interface Asked {
  readonly method: string
  /** Path and query. */
  readonly target: string
  /** The peer's address, if it is known. */
  readonly peer: string | undefined
  /** The first value of a header line; its name is in lower case. */
  readonly header: (name: string) => string | undefined
}

export type Access =
  | { readonly _tag: "Granted" }
  /** By the link with the token, which a cookie takes the place of. */
  | { readonly _tag: "Welcome"; readonly cookie: string }
  | { readonly _tag: "Denied"; readonly status: 401 | 403; readonly why: string }

const cookieName = "effect-ws-inspector"

export const judge = (asked: Asked, token: string | undefined, path: string): Access => {
  if (token === undefined) return isOfThisMachine(asked) ? granted : denied
  const given = new URLSearchParams(asked.target.split("?")[1] ?? "").get("token")
  if (given !== null) {
    const flags = `Path=${path === "" ? "/" : path}; HttpOnly; SameSite=Strict`
    return isSame(given, token)
      ? { _tag: "Welcome", cookie: `${cookieName}=${encodeURIComponent(token)}; ${flags}` }
      : unauthorized
  }
  const shown = [bearerOf(asked.header("authorization")), cookieOf(asked.header("cookie"))]
  return shown.some((one) => one !== undefined && isSame(one, token)) ? granted : unauthorized
}

const granted: Access = { _tag: "Granted" }

const denied: Access = {
  _tag: "Denied",
  status: 403,
  why: "Without a token the inspector answers only this machine, asked as localhost and not through a proxy. " +
    "To look from elsewhere, give the inspector a token. Behind any proxy, give it one too: a proxy that does not name " +
    "itself, such as nginx by default, looks like this machine."
}

const unauthorized: Access = {
  _tag: "Denied",
  status: 401,
  why: "The inspector needs its token: once as ?token=… in the address, or as Authorization: Bearer …"
}

/** Every host has it; no library of types for hosts is needed to say so. */
declare const URLSearchParams: new(query: string) => { readonly get: (name: string) => string | null }

const isOfThisMachine = ({ header, peer }: Asked): boolean =>
  peer !== undefined && isLoopback(peer) && isLocalName(header("host") ?? "") &&
  namesOfProxies.every((name) => header(name) === undefined)

/** In which proxies say that they are, or for whom they ask. */
const namesOfProxies = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"]

export const isLoopback = (address: string): boolean =>
  address === "::1" || /^(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/i.test(address)

const isLocalName = (host: string): boolean => {
  const name = host.replace(/:\d*$/, "").toLowerCase()
  return name === "localhost" || name.endsWith(".localhost") || isLoopback(name.replace(/^\[(.*)\]$/, "$1"))
}

const bearerOf = (authorization: string | undefined): string | undefined =>
  authorization !== undefined && /^bearer /i.test(authorization) ? authorization.slice(7).trim() : undefined

const cookieOf = (cookies: string | undefined): string | undefined => {
  const pair = cookies?.split(";").map((one) => one.trim()).find((one) => one.startsWith(`${cookieName}=`))
  if (pair === undefined) return undefined
  try {
    return decodeURIComponent(pair.slice(cookieName.length + 1))
  } catch {
    return undefined
  }
}

/** In a time that does not tell how much of it is right. */
const isSame = (given: string, token: string): boolean => {
  let difference = given.length ^ token.length
  for (let i = 0; i < given.length; i++) difference |= given.charCodeAt(i) ^ token.charCodeAt(i % token.length)
  return difference === 0
}
