/**
 * The examiner as a library, for those who want its verdicts in a program or a test; most will want its command. `FuzzingClient`
 * examines a server, `FuzzingServer` the clients that come. Both are given cases (`Selection` chooses them) and tell results, of which `Json` makes reports.
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
