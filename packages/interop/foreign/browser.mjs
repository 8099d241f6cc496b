import { spawn } from "node:child_process"
import fs from "node:fs"
import http from "node:http"
import os from "node:os"
const [, , which, , ...urls] = process.argv
const page = `<!doctype html><meta charset=utf-8><script>
const say = (l) => fetch("/say", { method: "POST", body: l });
(async () => { for (const u of ${JSON.stringify(urls)}) await new Promise((done) => {
  const ws = new WebSocket(u, ${
  JSON.stringify(process.env.IOP_MODE === "subprotocol" ? ["iop"] : [])
}); ws.binaryType = "arraybuffer"
  ws.onmessage = ({ data }) => { if (typeof data === "string" && data.startsWith("!")) { const w = data.slice(1).split(" "); if (w[0] === "close") w[1] === "0" ? ws.close() : ws.close(+w[1], w.slice(2).join(" ")); if (w[0] === "ping") ws.send("!noping"); if (w[0] === "frag") ws.send("!nofrag") } else ws.send(data) }
  ws.onerror = () => say("ERROR event")
  ws.onclose = (e) => say("CLOSE " + e.code + " " + e.reason + " clean=" + e.wasClean).then(() => setTimeout(done, 30)) })
await fetch("/done", { method: "POST" }) })()</script>`
const dir = fs.mkdtempSync(os.tmpdir() + "/iop-browser-")
let child
const end = () => {
  try {
    process.kill(-child.pid, "SIGKILL")
  } catch {}
  setTimeout(() => {
    fs.rmSync(dir, { recursive: true, force: true })
    process.exit(0)
  }, 200)
}
const s = http.createServer((q, r) => {
  if (q.url === "/") {
    r.setHeader("content-type", "text/html")
    r.end(page)
  } else {
    let b = ""
    q.on("data", (d) => b += d).on("end", () => {
      r.end()
      if (q.url === "/say") console.log(b)
      if (q.url === "/done") end()
    })
  }
})
s.listen(0, "127.0.0.1", () => {
  const u = `http://127.0.0.1:${s.address().port}/`
  fs.writeFileSync(
    dir + "/user.js",
    `user_pref("datareporting.policy.dataSubmissionEnabled", false); user_pref("app.update.enabled", false); user_pref("browser.shell.checkDefaultBrowser", false); user_pref("toolkit.telemetry.enabled", false); user_pref("network.captive-portal-service.enabled", false); user_pref("network.connectivity-service.enabled", false); user_pref("services.settings.server", "http://127.0.0.1:9/"); user_pref("browser.aboutwelcome.enabled", false); user_pref("network.proxy.allow_hijacking_localhost", false);`
  )
  child = which === "chromium" ?
    spawn("chromium", [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--no-first-run",
      "--ignore-certificate-errors",
      "--user-data-dir=" + dir,
      u
    ], { detached: true, stdio: "ignore" })
    : spawn("firefox-esr", ["--headless", "--no-remote", "--profile", dir, u], {
      detached: true,
      stdio: "ignore",
      env: { ...process.env, HOME: dir, MOZ_DISABLE_AUTO_SAFE_MODE: "1" }
    })
})
setTimeout(() => {
  console.log("ERROR browser timeout")
  end()
}, 150000)
process.on("SIGTERM", end)
