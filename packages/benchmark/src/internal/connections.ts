/** The connections of a load. In: a port and a load. Out: all of them, open. */
import type { Load } from "../Load.js"
import * as deflated from "./deflated.js"
import type { Owner, Sender } from "./Owner.js"
import * as plain from "./plain.js"

/** How many connections are opened at a time: fewer than a listener's backlog. */
const openedAtOnce = 100

/** Opens all connections of a load. */
export const openAll = async (port: number, load: Load, owner: Owner): Promise<ReadonlyArray<Sender>> => {
  const openOne = opener(port, load, owner)
  const opened: Array<Sender> = []
  while (opened.length < load.connections) {
    const count = Math.min(openedAtOnce, load.connections - opened.length)
    opened.push(...await Promise.all(Array.from({ length: count }, (_, i) => openOne(opened.length + i))))
  }
  return opened
}

const opener = (port: number, load: Load, owner: Owner): (index: number) => Promise<Sender> => {
  if (load.compression === undefined) {
    const script = plain.scriptOf(load)
    return () => plain.PlainConnection.open(port, load, script, owner)
  }
  const script = deflated.scriptOf(load)
  return (index) => deflated.DeflatedConnection.open(port, load, script, owner, index)
}
