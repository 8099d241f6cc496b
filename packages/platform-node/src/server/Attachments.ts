/**
 * The user's servers that take WebSockets beside their routes: one `upgrade` listener for each server gives a request to the attachment of
 * its path. Requests for other paths are left to other listeners; if there are none, they are answered. For the streams of HTTP/2 servers
 * see `StreamAttachments`.
 */
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import type * as Http from "node:http"
import type { Socket } from "node:net"
import { TLSSocket } from "node:tls"
import type { AttachOptions } from "./options.js"
import { attachmentFor, isReadable, pathOf, type WithPaths } from "./paths.js"
import type { AttachedServer, Requests } from "./Requests.js"
import { StreamAttachments, type StreamHandler } from "./StreamAttachments.js"

interface Attachment extends WithPaths {
  readonly requests: Upgrades
}

export type Upgrades = Pick<Requests, "onFault" | "onForeign" | "onUpgrade"> & StreamHandler

type ShouldUpgrade = (request: Http.IncomingMessage) => boolean

/** Newer versions of Node ask whether to upgrade; see `handBack` for the others. */
type WithShouldUpgrade = AttachedServer & { shouldUpgradeCallback?: ShouldUpgrade }

export class Attachments {
  private static readonly all = new WeakMap<AttachedServer, Attachments>()

  /** The returned function detaches it. */
  static add(server: AttachedServer, paths: AttachOptions["paths"], requests: Upgrades): () => void {
    const attachments = Attachments.all.get(server) ?? new Attachments(server)
    Attachments.all.set(server, attachments)
    const attachment = { paths, requests }
    attachments.add(attachment)
    return () => attachments.remove(attachment)
  }

  private attached: ReadonlyArray<Attachment> = []
  private shouldUpgradeBefore: ShouldUpgrade | undefined = undefined

  private readonly streams: StreamAttachments | undefined

  private constructor(private readonly server: AttachedServer) {
    this.streams = "updateSettings" in server ? new StreamAttachments(server, () => this.attached) : undefined
  }

  private add(attachment: Attachment): void {
    this.attached = [...this.attached, attachment]
    if (this.attached.length > 1) return
    this.streams?.listen()
    this.server.on("upgrade", this.onUpgrade)
    const server: WithShouldUpgrade = this.server
    const before = this.shouldUpgradeBefore = server.shouldUpgradeCallback
    if (before !== undefined) {
      // Upgrades to anything else are for others, if there are any: and then by whatever rule there was.
      server.shouldUpgradeCallback = (request) =>
        ServerHandshake.asksForWebSocket(headersOf(request)) || (this.hasOthers && before.call(server, request))
    }
  }

  private remove(attachment: Attachment): void {
    this.attached = this.attached.filter((other) => other !== attachment)
    if (this.attached.length > 0) return
    this.streams?.unlisten()
    this.server.off("upgrade", this.onUpgrade)
    const server: WithShouldUpgrade = this.server
    if (this.shouldUpgradeBefore !== undefined) server.shouldUpgradeCallback = this.shouldUpgradeBefore
  }

  private get hasOthers(): boolean {
    return this.server.listenerCount("upgrade") > 1
  }

  private readonly onUpgrade = (request: Http.IncomingMessage, socket: Socket, head: Uint8Array): void => {
    const isWebSocket = ServerHandshake.asksForWebSocket(headersOf(request))
    const path = pathOf(request.url ?? "")
    const found = isWebSocket ? attachmentFor(this.attached, path) : undefined
    if (found === undefined && this.hasOthers) return
    const requests = (found?.attachment ?? this.attached[0])?.requests
    if (this.isCut(request)) requests?.onForeign(socket, "TooManyHeaders")
    else if (found?._tag === "Found") found.attachment.requests.onUpgrade(request, socket, head)
    else if (found?._tag === "Failed" && !isReadable(path)) requests?.onForeign(socket, "TargetInvalid")
    else if (found?._tag === "Failed") {
      requests?.onFault("The function paths of an attached server failed", found.defect, socket)
    } else if (isWebSocket) requests?.onForeign(socket, "PathUnknown")
    else this.handBack(request, socket, head)
  }

  /** Node drops header lines beyond a limit, and one of them may have announced a body, which would be taken for what follows. */
  private isCut({ rawHeaders }: Http.IncomingMessage): boolean {
    const most = ("maxHeadersCount" in this.server ? this.server.maxHeadersCount : undefined) ?? 1000
    return most > 0 && rawHeaders.length >= 2 * most
  }

  /**
   * A request for another protocol (`h2c`) belongs to the user's routes, but Node does not give it to them once somebody listens for
   * upgrades. So it is read again without its `Upgrade`, as a server may (9110 §7.8).
   */
  private handBack(request: Http.IncomingMessage, socket: Socket, head: Uint8Array): void {
    const { httpVersion, method, rawHeaders, url } = request
    let text = `${method} ${url} HTTP/${httpVersion}\r\n`
    for (const [name, value] of HttpHeaders.fromRaw(rawHeaders)) {
      const lower = name.toLowerCase()
      if (lower === "upgrade" || lower === "http2-settings") continue
      const kept = lower === "connection" ? withoutUpgrade(value) : value
      if (kept !== "") text += `${name}: ${kept}\r\n`
    }
    socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, "latin1"), head]))
    this.server.emit(socket instanceof TLSSocket ? "secureConnection" : "connection", socket)
  }
}

const headersOf = (request: Http.IncomingMessage): HttpHeaders.Headers => HttpHeaders.fromRaw(request.rawHeaders)

const withoutUpgrade = (connection: string): string =>
  connection.split(",").filter((token) => !["upgrade", "http2-settings"].includes(token.trim().toLowerCase())).join(",")
    .trim()
