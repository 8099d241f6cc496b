/**
 * What is over when a connection ends. In: connections, and what to do. Out: it is done once, when the connection has ended; a connection
 * holds nothing of what was forgotten before, however much that was.
 */
import type { Connection } from "@effect-ws/connection/Connection"
import * as Hosting from "@effect-ws/connection/host/Hosting"

export class Leaving {
  /** Of each connection that was ever heard of, what is left to do. */
  private readonly tasks = new WeakMap<Connection, Set<() => void>>()

  /** At once, if the connection has ended. What it answers forgets it. */
  when(connection: Connection, task: () => void): () => void {
    const known = this.tasks.get(connection)
    const tasks = known ?? new Set<() => void>()
    tasks.add(task)
    if (known === undefined) {
      this.tasks.set(connection, tasks)
      Hosting.listen(connection, () => doAll(tasks))
    } else if (connection.currentOutcome._tag === "Some") doAll(tasks)
    return () => void tasks.delete(task)
  }
}

const doAll = (tasks: Set<() => void>): void => {
  for (const task of tasks) {
    tasks.delete(task)
    task()
  }
}
