/**
 * Four servers, each of a framework, with the same page and WebSockets on its port, until they are interrupted.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Site from "../site/Site.js"
import { withExpress, withFastify, withHono } from "./frameworks.js"
import { withHttpApi } from "./httpApi.js"
import { type Servers, serversAsText, type Sights } from "./Sights.js"

const starts = { express: withExpress, Hono: withHono, fastify: withFastify, HttpApi: withHttpApi }

/** On four ports from this one on; 0 for free ones. */
export const start = (port: number) =>
  Effect.gen(function*() {
    const servers: Array<Servers[number]> = []
    const pages = yield* Effect.promise(() => Site.filesOf("one-port"))
    const sights: Sights = [
      ...Array.from(pages, ([path, { content, type }]) => ({ path, type, content: () => content })),
      { path: "/servers", type: "application/json", content: () => Schema.encodeSync(serversAsText)(servers) }
    ]
    for (const [i, [name, start]] of Object.entries(starts).entries()) {
      const at = yield* start(port === 0 ? 0 : port + i, sights)
      servers.push({ name, url: `http://localhost:${at}/` })
    }
    return servers
  })
