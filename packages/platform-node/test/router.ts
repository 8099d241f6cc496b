/** Routes, whichever Effect's they are. */
import * as HttpRouter from "@effect/platform/HttpRouter"

export type App<E, R> = HttpRouter.HttpRouter<E, R>

export const { empty, get, mount, post } = HttpRouter
