/** A site for browsers: a page with a program of ours, bundled as an application would, and a place where it reports. */
import { build } from "esbuild"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { resolve } from "node:path"

export const bundle = async (entry: string): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [resolve(import.meta.dirname, entry)],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    conditions: ["@effect-ws/source"]
  })
  return outputFiles[0]?.text ?? ""
}

export interface Report {
  readonly path: string
  readonly body: unknown
}

const page = `<script type="module" src="/program.js"></script>`

/** The same program in Workers as well. */
const workers = `<script>
new Worker("/program.js", { type: "module" })
new SharedWorker("/program.js", { type: "module" })
</script>`

/** In a Worker whose page shows what it says, and tells it when the network is back. */
const told = `<script>
const worker = new Worker("/program.js", { type: "module" })
worker.onmessage = ({ data }) => document.title = data
addEventListener("online", () => worker.postMessage("online"))
</script>`

const scripts: Readonly<Record<string, string>> = { "/": page, "/workers": page + workers, "/told": told }

/** Serves the page, and answers `GET` of what `answers` has. */
export const open = async (
  script: string,
  answers: Readonly<Record<string, unknown>>,
  onReport: (report: Report) => void
): Promise<{ readonly url: string; readonly close: () => void }> => {
  const server = createServer((request, response) => {
    const path = request.url ?? "/"
    if (request.method === "POST") {
      let body = ""
      request.on("data", (data) => body += String(data))
      request.on("end", () => {
        response.end()
        onReport({ path, body: JSON.parse(body) })
      })
    } else if (path in answers) {
      response.end(JSON.stringify(answers[path]))
    } else if (path === "/program.js") {
      response.setHeader("content-type", "text/javascript")
      response.end(script)
    } else {
      response.setHeader("content-type", "text/html")
      response.end(
        `<!doctype html><meta charset="utf-8"><title>${path}</title>${scripts[path] ?? ""}`
      )
    }
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}
