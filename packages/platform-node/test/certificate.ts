/** A self-signed certificate for localhost and 127.0.0.1, made here (RFC 5280 §4.1): Node can read certificates, not make them. */
import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto"

type Octets = Uint8Array

const der = (tag: number, ...contents: ReadonlyArray<Octets>): Octets => {
  const size = contents.reduce((sum, { length }) => sum + length, 0)
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Uint8Array.of(tag, ...length), ...contents])
}

const sequence = (...contents: ReadonlyArray<Octets>): Octets => der(0x30, ...contents)
const objectId = (...octets: ReadonlyArray<number>): Octets => der(0x06, Uint8Array.from(octets))
const bits = (octets: Octets): Octets => der(0x03, Uint8Array.of(0), octets)
const time = (date: Date): Octets => der(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, "")))

const ecdsaWithSha256 = sequence(objectId(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))
const name = sequence(der(0x31, sequence(objectId(0x55, 0x04, 0x03), der(0x0c, Buffer.from("localhost")))))
const alternativeNames = sequence(
  objectId(0x55, 0x1d, 0x11),
  der(0x04, sequence(der(0x82, Buffer.from("localhost")), der(0x87, Uint8Array.of(127, 0, 0, 1))))
)

const day = 24 * 60 * 60 * 1000

/** Key and certificate as PEM; the certificate is its own authority. */
export const selfSigned = (): { readonly key: string; readonly cert: string } => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" })
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Uint8Array.of(2))),
    der(0x02, Uint8Array.of(1)),
    ecdsaWithSha256,
    name,
    sequence(time(new Date(Date.now() - day)), time(new Date(Date.now() + day))),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(alternativeNames))
  )
  const certificate = sequence(toBeSigned, ecdsaWithSha256, bits(sign("sha256", toBeSigned, privateKey)))
  const base64 = Buffer.from(certificate).toString("base64").replace(/.{64}(?=.)/g, "$&\n")
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`
  }
}

/** The same key behind a passphrase (RFC 5958 §3). */
export const locked = (key: string, passphrase: string): string =>
  createPrivateKey(key).export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase }).toString()
