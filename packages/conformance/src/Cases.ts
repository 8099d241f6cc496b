/**
 * All cases in their order: Autobahn's 517, and ours beyond them (chapters 14 and up).
 *
 * It does not know how they are run.
 *
 * @since 0.1.0
 */
import type { Case, PeerRole } from "./cases/Case.js"
import * as Chapter01 from "./cases/Chapter01.js"
import * as Chapter02 from "./cases/Chapter02.js"
import * as Chapter03 from "./cases/Chapter03.js"
import * as Chapter04 from "./cases/Chapter04.js"
import * as Chapter05 from "./cases/Chapter05.js"
import * as Chapter06 from "./cases/Chapter06.js"
import * as Chapter07 from "./cases/Chapter07.js"
import * as Chapter09 from "./cases/Chapter09.js"
import * as Chapter10 from "./cases/Chapter10.js"
import * as Chapter12 from "./cases/Chapter12.js"
import * as Chapter13 from "./cases/Chapter13.js"
import * as Chapter14 from "./cases/Chapter14.js"
import * as Chapter15 from "./cases/Chapter15.js"
import * as Chapter16 from "./cases/Chapter16.js"
import * as Chapter17 from "./cases/Chapter17.js"
import * as Chapter18 from "./cases/Chapter18.js"
import * as Chapter19 from "./cases/Chapter19.js"

/**
 * The 517 of Autobahn|Testsuite 25.10.1, under its ids.
 *
 * @since 0.1.0
 * @category cases
 */
export const autobahn: ReadonlyArray<Case> = [
  ...Chapter01.cases,
  ...Chapter02.cases,
  ...Chapter03.cases,
  ...Chapter04.cases,
  ...Chapter05.cases,
  ...Chapter06.cases,
  ...Chapter07.cases,
  ...Chapter09.cases,
  ...Chapter10.cases,
  ...Chapter12.cases,
  ...Chapter13.cases
]

/**
 * Our cases, beyond Autobahn's.
 *
 * @since 0.1.0
 * @category cases
 */
export const beyond: ReadonlyArray<Case> = [
  ...Chapter14.cases,
  ...Chapter15.cases,
  ...Chapter16.cases,
  ...Chapter17.cases,
  ...Chapter18.cases,
  ...Chapter19.cases
]

/**
 * @since 0.1.0
 * @category cases
 */
export const all: ReadonlyArray<Case> = [...autobahn, ...beyond]

const byId = new Map(all.map((each) => [each.id, each]))
const positions = new Map(all.map((each, i) => [each.id, i + 1]))

/**
 * @since 0.1.0
 * @category queries
 */
export const find = (id: string): Case | undefined => byId.get(id)

/**
 * The place of a case in the whole list, from 1; 0 for an unknown one.
 *
 * @since 0.1.0
 * @category queries
 */
export const position = (id: string): number => positions.get(id) ?? 0

/**
 * @since 0.1.0
 * @category queries
 */
export const appliesTo = (each: Case, peer: PeerRole): boolean => each.peers.includes(peer)
