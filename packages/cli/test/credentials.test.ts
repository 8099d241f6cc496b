import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { locked, selfSigned } from "../../platform-node/test/certificate.js"
import { authority, credentials } from "../src/internal/credentials.js"
import { files } from "./command.js"

const { cert, key } = selfSigned()
const paths = files({ cert, key, locked: locked(key, "open it"), other: selfSigned().key, empty: "" })

const unusable = (why: string): unknown =>
  expect.stringMatching(`^--cert, --key and --passphrase cannot be used: .*${why}`)

describe("a certificate and its key", () => {
  it.scoped("are what the files hold", () =>
    Effect.gen(function*() {
      const path = yield* paths
      const tried = (cert?: string, key?: string, passphrase?: string) =>
        Effect.merge(Effect.mapError(
          credentials({
            cert: Option.fromNullable(cert),
            key: Option.fromNullable(key),
            passphrase: Option.fromNullable(passphrase)
          }),
          ({ message }) => message
        ))
      expect(yield* tried()).toBe(undefined)
      expect(yield* tried(path("cert"), path("key"))).toEqual({ cert, key, passphrase: undefined })
      expect(yield* tried(path("cert"), path("locked"), "open it")).toMatchObject({ cert, passphrase: "open it" })
      expect(yield* tried(path("cert"), path("locked"), "s3cret")).toEqual(unusable("decrypt"))
      expect(yield* tried(path("cert"), path("locked"))).toEqual(unusable(""))
      expect(yield* tried(path("cert"), path("other"))).toEqual(unusable("mismatch"))
      expect(yield* tried(path("empty"), path("key"))).toEqual(unusable(""))
      expect(yield* tried(path("cert"), path("empty"))).toEqual(unusable(""))
      expect(yield* tried(path("cert"))).toBe("--cert and --key go together")
      expect(yield* tried(undefined, path("key"))).toBe("--cert and --key go together")
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("an authority", () => {
  it.scoped("is at least one certificate", () =>
    Effect.gen(function*() {
      const path = yield* paths
      expect(yield* authority(Option.none())).toBe(undefined)
      expect(yield* authority(Option.some(path("cert")))).toBe(cert)
      for (const wrong of ["empty", "key"] as const) {
        const { message } = yield* Effect.flip(authority(Option.some(path(wrong))))
        expect(message).toBe("--ca cannot be used: it has no PEM certificate")
      }
    }).pipe(Effect.provide(NodeContext.layer)))
})
