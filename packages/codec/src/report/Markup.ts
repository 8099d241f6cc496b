/**
 * HTML and XML as values: a template that escapes all that is inserted, unless it is markup itself. In: a template. Out: markup, of which
 * all pages are made.
 *
 * What is shown comes from peers, so nothing is trusted.
 *
 * @since 0.1.0
 */

/**
 * Text that is markup. Made by {@link markup} only.
 *
 * @since 0.1.0
 * @category models
 */
export interface Markup {
  readonly _tag: "Markup"
  readonly text: string
}

/**
 * What can be inserted.
 *
 * @since 0.1.0
 * @category models
 */
export type Part = Markup | string | number | ReadonlyArray<Part>

/**
 * A template; the elements of a list are inserted one after the other.
 *
 *     markup`<p title="${"\"><script>"}">${"a < b"}</p>`.text
 *     // <p title="&quot;&gt;&lt;script&gt;">a &lt; b</p>
 *
 * @since 0.1.0
 * @category constructors
 */
export const markup = (strings: TemplateStringsArray, ...parts: ReadonlyArray<Part>): Markup => {
  let text = strings[0] ?? ""
  for (const [i, part] of parts.entries()) text += render(part) + (strings[i + 1] ?? "")
  return { _tag: "Markup", text }
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const nothing: Markup = markup``

const isList = (part: Part): part is ReadonlyArray<Part> => Array.isArray(part)

const render = (part: Part): string => {
  if (typeof part === "string") return escape(part)
  if (typeof part === "number") return String(part)
  return isList(part) ? part.map(render).join("") : part.text
}

/** The five characters that markup is made of, and those that neither HTML nor XML may hold. */
const escape = (text: string): string =>
  text
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"']/g, (char) => entities[char] ?? "")

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\"": "&quot;",
  "'": "&#39;"
}
