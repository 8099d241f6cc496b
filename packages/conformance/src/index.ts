/**
 * The examiner as a library, for a program or a test that needs its verdicts; in most cases, use its command. `FuzzingClient` examines a
 * server, `FuzzingServer` the clients that connect. Both take cases (chosen with `Selection`) and give results, of which `Json` makes
 * reports.
 *
 * @since 0.1.0
 */
export * as Cases from "./Cases.js"
export * as Selection from "./cases/Selection.js"
export * as FuzzingClient from "./FuzzingClient.js"
export * as FuzzingServer from "./FuzzingServer.js"
export * as Target from "./handshake/Target.js"
export * as Json from "./report/Json.js"
export * as Results from "./verdict/Results.js"
