/**
 * A page, its script and WebSockets, on one port. In: a folder with `page.html`, `page.css` and `page.ts`, and where to listen. Out: the
 * `WebSocketServer`, and the URL of the page.
 *
 * The script is bundled from the sources, when it is first wanted. The page asks for nothing of any other host.
 */
import { ServeError, type WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { build } from "esbuild"
import { readFile } from "node:fs/promises"
import * as Http from "node:http"
import { fileURLToPath } from "node:url"

/** One of `src`, with a page. */
export type Folder = "chat" | "one-port" | "processes" | "proxies" | "rpc" | "ticker" | "transfer"

export interface Options {
  readonly folder: Folder
  /** 0 for a free one. */
  readonly port: number
  readonly webSockets?: NodeWebSocketServer.AttachOptions
  /** Besides its own host, where the page may connect to. */
  readonly connectsTo?: ReadonlyArray<string>
}

export interface Site {
  readonly webSockets: WebSocketServer["Type"]
  readonly url: string
}

export const make = (
  { connectsTo = [], folder, port, webSockets: options }: Options
): Effect.Effect<Site, ServeError, Scope.Scope> =>
  Effect.gen(function*() {
    const policy = `default-src 'self'; connect-src ${
      ["'self'", ...connectsTo].join(" ")
    }; base-uri 'none'; frame-ancestors 'none'`
    const http = yield* Effect.acquireRelease(
      Effect.sync(() => Http.createServer((request, response) => void answer(folder, policy, request, response))),
      (http) => Effect.sync(() => http.closeAllConnections())
    )
    const webSockets = yield* NodeWebSocketServer.attach(http, options)
    yield* listen(http, port)
    const { address } = webSockets
    return { webSockets, url: `http://localhost:${address._tag === "Tcp" ? address.port : port}/` }
  })

export interface Answer {
  readonly status: number
  readonly type: string
  readonly content: string
}

/** By path. */
export type Files = ReadonlyMap<`/${string}`, Answer>

const nothing: Answer = { status: 404, type: "text/plain", content: "there is nothing here" }

const found = new Map<Folder, Promise<Files>>()

/** The page and its script, for a server that is not of `make`. Read and bundled once in a process. */
export const filesOf = (folder: Folder): Promise<Files> => {
  const files = found.get(folder) ?? read(folder)
  found.set(folder, files)
  return files
}

const read = async (folder: Folder): Promise<Files> => {
  const sources = new URL("../../src/", import.meta.url) // from `dist` and from `src`
  const [html, style, common, script] = await Promise.all([
    readFile(new URL(`${folder}/page.html`, sources), "utf8"),
    readFile(new URL(`${folder}/page.css`, sources), "utf8"),
    readFile(new URL("site/site.css", sources), "utf8"),
    bundle(fileURLToPath(new URL(`${folder}/page.ts`, sources)))
  ])
  const file = (type: string, content: string): Answer => ({ status: 200, type, content })
  return new Map([
    ["/", file("text/html", html)],
    ["/page.css", file("text/css", style)],
    ["/site.css", file("text/css", common)],
    ["/page.js", file("text/javascript", script)],
    ["/icon.svg", file("image/svg+xml", icon)]
  ])
}

const bundle = async (entry: string): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    platform: "browser",
    conditions: ["@effect-ws/source"]
  })
  return outputFiles.map(({ text }) => text).join("")
}

const answer = async (
  folder: Folder,
  policy: string,
  request: Http.IncomingMessage,
  response: Http.ServerResponse
): Promise<void> => {
  const { method, url = "/" } = request
  const [path = "/"] = url.split("?")
  const { content, status, type } = await filesOf(folder).then(
    (files) => Array.from(files).find(([at]) => at === path)?.[1] ?? nothing,
    (error: unknown): Answer => ({ status: 500, type: "text/plain", content: `the page cannot be bundled: ${error}` })
  )
  response.writeHead(status, {
    "content-type": `${type}; charset=utf-8`,
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
    "cache-control": "no-store"
  })
  response.end(method === "HEAD" ? undefined : content)
}

const listen = (http: Http.Server, port: number): Effect.Effect<void, ServeError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<void, ServeError>((resume) => {
      http.once("error", (cause) => resume(new ServeError({ cause })))
      http.listen({ host: "127.0.0.1", port }, () => resume(Effect.void))
    }),
    () => Effect.sync(() => http.close())
  )

const icon =
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#2457d6"/>
<path d="M8 20l6-8 4 6 6-8" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>`
