/**
 * Certificates and keys of files. In: the options that name them. Out: what they hold, once it is known that TLS can use it: what cannot be used
 * is told before anything else is done, by the name of its option.
 */
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { createPrivateKey, X509Certificate } from "node:crypto"
import { createSecureContext } from "node:tls"
import { Unusable } from "./Ended.js"

export const file = (name: string, description: string) =>
  Options.file(name, { exists: "yes" }).pipe(Options.withDescription(description), Options.optional)

/** How either end shows who it is. */
export const showing = (whose: string) => ({
  cert: file("cert", `${whose} certificate (PEM).`),
  key: file("key", "The certificate's key (PEM)."),
  passphrase: Options.text("passphrase").pipe(
    Options.withDescription("The key's passphrase. Other users of this machine may see it."),
    Options.optional
  )
})

interface Paths {
  readonly cert: Option.Option<string>
  readonly key: Option.Option<string>
  readonly passphrase: Option.Option<string>
}

export interface Credentials {
  readonly cert: string
  readonly key: string
  readonly passphrase: string | undefined
}

const content = (path: string) => Effect.flatMap(FileSystem.FileSystem, (files) => files.readFileString(path))

/** `undefined` if neither a certificate nor a key is named. */
export const credentials = ({ cert, key, passphrase }: Paths) =>
  Effect.gen(function*() {
    if (Option.isNone(cert) && Option.isNone(key)) return undefined
    if (Option.isNone(cert) || Option.isNone(key)) {
      return yield* new Unusable({ message: "--cert and --key go together" })
    }
    const found: Credentials = {
      cert: yield* content(cert.value),
      key: yield* content(key.value),
      passphrase: Option.getOrUndefined(passphrase)
    }
    yield* Effect.try({
      try: () => {
        const { cert, key, passphrase } = found // alone, TLS takes an empty file for none
        return [new X509Certificate(cert), createPrivateKey({ key, passphrase }), createSecureContext(found)]
      },
      catch: (error) => {
        const why = error instanceof Error ? error.message : "no reason was given"
        return new Unusable({ message: `--cert, --key and --passphrase cannot be used: ${why}` })
      }
    })
    return found
  })

/** `undefined` if none is named. */
export const authority = (path: Option.Option<string>) =>
  Effect.gen(function*() {
    if (Option.isNone(path)) return undefined
    const ca = yield* content(path.value)
    yield* Effect.try({
      try: () => new X509Certificate(ca),
      catch: () => new Unusable({ message: "--ca cannot be used: it has no PEM certificate" })
    })
    return ca
  })
