/**
 * Files on a page: up in slices, as they can be sent, and down in pieces, which the browser puts together.
 */
import * as BrowserWebSocketClient from "@effect-ws/platform-browser/BrowserWebSocketClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { element } from "../internal/element.js"
import * as Transfer from "./Transfer.js"

const server = `${location.origin.replace(/^http/, "ws")}/`
const slice = 256 * 1024

/** Reads as much as is asked for, and no more. */
const contentOf = (file: File): Stream.Stream<Uint8Array> =>
  Stream.range(0, Math.ceil(file.size / slice) - 1).pipe(
    Stream.rechunk(1), // a slice at a time, or else many would be read ahead
    Stream.mapEffect((i) =>
      Effect.promise(async () => new Uint8Array(await file.slice(i * slice, (i + 1) * slice).arrayBuffer()))
    )
  )

const upload = (file: File, row: Row) =>
  Transfer.upload(server, { name: file.name, size: file.size }, contentOf(file), row.tell).pipe(
    Effect.tap(({ id, sha256 }) => Effect.sync(() => row.stored(id, sha256)))
  )

const download = (id: string, row: Row) =>
  Effect.gen(function*() {
    const parts: Array<Blob> = []
    const take = (bytes: Uint8Array) => Effect.sync(() => parts.push(new Blob([new Uint8Array(bytes)])))
    const { name } = yield* Transfer.download(server, id, take, row.tell)
    const link = document.createElement("a")
    link.href = URL.createObjectURL(new Blob(parts))
    link.download = name
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000) // the browser may not have begun
  })

// What is shown

interface Row {
  readonly tell: (bytes: number, size: number) => void
  readonly says: (text: string) => void
  readonly stored: (id: string, sha256: string) => void
}

const made = <K extends keyof HTMLElementTagNameMap>(
  kind: K,
  className: string,
  text = ""
): HTMLElementTagNameMap[K] => {
  const one = document.createElement(kind)
  one.className = className
  one.textContent = text
  return one
}

const addRow = (name: string): Row & { readonly button: HTMLButtonElement } => {
  const [item, bar, state, button] = [
    made("li", "card"),
    made("progress", ""),
    made("span", "state"),
    made("button", "")
  ]
  bar.max = 1
  bar.value = 0
  bar.ariaLabel = name
  item.append(made("strong", "name", name), button, bar, state)
  element("files", HTMLUListElement).prepend(item)
  let began = 0
  const says = (text: string): void => void (state.textContent = text)
  return {
    button,
    says,
    tell: (bytes, size) => {
      if (bytes <= slice || began === 0) began = performance.now() - 1
      bar.value = bytes / size
      const rate = bytes / (performance.now() - began) / 1000
      says(`${megabytes(bytes)} of ${megabytes(size)}, ${rate.toFixed(0)} MB/s`)
    },
    stored: (id, sha256) => {
      item.dataset["id"] = id
      state.title = sha256
      says(`${state.textContent}. SHA-256 ${sha256.slice(0, 12)}…`)
    }
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

// What the reader does

/** Runs while the button says "Cancel"; then `next` says what the button does. */
const run = <A, E extends Error>(
  row: ReturnType<typeof addRow>,
  transfer: Effect.Effect<A, E>,
  next: (value: A | undefined) => void
): void => {
  const fiber = Effect.runFork(transfer)
  row.button.textContent = "Cancel"
  row.button.onclick = () => void Effect.runFork(Fiber.interrupt(fiber))
  fiber.addObserver((exit) => {
    if (Exit.isSuccess(exit)) return next(exit.value)
    row.says(exit.cause._tag === "Fail" ? exit.cause.error.message : "canceled")
    next(undefined)
  })
}

const offer = (row: ReturnType<typeof addRow>, id: string): void => {
  row.button.textContent = "Download"
  row.button.onclick = () =>
    run(row, Effect.provide(download(id, row), BrowserWebSocketClient.layer()), () => offer(row, id))
}

const send = (file: File): void => {
  const row = addRow(file.name)
  if (file.size === 0) return row.says("it is empty")
  run(row, Effect.provide(upload(file, row), BrowserWebSocketClient.layer()), (stored) => {
    if (stored === undefined) row.button.remove()
    else offer(row, stored.id)
  })
}

const file = element("file", HTMLInputElement)
file.addEventListener("change", () => {
  for (const one of file.files ?? []) send(one)
  file.value = ""
})
