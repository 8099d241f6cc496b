/** The browsers of this machine, as programs that open a page: no driver is needed for a page that reports by itself. */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface Browser {
  readonly name: string
  readonly path: string | undefined
  readonly arguments: (profile: string) => ReadonlyArray<string>
}

const found = (...paths: ReadonlyArray<string>): string | undefined => paths.find(existsSync)

export const chromium: Browser = {
  name: "Chromium",
  path: found("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"),
  arguments: (profile) => [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    `--user-data-dir=${profile}`
  ]
}

export const firefox: Browser = {
  name: "Firefox",
  path: found("/usr/bin/firefox-esr", "/usr/bin/firefox"),
  arguments: (profile) => ["--headless", "--no-remote", "--profile", profile]
}

/** It asks nobody for updates, and shows nothing of its own. */
const preferences = Object.entries({
  "app.update.enabled": false,
  "browser.aboutwelcome.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "http://127.0.0.1:9/",
  "toolkit.telemetry.enabled": false
})

/** A browser with a profile of its own. */
export interface Running {
  readonly child: ChildProcess
  /** It, all processes that it has started, and its profile. */
  readonly end: () => void
}

/** Starts it with these arguments, and files in its profile. What it says on its error output is piped. */
export const start = (
  browser: Browser,
  more: ReadonlyArray<string>,
  files: Readonly<Record<string, string>> = {}
): Running => {
  const profile = mkdtempSync(join(tmpdir(), "effect-ws-browser-"))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(profile, name), text)
  writeFileSync(
    join(profile, "user.js"),
    preferences.map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`).join("")
  )
  // A group of its own: browsers start many processes.
  const child = spawn(browser.path ?? "", [...browser.arguments(profile), ...more], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, HOME: profile, MOZ_DISABLE_AUTO_SAFE_MODE: "1" }
  })
  child.stderr?.resume()
  return {
    child,
    end: () => {
      try {
        process.kill(-(child.pid ?? 0), "SIGKILL")
      } catch {
        // it is gone
      }
      rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    }
  }
}

/** Opens a page in a browser of its own; answers how to end it. `more` are arguments of this page's, `files` those of the profile. */
export const open = (
  browser: Browser,
  url: string,
  more: ReadonlyArray<string> = [],
  files: Readonly<Record<string, string>> = {}
): () => void => start(browser, [...more, url], files).end
