/**
 * A reverse proxy as a process, until the scope closes. In: which, where it listens, and the port of the server behind it. Out: whether it is
 * there; none if it is not installed.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"

export type Name = keyof typeof kinds

export class NotStarted extends Data.TaggedError("NotStarted")<{ readonly name: string; readonly said: string }> {
  override get message(): string {
    return `${this.name} does not listen: ${this.said.slice(-1000)}`
  }
}

const isRoot = process.getuid?.() === 0
const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]

const kinds = {
  nginx: {
    programs: ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/opt/homebrew/bin/nginx"],
    file: "nginx.conf",
    /** What stands around the lines of a site. */
    around: (lines: string, folder: string): string =>
      `${isRoot ? "user root;" : ""} daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr;
      events { worker_connections 100; }
      http { access_log off; ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}\n${lines}}`,
    arguments: (config: string) => ["-e", "stderr", "-c", config]
  },
  haproxy: {
    programs: ["/usr/sbin/haproxy", "/usr/local/sbin/haproxy", "/opt/homebrew/bin/haproxy"],
    file: "haproxy.cfg",
    around: (lines: string): string => lines,
    arguments: (config: string) => ["-db", "-f", config]
  }
}

export const names = ["nginx", "haproxy"] as const satisfies ReadonlyArray<Name>

export const programOf = (name: Name): string | undefined => kinds[name].programs.find((path) => existsSync(path))

/** Before one server. */
export const start = (
  name: Name,
  port: number,
  target: number
): Effect.Effect<Option.Option<Name>, NotStarted, Scope.Scope> =>
  run(name, `proxies/${kinds[name].file}`, port, { 8080: target, 8081: port })

/** With this file, in which each of these ports stands for another. */
export const run = (
  name: Name,
  file: string,
  port: number,
  ports: Readonly<Record<number, number | undefined>>
): Effect.Effect<Option.Option<Name>, NotStarted, Scope.Scope> =>
  Effect.gen(function*() {
    const { around, arguments: argumentsOf } = kinds[name]
    const program = programOf(name)
    if (program === undefined) return Option.none()
    yield* Effect.mapError(freePort(port), ({ message }) => new NotStarted({ name, said: message }))
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-ws-proxy-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    )
    const config = join(folder, basename(file))
    const lines = readFileSync(new URL(`../../src/${file}`, import.meta.url), "utf8")
      .replaceAll(/(?<=127\.0\.0\.1:)\d+/g, (port) => String(ports[Number(port)] ?? port))
    writeFileSync(config, around(lines, folder))
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawn(program, argumentsOf(config), { stdio: ["ignore", "ignore", "pipe"] })),
      end
    )
    let said = ""
    child.stderr.on("data", (bytes) => said = `${said}${bytes}`.slice(-4000))
    yield* Effect.retry(answers(port), { schedule: Schedule.spaced("20 millis"), while: () => !hasEnded(child) }).pipe(
      Effect.mapError(() => new NotStarted({ name, said }))
    )
    return Option.some(name)
  })

/** That port, or any for 0, if it is free now: a proxy cannot say which one it was given, and somebody else may answer at one in use. */
export const freePort = (port: number) =>
  Effect.async<number, Error>((resume) => {
    const server = createServer()
    server.on("error", (error) => resume(Effect.fail(error)))
    server.listen(port, "127.0.0.1", () => {
      const address = server.address()
      const found = typeof address === "object" && address !== null ? address.port : port
      server.close(() => resume(Effect.succeed(found)))
    })
  })

const answers = (port: number) =>
  Effect.async<void, void>((resume) => {
    const socket = connect(port, "127.0.0.1")
    socket.on("connect", () => resume(Effect.void))
    socket.on("error", () => resume(Effect.fail(undefined)))
    socket.on("connect", () => socket.destroy())
    return Effect.sync(() => socket.destroy())
  })

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

const end = (child: ChildProcess): Effect.Effect<void> =>
  Effect.promise(async () => {
    if (child.pid === undefined || hasEnded(child)) return
    const ended = once(child, "exit")
    child.kill("SIGTERM")
    await ended
  })
