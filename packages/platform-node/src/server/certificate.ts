/** The certificate that a peer showed in its TLS handshake. */
import type { Certificate } from "@effect-ws/platform/WebSocketServer"
import type { Socket } from "node:net"
import { TLSSocket } from "node:tls"

/** `undefined` without TLS, or where the peer showed none. */
export const certificateOf = (socket: Socket): Certificate | undefined => {
  if (!(socket instanceof TLSSocket)) return undefined
  const found = socket.getPeerX509Certificate()
  if (found === undefined) return undefined
  const { fingerprint256, issuer, raw, serialNumber, subject, subjectAltName = "", validFrom, validTo } = found
  const isAuthorized = socket.authorized
  return { isAuthorized, subject, subjectAltName, issuer, serialNumber, validFrom, validTo, fingerprint256, raw }
}
