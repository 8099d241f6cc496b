/** The proxies of docs/guides/behind-a-proxy.md, started with the lines that stand there: only ports and paths are others. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as Net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { selfSigned } from "../../platform-node/test/certificate.js"

export type Name = "nginx" | "apache" | "haproxy" | "haproxy-tcp" | "caddy" | "stunnel"

interface Kind {
  readonly file: string
  readonly programs: ReadonlyArray<string>
  /** What stands around the lines of the docs, in a folder of its own. */
  readonly around: (lines: string, folder: string) => string
  /** Arguments with which it stays in the foreground. */
  readonly args: (config: string) => ReadonlyArray<string>
}

const isRoot = process.getuid?.() === 0

const apacheModules = [
  "mpm_event",
  "authz_core",
  "proxy",
  "proxy_http",
  "headers",
  "ssl",
  "socache_shmcb"
]

const haproxy: Omit<Kind, "file"> = {
  programs: ["/usr/sbin/haproxy"],
  around: (lines) => `global\n  maxconn 100\n\n${lines}`,
  args: (config) => ["-db", "-f", config]
}

const kinds: Record<Name, Kind> = {
  nginx: {
    file: "nginx.conf",
    programs: ["/usr/sbin/nginx"],
    around: (lines, folder) => `
      ${isRoot ? "user root;" : ""}
      daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr;
      events { worker_connections 100; }
      http {
        access_log off;
        ${
      ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(
        "\n"
      )
    }
        ${lines}
      }`,
    args: (config) => ["-e", "stderr", "-c", config]
  },
  apache: {
    file: "apache.conf",
    programs: ["/usr/sbin/apache2"],
    around: (lines, folder) => `
      ServerRoot ${folder}
      PidFile ${folder}/pid
      ServerName localhost
      ErrorLog ${folder}/error.log
      ${isRoot ? "User www-data\nGroup www-data" : ""}
      Mutex file:${folder}
      StartServers 1
      ServerLimit 1
      MaxRequestWorkers 25
      ${apacheModules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n")}
      ${lines}`,
    args: (config) => ["-DFOREGROUND", "-f", config]
  },
  haproxy: { ...haproxy, file: "haproxy.cfg" },
  "haproxy-tcp": { ...haproxy, file: "haproxy-tcp.cfg" },
  caddy: {
    file: "Caddyfile",
    programs: ["/usr/bin/caddy"],
    around: (lines) => `{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n}\n${lines}`,
    args: (config) => ["run", "--adapter", "caddyfile", "--config", config]
  },
  stunnel: {
    file: "stunnel.conf",
    programs: ["/usr/bin/stunnel4", "/usr/bin/stunnel"],
    around: (lines) => `foreground = yes\npid =\n${lines}`,
    args: (config) => [config]
  }
}

const programOf = (name: Name): string | undefined => kinds[name].programs.find((path) => existsSync(path))

export const all: ReadonlyArray<Name> = ["nginx", "apache", "haproxy", "haproxy-tcp", "caddy", "stunnel"]

/** Whether it is there to be tried. CI installs them all. */
export const isInstalled = (name: Name): boolean => programOf(name) !== undefined

export const certificate = selfSigned()

export interface Options {
  /** The port of our server. */
  readonly target: number
  /** Seconds of silence after which it ends a connection. Default 60, as in the docs. */
  readonly idle?: number
  /** The lines of the docs, with something else in them. */
  readonly edit?: (lines: string) => string
}

const linesOf = (name: Name): string =>
  readFileSync(fileURLToPath(new URL(`./guides/behind-a-proxy/${kinds[name].file}`, import.meta.url)), "utf8")

/** The port at which it can be reached. */
export const start = (
  name: Name,
  { edit = (lines) => lines, idle = 60, target }: Options
): Effect.Effect<number, Error, Scope.Scope> =>
  Effect.gen(function*() {
    const program = programOf(name) ?? ""
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-ws-proxy-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    )
    writeFileSync(join(folder, "app.example.pem"), certificate.cert)
    writeFileSync(join(folder, "app.example.key"), certificate.key)
    writeFileSync(join(folder, "app.example.both.pem"), certificate.cert + certificate.key)
    const port = yield* Effect.promise(freePort)
    const lines = edit(linesOf(name))
      .replaceAll("127.0.0.1:8080", `127.0.0.1:${target}`)
      .replaceAll(/(?<=bind )(?=:443)|(?<=listen |Listen |accept {2}= )(?=443)/g, (at) => `${at}127.0.0.1:`)
      .replaceAll("127.0.0.1::443", "127.0.0.1:443")
      .replaceAll("*:443", "127.0.0.1:443")
      .replaceAll("app.example:443", "localhost:443")
      .replaceAll(/\b443\b/g, String(port))
      .replaceAll("/etc/ssl", folder)
      .replaceAll(/\b60(?=s?;?$)/gm, String(idle))
    const config = join(folder, "config")
    writeFileSync(config, kinds[name].around(lines, folder))
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(program, kinds[name].args(config), {
          stdio: ["ignore", "pipe", "pipe"],
          detached: true, // a group of its own, which is ended as one
          env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
        })
      ),
      end
    )
    const said: Array<string> = []
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (octets) => said.push(String(octets)))
    yield* Effect.tryPromise({
      try: () => listening(port, child),
      catch: () => new Error(`${name} does not listen: ${said.join("")}${read(join(folder, "error.log"))}`)
    })
    return port
  })

const read = (file: string): string => existsSync(file) ? readFileSync(file, "utf8") : ""

const freePort = async (): Promise<number> => {
  const server = Net.createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as Net.AddressInfo
  server.close()
  await once(server, "close")
  return port
}

/** In its own time: it is asked until it answers, or ends. */
const listening = async (port: number, child: ChildProcess): Promise<void> => {
  while (child.exitCode === null && child.signalCode === null) {
    const socket = Net.connect(port, "127.0.0.1")
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.on("connect", () => resolve(true))
      socket.on("error", () => resolve(false))
    })
    socket.destroy()
    if (isOpen) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error("it has ended")
}

const end = (child: ChildProcess): Effect.Effect<void> =>
  Effect.promise(async () => {
    if (child.pid === undefined) return
    const over = child.exitCode !== null || child.signalCode !== null
    const ended = over ? Promise.resolve() : once(child, "exit")
    try {
      process.kill(-child.pid, "SIGKILL")
    } catch {
      // The group is gone.
    }
    await ended
  })
