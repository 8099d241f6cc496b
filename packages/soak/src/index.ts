/**
 * @since 0.1.0
 */
export * as Peers from "./Peers.js"
export * as Server from "./Server.js"
export * as Soak from "./Soak.js"
export * as Verdict from "./Verdict.js"
