/**
 * What the page does, in the browser: opens the connection under an id of its own choosing, sends, compares what comes back, and
 * asks the server, by that id and over HTTP, to ping, to close, and how it ended. Whatever is shown is set as text.
 */

/** An element of the page, which is written beside this file. */
const element = <E extends HTMLElement>(id: string, type: new() => E): E => {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} #${id}`)
  return found
}

const status = element("status", HTMLParagraphElement)
const connectButton = element("connect", HTMLButtonElement)
const text = element("text", HTMLTextAreaElement)
const file = element("file", HTMLInputElement)
const latency = element("latency", HTMLOutputElement)
const code = element("code", HTMLInputElement)
const reason = element("reason", HTMLInputElement)
const codesHint = element("codes-hint", HTMLParagraphElement)
const journal = element("journal", HTMLOListElement)
const nothing = element("nothing", HTMLParagraphElement)
const ending = element("ending", HTMLElement)
const summary = element("summary", HTMLParagraphElement)
const behavior = element("behavior", HTMLTableElement)
const report = element("report", HTMLAnchorElement)

const address = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/`
element("url", HTMLOutputElement).value = address

// ---------------------------------------------------------------------------------------------------------------
// The connection
// ---------------------------------------------------------------------------------------------------------------

type Payload = string | Uint8Array<ArrayBuffer>

/** One connection, open or not, with what was sent on it and has not come back. */
interface Visit {
  readonly id: string
  readonly socket: WebSocket
  readonly awaited: Array<{ readonly payload: Payload; readonly at: number }>
}

let visit: Visit | undefined

const connect = (): void => {
  if (visit !== undefined) return
  const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (octet) => octet.toString(16).padStart(2, "0"))
    .join("")
  const socket = new WebSocket(`${address}?id=${id}`)
  socket.binaryType = "arraybuffer"
  const current: Visit = { id, socket, awaited: [] }
  visit = current
  ending.hidden = true
  latency.value = "–"
  show("connecting", "Connecting …")
  // Asked for at once: a server that shuts down can still answer what it was asked before.
  let ended: Promise<Ending> | undefined

  socket.addEventListener("open", () => {
    ended = ask<Ending>(id, "ending")
    ended.catch(() => undefined)
    show("open", "Open")
    note("life", "·", `Connected to ${address}${socket.extensions === "" ? "" : ` with ${socket.extensions}`}`)
  })
  socket.addEventListener(
    "message",
    ({ data }) => received(current, typeof data === "string" ? data : new Uint8Array(data))
  )
  socket.addEventListener("close", (event) => {
    if (visit === current) visit = undefined
    if (ended === undefined) {
      show("failed", "Could not connect")
      return note("error", "×", "The connection did not open. Is the server running?")
    }
    show("closed", "Closed")
    const because = event.reason === "" ? "" : `, “${event.reason}”`
    note("life", "·", `Closed. The browser tells: ${event.code}${because}, ${event.wasClean ? "clean" : "not clean"}`)
    ended.then(showEnding, (error) => note("error", "×", `The server did not say how it ended: ${messageOf(error)}`))
  })
}

const send = (payload: Payload, name: string): void => {
  if (visit === undefined) return
  visit.awaited.push({ payload, at: performance.now() })
  visit.socket.send(payload)
  note("sent", "→", typeof payload === "string" ? preview(payload) : name, sizeOf(payload))
}

const received = ({ awaited }: Visit, payload: Payload): void => {
  const sent = awaited.shift()
  if (sent === undefined) return note("error", "←", "A message that was not sent from here", sizeOf(payload))
  const same = isSame(sent.payload, payload)
  const what = typeof payload === "string" ? preview(payload) : "binary"
  const how = `${same ? "the same" : "not the same"}, ${milliseconds(performance.now() - sent.at)}`
  note(same ? "received" : "error", "←", what, how)
}

const isSame = (sent: Payload, back: Payload): boolean =>
  typeof sent === "string" || typeof back === "string"
    ? sent === back
    : sent.length === back.length && sent.every((octet, i) => octet === back[i])

// ---------------------------------------------------------------------------------------------------------------
// Asking the server
// ---------------------------------------------------------------------------------------------------------------

interface Ending {
  readonly outcome: string
  readonly behavior: Readonly<Record<string, boolean | number | string | null>>
  /** Where the whole report is. */
  readonly report: string | null
}

const ask = async <A>(id: string, what: "ending" | "ping" | "close", body?: object): Promise<A> => {
  const response = await fetch(`/connections/${id}/${what}`, {
    method: what === "ending" ? "GET" : "POST",
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } })
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error)
  return answer
}

const ping = async (): Promise<void> => {
  if (visit === undefined) return
  latency.value = "…"
  try {
    const answer = await ask<{ readonly milliseconds: number }>(visit.id, "ping")
    latency.value = milliseconds(answer.milliseconds)
    note("ping", "↔", "Pinged by the server", latency.value)
  } catch (error) {
    latency.value = "–"
    note("error", "×", `No ping: ${messageOf(error)}`)
  }
}

const close = async (by: FormDataEntryValue | null): Promise<void> => {
  if (visit === undefined) return
  try {
    if (by === "server") await ask(visit.id, "close", { code: code.valueAsNumber, reason: reason.value })
    else {
      visit.socket.close(code.valueAsNumber, reason.value)
      show("closing", "Closing …")
    }
    hint(by)
  } catch (error) {
    codesHint.dataset["state"] = "error"
    codesHint.textContent = messageOf(error)
  }
}

// ---------------------------------------------------------------------------------------------------------------
// Showing
// ---------------------------------------------------------------------------------------------------------------

type State = "idle" | "connecting" | "open" | "closing" | "closed" | "failed"

const show = (state: State, says: string): void => {
  status.dataset["state"] = state
  status.textContent = says
  // Not `disabled`, which would take the focus from whoever pressed it by keyboard.
  connectButton.ariaDisabled = String(visit !== undefined)
  for (const fieldset of document.querySelectorAll("fieldset")) fieldset.disabled = state !== "open"
}

type Kind = "sent" | "received" | "ping" | "life" | "error"

const note = (kind: Kind, mark: string, content: string, more = ""): void => {
  const item = document.createElement("li")
  item.dataset["kind"] = kind
  item.append(...([["mark", mark], ["content", content], ["note", more]] as const).map(([name, says]) => {
    const part = document.createElement("span")
    part.className = name
    part.textContent = says
    return part
  }))
  journal.append(item)
  if (journal.childElementCount > 500) journal.firstElementChild?.remove()
  journal.hidden = false
  nothing.hidden = true
  journal.scrollTop = journal.scrollHeight
}

const clear = (): void => {
  journal.replaceChildren()
  journal.hidden = true
  nothing.hidden = false
}

const showEnding = ({ behavior: keys, outcome, report: at }: Ending): void => {
  report.hidden = at === null
  if (at !== null) report.href = at
  const name = document.createElement("strong")
  name.dataset["clean"] = String(outcome === "Clean")
  name.textContent = outcome
  summary.replaceChildren(name, `: ${outcomes[outcome] ?? ""}`)
  behavior.tBodies[0]?.replaceChildren(
    ...Object.entries(keys).map(([key, value]) => {
      const row = document.createElement("tr")
      const header = document.createElement("th")
      header.scope = "row"
      header.textContent = key
      const cell = row.insertCell()
      cell.textContent = typeof value === "string" ? JSON.stringify(value) : String(value)
      cell.dataset["value"] = String(value)
      row.insertCell().textContent = meanings[key] ?? ""
      row.prepend(header)
      return row
    })
  )
  ending.hidden = false
}

const hint = (by: FormDataEntryValue | null): void => {
  delete codesHint.dataset["state"]
  codesHint.textContent = by === "server"
    ? "A server may close with 1000 to 1003, 1007 to 1014, and 3000 to 4999."
    : "A page may close with 1000, and 3000 to 4999."
}

const preview = (content: string): string => content.length <= 400 ? content : `${content.slice(0, 400)} …`

const sizeOf = (payload: Payload): string => {
  const size = typeof payload === "string" ? new TextEncoder().encode(payload).length : payload.length
  if (size < 1024) return `${size} B`
  return size < 1024 * 1024 ? `${(size / 1024).toFixed(1)} KiB` : `${(size / 1024 / 1024).toFixed(1)} MiB`
}

const milliseconds = (time: number): string => `${time.toFixed(time < 10 ? 2 : 0)} ms`

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

const outcomes: Readonly<Record<string, string>> = {
  Clean: "both sides sent Close, and then the stream ended.",
  Failed: "the server failed the connection.",
  CloseTimeout: "the server’s Close was not answered in time.",
  DropTimeout: "both sides sent Close, but the stream was not ended in time.",
  Dropped: "the stream ended or broke before the closing handshake was over.",
  Aborted: "the server cut the connection on purpose."
}

const meanings: Readonly<Record<string, string>> = {
  isServer: "The one who tells is the server.",
  closedByMe: "The server sent the first Close.",
  failedByMe: "The server failed the connection (RFC 6455 §7.1.7).",
  droppedByMe: "The server ended or cut the stream first.",
  wasClean: "Both Closes, then the end of the stream.",
  wasNotCleanReason: "Why it was not clean.",
  wasServerConnectionDropTimeout: "A server that was to end the stream did not.",
  wasOpenHandshakeTimeout: "The opening handshake took too long.",
  wasCloseHandshakeTimeout: "The server’s Close was not answered in time.",
  localCloseCode: "What the server’s Close said.",
  localCloseReason: "And its reason.",
  remoteCloseCode: "What this browser’s Close said; null if it had no code.",
  remoteCloseReason: "And its reason."
}

// ---------------------------------------------------------------------------------------------------------------
// Events
// ---------------------------------------------------------------------------------------------------------------

const onSubmit = (id: string, action: (form: FormData) => void): void =>
  element(id, HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault()
    action(new FormData(event.target instanceof HTMLFormElement ? event.target : undefined))
  })

onSubmit("connection-form", connect)
onSubmit("text-form", () => send(text.value, ""))
onSubmit("file-form", () => {
  const chosen = file.files?.[0]
  chosen?.arrayBuffer().then(
    (content) => send(new Uint8Array(content), chosen.name),
    (error) => note("error", "×", `${chosen.name} cannot be read: ${messageOf(error)}`)
  )
})
onSubmit("ping-form", ping)
onSubmit("close-form", (form) => close(form.get("by")))
element("clear", HTMLButtonElement).addEventListener("click", clear)
text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return
  event.preventDefault()
  text.form?.requestSubmit()
})
for (const choice of document.querySelectorAll<HTMLInputElement>("input[name=by]")) {
  choice.addEventListener("change", () => hint(choice.value))
}
hint("page")
