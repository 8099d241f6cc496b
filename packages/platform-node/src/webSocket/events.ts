/** The events of a `WebSocket`, in the classes that the host has for them where it has any. Nothing but their shape is known here. */

export interface CloseInit {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

export const open = (): Event => new Event("open")

export const message = (data: unknown, origin: string): Event => new ReceivedEvent("message", { data, origin })

/** Says why, unlike a browser's. */
export const error = (error: unknown): Event => new FailureEvent(error)

export const close = (status: CloseInit): Event => new ClosingEvent("close", status)

/** What Node has is not in the types of all that this is compiled with. */
const hosts = globalThis as unknown as {
  readonly MessageEvent: new(type: string, init: { readonly data: unknown; readonly origin: string }) => Event
  /** Since version 23. */
  readonly CloseEvent?: new(type: string, init: CloseInit) => Event
}

/** Node's names itself "Event", and its `ports` may be changed. */
class ReceivedEvent extends hosts.MessageEvent {
  get ports(): ReadonlyArray<never> {
    return none
  }
  get [Symbol.toStringTag](): string {
    return "MessageEvent"
  }
}

const none: ReadonlyArray<never> = Object.freeze([])

class FailureEvent extends Event {
  readonly message: string

  constructor(readonly error: unknown) {
    super("error")
    this.message = error instanceof Error ? error.message : String(error)
  }
}

class PlainCloseEvent extends Event implements CloseInit {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean

  constructor(type: string, { code, reason, wasClean }: CloseInit) {
    super(type)
    this.code = code
    this.reason = reason
    this.wasClean = wasClean
  }
}

class ClosingEvent extends (hosts.CloseEvent ?? PlainCloseEvent) {
  get [Symbol.toStringTag](): string {
    return "CloseEvent"
  }
}
