/** The service alone: what looks for it does not load what it does. `WireLog` exports it. */
import * as Context from "effect/Context"
import type { Recorder } from "./Recorder.js"

export class WireLog extends Context.Tag("@effect-ws/platform/WireLog")<WireLog, Recorder>() {}
