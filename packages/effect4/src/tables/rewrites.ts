/**
 * The rewrites that more than one module's table has.
 */
import ts from "typescript"
import type { Call, Rewrite } from "../Table.js"

/** The same arguments at another place, the last of them with this behind it. */
export const withMore = (place: string, more: string): Rewrite => ({
  call: (use) => called(use, place, [...use.args, more]),
  value: (use) => `${use.at(place)}(${more})`
})

/** `X.member(args)` at a place. */
export const called = (use: Call, place: string, args: ReadonlyArray<string>): string =>
  `${use.at(place)}${typed(use.types)}(${args.join(", ")})`

export const typed = (types: ReadonlyArray<string>): string => types.length === 0 ? "" : `<${types.join(", ")}>`

/** A call that is nothing but its only argument. */
export const itself: Rewrite = {
  call: ({ args: [only], refuse }) => only ?? refuse("it wants an argument"),
  value: () => "(<A>(value: A): A => value)"
}

/** What is written from the first argument. Only a call can be. */
export const from = (write: (argument: string, use: Call) => string): Rewrite => ({
  call: (use) => {
    const [argument, ...others] = use.args
    return argument === undefined || others.length > 0
      ? use.refuse("it wants one argument")
      : write(inParens(argument), use)
  }
})

/** A piece of code that a member can be asked of. */
export const inParens = (code: string): string =>
  /^[\w.]+$/.test(code) || /^\w[\w.]*\([^()]*\)$/.test(code) ? code : `(${code})`

/** The values of an object that is written out. */
export function propertiesOf(
  node: ts.Expression | undefined,
  names: ReadonlyArray<string>,
  text: (node: ts.Node) => string
): ReadonlyArray<string | undefined> {
  if (node === undefined || !ts.isObjectLiteralExpression(node)) return []
  return names.map((name) => {
    const found = node.properties.find((one) =>
      one.name !== undefined && ts.isIdentifier(one.name) && one.name.text === name
    )
    return found !== undefined && ts.isPropertyAssignment(found) ? text(found.initializer) : undefined
  })
}
