/**
 * Credentials as the value of `Authorization` or `Proxy-Authorization`, redacted: logs show `<redacted>`. It knows the schemes Basic
 * (RFC 7617) and Bearer (RFC 6750); for any other, make a `Redacted` string by hand.
 *
 * @since 0.1.0
 */
import { basicAuthorization } from "@effect-ws/codec/ClientHandshake"
import * as Redacted from "effect/Redacted"

/**
 * The value of the header, scheme included.
 *
 * @since 0.1.0
 * @category models
 */
export interface Authorization extends Redacted.Redacted<string> {}

/**
 * User and password, in UTF-8. The user must not contain a colon: what follows it would be read as part of the password.
 *
 * @example
 * import * as Authorization from "@effect-ws/platform/Authorization"
 * import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
 * import * as Config from "effect/Config"
 * import * as Effect from "effect/Effect"
 *
 * const opening = Effect.gen(function*() {
 *   const password = yield* Config.redacted("PASSWORD")
 *   return yield* WebSocketClient.connect("wss://a.example/", { authorization: Authorization.basic("ada", password) })
 * })
 *
 * @since 0.1.0
 * @category constructors
 */
export const basic = (user: string, password: Redacted.Redacted<string>): Authorization =>
  Redacted.make(basicAuthorization(user, Redacted.value(password)))

/**
 * A token, as in OAuth 2.0.
 *
 * @since 0.1.0
 * @category constructors
 */
export const bearer = (token: Redacted.Redacted<string>): Authorization =>
  Redacted.make(`Bearer ${Redacted.value(token)}`)
