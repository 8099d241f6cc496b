/**
 * A page in a browser that does as it is told: goes elsewhere and back, loses its network, is hidden behind another. Chromium takes
 * commands of the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/), Firefox of WebDriver BiDi
 * (https://www.w3.org/TR/webdriver-bidi/): both are JSON over a WebSocket.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { once } from "node:events"
import { setTimeout as pause } from "node:timers/promises"
import { WebSocket } from "ws"
import { type Browser, chromium, start } from "./browsers.js"

export interface Driven {
  readonly goto: (url: string) => Promise<void>
  /** Back in its history. */
  readonly back: () => Promise<void>
  /** As the menu's "work offline" in Firefox, and as the developer tools' in Chromium. */
  readonly setOffline: (isOffline: boolean) => Promise<void>
  /** Another page covers it. Answers how to take that away. */
  readonly cover: () => Promise<() => Promise<void>>
  /** The value of an expression on the page: one that JSON has. */
  readonly evaluate: (expression: string) => Promise<unknown>
}

/** Until the page's title is that. */
export const until = async (page: Driven, title: string): Promise<void> => {
  for (;;) {
    // a page that is on its way elsewhere has no value
    if (await page.evaluate("document.title").catch(() => undefined) === title) return
    await pause(50)
  }
}

/** A blank page in a browser of its own, which ends with the scope. */
export const drive = (browser: Browser): Effect.Effect<Driven, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { child } = yield* Effect.acquireRelease(
      Effect.sync(() => start(browser, [...driveable(browser), "about:blank"])),
      ({ end }) => Effect.sync(end)
    )
    const address = yield* Effect.async<string>((resume) => {
      let said = ""
      child.stderr?.on("data", (data) => {
        said += String(data)
        const [, found] = /listening on (ws:\S+)/.exec(said) ?? []
        if (found !== undefined) resume(Effect.succeed(found))
      })
    })
    return yield* Effect.promise(() => browser === chromium ? inChromium(address) : inFirefox(address))
  })

const driveable = (browser: Browser): ReadonlyArray<string> => [
  "--remote-debugging-port=0",
  ...(browser === chromium ? [] : ["--remote-allow-system-access"])
]

// Chromium

const inChromium = async (address: string): Promise<Driven> => {
  const browser = await connected(address)
  const { targetInfos } = await browser("Target.getTargets")
  const targetId = targetInfos.find(({ type }) => type === "page")?.targetId
  const attach = async (): Promise<Command> => {
    const { sessionId } = await browser("Target.attachToTarget", { targetId, flatten: true })
    return (method, params) => browser(method, params, { sessionId })
  }
  /** Sessions end with the document, which is another one after each way elsewhere. */
  const evaluate = async (expression: string) => {
    const { result } = await (await attach())("Runtime.evaluate", { expression })
    return result.value
  }
  let network = await attach()
  return {
    goto: async (url) => {
      await (await attach())("Page.navigate", { url })
      network = await attach()
    },
    back: async () => {
      await evaluate("history.back()")
    },
    setOffline: async (offline) => {
      const conditions = { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 }
      await network("Network.emulateNetworkConditions", conditions)
    },
    cover: async () => {
      const other = await browser("Target.createTarget", { url: "about:blank" })
      return async () => {
        await browser("Target.closeTarget", { targetId: other.targetId })
      }
    },
    evaluate
  }
}

// Firefox

const inFirefox = async (address: string): Promise<Driven> => {
  const browser = await connected(`${address}/session`)
  await browser("session.new", { capabilities: {} })
  const [content, chrome] = await Promise.all(["content", "chrome"].map(async (scope) => {
    const { contexts } = await browser("browsingContext.getTree", { "moz:scope": scope })
    return contexts[0]?.context
  }))
  const evaluate = async (expression: string, context: string | undefined) => {
    const { result } = await browser("script.evaluate", { expression, target: { context }, awaitPromise: true })
    return result.value
  }
  return {
    goto: async (url) => {
      await browser("browsingContext.navigate", { context: content, url, wait: "complete" })
    },
    back: async () => {
      await browser("browsingContext.traverseHistory", { context: content, delta: -1 })
    },
    // `emulation.setNetworkConditions` would leave Workers out.
    setOffline: async (isOffline) => {
      await evaluate(`Services.io.offline = ${isOffline}`, chrome)
    },
    cover: async () => {
      const other = await browser("browsingContext.create", { type: "tab" })
      return async () => {
        await browser("browsingContext.close", { context: other.context })
      }
    },
    evaluate: (expression) => evaluate(expression, content)
  }
}

// Commands

type Values = Readonly<Record<string, unknown>>

/** What is used of all results. */
interface Result {
  readonly targetInfos: ReadonlyArray<{ readonly type: string; readonly targetId: string }>
  readonly targetId: string
  readonly sessionId: string
  readonly currentIndex: number
  readonly entries: ReadonlyArray<{ readonly id: number }>
  readonly contexts: ReadonlyArray<{ readonly context: string }>
  readonly context: string
  readonly result: { readonly value?: unknown }
}

/** `of` is beside the method and its parameters. */
type Command = (method: string, params?: Values, of?: Values) => Promise<Result>

interface Answer {
  readonly id: number
  readonly result?: Result
}

const connected = async (url: string): Promise<Command> => {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  const waiting = new Map<number, (answer: Answer) => void>()
  socket.on("error", () => {}) // when the browser is ended
  socket.on("message", (data) => {
    const answer: Answer = JSON.parse(String(data))
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  await once(socket, "open")
  let last = 0
  return (method, params = {}, of = {}) =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, (answer) => {
        if (answer.result === undefined) reject(new Error(`${method}: ${JSON.stringify(answer)}`))
        else resolve(answer.result)
      })
      socket.send(JSON.stringify({ id, method, params, ...of }))
    })
}
