/** Finds the attachment of a path. In: attachments, and the path of a request. Out: the first that takes it, or whose function failed. */
import { isPromiseLike } from "effect/Predicate"
import type { AttachOptions } from "./options.js"

export interface WithPaths {
  readonly paths: AttachOptions["paths"]
}

export type Found<A> =
  | { readonly _tag: "Found"; readonly attachment: A }
  | { readonly _tag: "Failed"; readonly attachment: A; readonly defect: unknown }

export const attachmentFor = <A extends WithPaths>(attached: ReadonlyArray<A>, path: string): Found<A> | undefined => {
  for (const attachment of attached) {
    const answer = takes(attachment, path)
    if (answer === true) return { _tag: "Found", attachment }
    if (answer !== false) return { _tag: "Failed", attachment, defect: answer.defect }
  }
  return undefined
}

/** Whether the path is the attachment's; or how its function failed. */
const takes = ({ paths }: WithPaths, path: string): boolean | { readonly defect: unknown } => {
  if (typeof paths !== "function") return paths?.includes(path) ?? true
  try {
    const answer: unknown = paths(path)
    if (!isPromiseLike(answer)) return Boolean(answer)
    answer.then(undefined, () => {})
    return { defect: new TypeError(promised) }
  } catch (defect) {
    return { defect }
  }
}

const promised = "paths returned a Promise: it must return its answer synchronously. Decide in accept what takes time"

/** A function that fails at a path that cannot be decoded is not to blame. */
export const isReadable = (path: string): boolean => {
  try {
    return path.startsWith("/") && decodeURIComponent(path) !== ""
  } catch {
    return false
  }
}

/** Of either form of target. */
export const pathOf = (target: string): string => {
  const path = target.replace(/^[a-z]+:\/\/[^/?]*/i, "").split("?", 1)[0] ?? ""
  return path === "" ? "/" : path
}
