/** The inspector: a route beside yours, or a port of its own. */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as Inspector from "@effect-ws/platform/Inspector"
import * as WireLog from "@effect-ws/platform/WireLog"
import * as NodeInspector from "@effect-ws/platform-node/NodeInspector"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Layer from "effect/Layer"

/** A route of an HTTP server of yours. */
export const app = HttpRouter.empty.pipe(
  HttpRouter.mountApp("/inspector", Inspector.app({ path: "/inspector" }))
)

/** A port of its own, of this machine only; the log says where. */
export const alone = Layer.merge(NodeWebSocketServer.layer({ port: 0 }), NodeInspector.layer({ port: 0 })).pipe(
  Layer.provide(WireLog.layer())
)
