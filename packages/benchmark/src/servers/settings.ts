/** What a server is told besides whom to be. */
import type { Certificate } from "../internal/certificate.js"

export interface Settings {
  /** permessage-deflate, of every message however small. */
  readonly compression: boolean
  /** Plain TCP without. */
  readonly tls: Certificate | undefined
}

/** A loopback of its own, and room for those who come at once: Node's 511 are soon full while the loop is kept. */
export const where = { port: 0, host: "127.0.0.1", backlog: 4096 }
