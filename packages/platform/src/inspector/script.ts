/**
 * What the live page does, as the text of a script: asks for what is shown once a second while somebody looks, and puts it in place
 * without taking the focus away. While text of it is selected it stands still, so that it can be copied. The server has escaped what it sends.
 */
export const script = `"use strict"
const live = document.getElementById("live")
const state = document.getElementById("state")
const pause = document.getElementById("pause")
let isPaused = false

const show = (html) => {
  const focused = document.activeElement?.id
  const open = [...live.querySelectorAll("details[open]")].map(({ id }) => id)
  live.innerHTML = html
  for (const id of open) document.getElementById(id)?.setAttribute("open", "")
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true })
}

const isSelecting = () => {
  const selection = getSelection()
  return selection !== null && !selection.isCollapsed && live.contains(selection.anchorNode)
}

const refresh = async () => {
  if (isPaused || document.hidden) return
  if (isSelecting()) {
    state.textContent = "waits while text is selected"
    return
  }
  try {
    const response = await fetch(live.dataset.from, { cache: "no-store" })
    if (!response.ok) throw new Error(String(response.status))
    const html = await response.text()
    if (isPaused || isSelecting()) return
    show(html)
    state.textContent = "live"
  } catch {
    state.textContent = "the server does not answer"
  }
}

pause.hidden = false
pause.addEventListener("click", () => {
  isPaused = !isPaused
  pause.textContent = isPaused ? "Go on" : "Pause"
  pause.setAttribute("aria-pressed", String(isPaused))
  state.textContent = isPaused ? "paused" : "live"
  refresh()
})
document.addEventListener("visibilitychange", refresh)
setInterval(refresh, 1000)
refresh()
`
