/**
 * The connections of a page that are open, which would keep it out of the back/forward cache, or not outlive it there: when it goes
 * there, they are given up, and their outcome says why. Nothing is listened to while there are none.
 */
import { AbortReason } from "@effect-ws/connection/CloseOutcome"
import { type Lifecycle, TypeId } from "@effect-ws/connection/Connection"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import { onSuspended } from "./events.js"
import type { Globals } from "./globals.js"

export class OpenConnections {
  private readonly connections = new Set<Lifecycle>()
  private stop: () => void = () => {}

  constructor(private readonly globals: Globals) {}

  add(connection: Lifecycle): void {
    if (this.connections.size === 0) this.stop = onSuspended(this.globals, () => this.suspend())
    this.connections.add(connection)
    Hosting.listen(connection, () => {
      this.connections.delete(connection)
      if (this.connections.size === 0) this.stop()
    })
  }

  private suspend(): void {
    for (const connection of [...this.connections]) connection[TypeId].cut(AbortReason.Suspended())
  }
}
