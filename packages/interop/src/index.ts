/**
 * @since 0.1.0
 */
export * as Cell from "./Cell.js"
export * as Content from "./Content.js"
export * as Peer from "./Peer.js"
export * as Peers from "./Peers.js"
export * as Scenario from "./Scenario.js"
export * as Table from "./Table.js"
export * as Verdict from "./Verdict.js"
