/**
 * Tasks for the end of connections. In: connections, and tasks. Out: each task runs once, when its connection has ended. A connection keeps
 * nothing of tasks that were forgotten before, however many there were.
 */
import type { Connection } from "@effect-ws/connection/Connection"
import * as Hosting from "@effect-ws/connection/host/Hosting"

export class Leaving {
  /** Of each connection that was ever heard of, what is left to do. */
  private readonly tasks = new WeakMap<Connection, Set<() => void>>()

  /** Runs the task when the connection ends, at once if it has. The returned function forgets the task. */
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
