/** A self-signed certificate for loads with TLS, made here: Node can read certificates, not make them. Nobody verifies it. */
import { generateKeyPairSync, sign } from "node:crypto"

/** PEM. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

const der = (tag: number, ...contents: ReadonlyArray<Uint8Array>): Uint8Array => {
  const size = contents.reduce((sum, { length }) => sum + length, 0)
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Uint8Array.of(tag, ...length), ...contents])
}
const sequence = (...contents: ReadonlyArray<Uint8Array>): Uint8Array => der(0x30, ...contents)
const text = (tag: number, value: string): Uint8Array => der(tag, Buffer.from(value))

const ecdsaWithSha256 = sequence(der(0x06, Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)))
const commonName = der(0x06, Uint8Array.of(0x55, 0x04, 0x03))
const name = sequence(der(0x31, sequence(commonName, text(0x0c, "localhost"))))
const always = sequence(text(0x18, "20000101000000Z"), text(0x18, "99991231235959Z"))

/** With a key on the curve P-256, as most servers have today (RFC 5280 §4.1). */
export const selfSigned = (): Certificate => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" })
  const toBeSigned = sequence(
    der(0x02, Uint8Array.of(1)),
    ecdsaWithSha256,
    name,
    always,
    name,
    publicKey.export({ type: "spki", format: "der" })
  )
  const signature = der(0x03, Uint8Array.of(0), sign("sha256", toBeSigned, privateKey))
  const base64 = Buffer.from(sequence(toBeSigned, ecdsaWithSha256, signature)).toString("base64").replace(
    /.{64}(?=.)/g,
    "$&\n"
  )
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`
  }
}
