/**
 * The inspector's answers, whatever server asks for them. In: a request, as plain values. Out: a response, as plain values.
 *
 *     GET /                          the live page, with /style.css and /script.js
 *     GET /live                      the part of it that changes
 *     GET /connections/:id           the report of a connection
 *     GET /connections/:id.html      the same, as a file; also .json and .pcapng
 *
 * All of it may be seen by those alone whom `access` lets in.
 */
import { markup } from "@effect-ws/codec/report/Markup"
import * as Option from "effect/Option"
import * as capture from "../wireLog/capture.js"
import type { Report } from "../wireLog/model.js"
import type { Recorder } from "../wireLog/Recorder.js"
import * as render from "../wireLog/render.js"
import { type Asked, judge } from "./access.js"
import * as live from "./live.js"
import { script } from "./script.js"
import { style } from "./style.js"

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

export interface InspectorSettings {
  /** Where it stands: "" for the root, or "/inspector". */
  readonly path: string
  readonly token: string | undefined
}

export const answer = (recorder: Recorder, { path, token }: InspectorSettings, asked: Asked): Answer => {
  const access = judge(asked, token, path)
  switch (access._tag) {
    case "Denied":
      return text(access.status, access.why, access.status === 401 ? { "www-authenticate": "Bearer" } : {})
    case "Welcome":
      return text(303, "", { location: `${path}/`, "set-cookie": access.cookie })
    case "Granted":
      break
  }
  if (asked.method !== "GET" && asked.method !== "HEAD") {
    return text(405, "The inspector only answers GET and HEAD.", { allow: "GET, HEAD" })
  }
  const [target = ""] = asked.target.split("?")
  const route = target.startsWith(`${path}/`) || target === path ? target.slice(path.length) : target
  switch (route) {
    case "":
      return text(301, "", { location: `${path}/` })
    case "/":
      return file("text/html; charset=utf-8", live.page(recorder, path))
    case "/live":
      return file("text/html; charset=utf-8", live.part(recorder, path).text)
    case "/style.css":
      return file("text/css; charset=utf-8", style)
    case "/script.js":
      return file("text/javascript; charset=utf-8", script)
  }
  const [, id = "", ending = ""] = /^\/connections\/(\d{1,15})(\.html|\.json|\.pcapng)?$/.exec(route) ?? []
  const report = recorder.report(id)
  if (Option.isSome(report)) return shown(report.value, ending, path)
  return text(
    404,
    id === "" ? "Not found." : `There is no record of connection ${id}: it was never kept, or is gone by now.`
  )
}

const shown = (report: Report, ending: string, path: string): Answer => {
  const download = { "content-disposition": `attachment; filename="connection-${report.id}${ending}"` }
  switch (ending) {
    case ".html":
      return file("text/html; charset=utf-8", render.whole(report), download)
    case ".json":
      return file("application/json", render.json(report), download)
    case ".pcapng":
      return file("application/octet-stream", capture.of(report), download)
    default: {
      const own = `${path}/connections/${report.id}`
      const head = markup`<link rel="stylesheet" href="${path}/style.css">`
      const navigation =
        markup`<nav><a href="${path}/">← all connections</a><span>as a file: <a href="${own}.html">HTML</a> · <a href="${own}.json">JSON</a> · <a href="${own}.pcapng">pcapng</a></span></nav>
`
      return file("text/html; charset=utf-8", render.page(report, head, navigation))
    }
  }
}

const file = (type: string, body: string | Uint8Array, headers: Answer["headers"] = {}): Answer => ({
  status: 200,
  headers: { ...security, "content-type": type, ...headers },
  body
})

const text = (status: number, body: string, headers: Answer["headers"] = {}): Answer => ({
  status,
  headers: { ...security, "content-type": "text/plain; charset=utf-8", ...headers },
  body: body === "" ? "" : `${body}\n`
})

/** The pages need nothing from anywhere else, and nobody else needs anything of them. */
const security = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join("; "),
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}
