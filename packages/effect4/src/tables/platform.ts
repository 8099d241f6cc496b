/**
 * The modules of `@effect/platform` and `@effect/platform-node` that Effect 4 has in `effect`.
 */
import type { Rewrite, Table } from "../Table.js"
import { propertiesOf } from "./rewrites.js"

/** What was both a service's name and its type is only its name. */
const service: Rewrite = {
  type: ({ at, isResult }) => `${at("effect/http/HttpServer#HttpServer")}${isResult ? `["Service"]` : ""}`,
  to: "HttpServer"
}

/** An option's name is said as it was; what is wrong with it, by a function. */
const judged: Rewrite = {
  call: ({ args: [f = "", message = ""], at }) => `${at("effect/cli/Flag#filterMap")}(${f}, () => ${message})`
}

const named: Rewrite = {
  call: ({ at, nodes: [options], refuse, text }) => {
    const [name] = propertiesOf(options, ["name"], text)
    return name === undefined ? refuse("it wants a name, written out") : `${at("effect/cli/Argument#String")}(${name})`
  }
}

export const platform: Table = {
  "@effect/cli/Args": { to: "effect/cli/Argument", kept: "withDefault withDescription", names: { text: named } },
  "@effect/cli/Command": { to: "effect/cli/Command", kept: "make withDescription" },
  "@effect/cli/Options": {
    to: "effect/cli/Flag",
    kept: "optional withDefault withDescription",
    names: {
      // It need not be given.
      boolean: {
        call: ({ args, at }) =>
          `${at("effect/cli/Flag#withDefault")}(${at("effect/cli/Flag#Boolean")}(${args.join(", ")}), false)`
      },
      filterMap: judged,
      integer: "Int",
      text: "String"
    }
  },
  "@effect/platform/Etag": { to: "effect/http/Etag", kept: "Generator" },
  "@effect/platform/FileSystem": { names: { KiB: "effect/ByteSize#kibibytes" } },
  "@effect/platform/Headers": { to: "effect/http/Headers", kept: "Headers fromInput get set" },
  "@effect/platform/HttpApp": {
    names: {
      Default: {
        type: ({ at, types: [e = "never", r] }) =>
          `${at("effect/Effect#Effect")}<${at("effect/http/HttpServerResponse#HttpServerResponse")}, ${e}, ${
            r === undefined ? "" : `${r} | `
          }${at("effect/http/HttpServerRequest#HttpServerRequest")} | ${at("effect/Scope#Scope")}>`
      }
    }
  },
  "@effect/platform/HttpMiddleware": { to: "effect/http/HttpMiddleware", kept: "HttpMiddleware make" },
  "@effect/platform/HttpPlatform": { to: "effect/http/HttpPlatform", kept: "HttpPlatform" },
  "@effect/platform/HttpServer": {
    to: "effect/http/HttpServer",
    kept: "make serve serveEffect",
    names: { HttpServer: service }
  },
  "@effect/platform/HttpServerError": {
    to: "effect/http/HttpServerError",
    kept: "ServeError",
    names: {
      RequestError: "HttpServerError",
      clientAbortFiberId: { value: ({ at }) => `${at("effect/http/HttpServerError#ClientAbort")}.annotation` }
    }
  },
  "@effect/platform/HttpServerRequest": {
    to: "effect/http/HttpServerRequest",
    kept: "HttpServerRequest fromWeb schemaBodyJson",
    names: {
      withMaxBodySize: {
        call: ({ args: [size = ""], at }) => {
          const [, some] = /^\w+\.some\(([\s\S]*)\)$/.exec(size) ?? []
          return `${at("effect/Effect#provideService")}(${at("effect/http/HttpIncomingMessage#MaxBodySize")}, ${
            some ?? `${at("effect/Option#getOrUndefined")}(${size})`
          })`
        }
      }
    }
  },
  "@effect/platform/HttpServerResponse": {
    to: "effect/http/HttpServerResponse",
    kept: "HttpServerResponse empty file setHeaders stream text uint8Array",
    names: { unsafeJson: "jsonUnsafe" }
  },
  "@effect/platform/HttpTraceContext": { to: "effect/http/HttpTraceContext", kept: "fromHeaders" },
  "@effect/platform/MsgPack": { names: { schema: "effect/encoding/SchemaBinary#toCodec" } },
  "@effect/platform/Socket": {
    to: "effect/socket/Socket",
    kept:
      "CloseEvent Socket SocketCloseError SocketError WebSocketConstructor isCloseEvent isSocketError makeWebSocket layerWebSocket"
  },
  "@effect/platform/SocketServer": { to: "effect/socket/SocketServer", kept: "SocketServer" },
  "@effect/platform-node/NodeContext": {
    names: {
      NodeContext: "@effect/platform-node/NodeServices#NodeServices",
      layer: "@effect/platform-node/NodeServices#layer"
    }
  },
  "@effect/platform-node/NodeHttpServer": {
    kept: "make layerServer layer",
    names: {
      layerContext: "layerHttpServices",
      // What handles requests lives in a scope of its own, so that whoever serves in the same one can close their connections first.
      makeHandler: {
        call: ({ args: [app = "", middleware], at }) =>
          `${at("effect/Effect#flatMap")}(${at("effect/Effect#flatMap")}(${at("effect/Effect#scope")}, ${
            at("effect/Scope#fork")
          }), (scope) =>
      ${at("@effect/platform-node/NodeHttpServer#makeHandler")}(${app}, { scope${
            middleware === undefined ? "" : `, middleware: ${middleware}`
          } }))`
      }
    }
  }
}
