/** What a page is told of its sleep and its network. A host that is no page has fewer of these, or none. */
import type { Events, Globals, PageEvent } from "./globals.js"

type Told = readonly [target: Events | undefined, type: string, isIt: (event: PageEvent) => boolean]

const always = (): boolean => true
const isPersisted = ({ persisted }: PageEvent): boolean => persisted === true

/** Calls when a connection that could not be had may be had again. Answers how to stop. */
export const onAwake = (globals: Globals, call: () => void): () => void => {
  const { document } = globals
  const isVisible = (): boolean => document?.visibilityState === "visible"
  return listen([
    [windowOf(globals), "online", always],
    [windowOf(globals), "pageshow", isPersisted],
    [document, "visibilitychange", isVisible],
    [document, "resume", always]
  ], call)
}

/** Calls when the page goes into the back/forward cache, which connections that are open would keep it from. */
export const onSuspended = (globals: Globals, call: () => void): () => void =>
  listen([[windowOf(globals), "pagehide", isPersisted]], call)

const windowOf = (globals: Globals): Events | undefined => {
  const { addEventListener, removeEventListener } = globals
  return addEventListener === undefined || removeEventListener === undefined ? undefined : {
    addEventListener: (type, listener) => addEventListener.call(globals, type, listener),
    removeEventListener: (type, listener) => removeEventListener.call(globals, type, listener)
  }
}

const listen = (told: ReadonlyArray<Told>, call: () => void): () => void => {
  const stops = told.map(([target, type, isIt]) => {
    const listener = (event: PageEvent): void => {
      if (isIt(event)) call()
    }
    target?.addEventListener(type, listener)
    return () => target?.removeEventListener(type, listener)
  })
  return () => {
    for (const stop of stops) stop()
  }
}
