/**
 * A whole page, and times in words. In: markup. Out: HTML.
 *
 * @since 0.1.0
 */
import type { Markup } from "./Markup.js"
import { markup } from "./Markup.js"

/**
 * A page: its title, other content of its head (a style sheet, a script), and its body.
 *
 * @since 0.1.0
 * @category pages
 */
export const document = ({ body, head, title }: {
  readonly title: string
  readonly head: Markup
  readonly body: Markup
}): string =>
  markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${head}
</head>
<body>
${body}
</body>
</html>
`.text

/**
 * A style sheet for the head of a page that needs no other file. The text must be the program's own: it is not escaped, but cannot end
 * the element.
 *
 * @since 0.1.0
 * @category pages
 */
export const inlineStyle = (css: string): Markup => ({
  _tag: "Markup",
  text: `<style>${css.replaceAll("</", "<\\/")}</style>`
})

/**
 * A time for people, from one in ISO 8601 and UTC: without fractions of a second.
 *
 * @since 0.1.0
 * @category words
 */
export const when = (moment: string): string => `${moment.slice(0, 19).replace("T", " ")} UTC`
