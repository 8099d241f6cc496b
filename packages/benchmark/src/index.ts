/**
 * @since 0.1.0
 */
export * as Bench from "./Bench.js"
export * as Broadcaster from "./Broadcaster.js"
export * as Child from "./Child.js"
export * as Contestant from "./Contestant.js"
export * as Engines from "./Engines.js"
export * as FanOut from "./FanOut.js"
export * as Generator from "./Generator.js"
export * as Load from "./Load.js"
export * as Measurement from "./Measurement.js"
export * as Opens from "./Opens.js"
export * as Orders from "./Orders.js"
export * as Profile from "./Profile.js"
export * as Report from "./Report.js"
export * as Statistics from "./Statistics.js"
export * as Storm from "./Storm.js"
export * as Target from "./Target.js"
