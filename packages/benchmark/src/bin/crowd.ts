/**
 * The clients' process of a load test.
 */
import { Crowd } from "../crowd/Crowd.js"
import { answer } from "../internal/orders.js"

const crowd = new Crowd()

answer(crowd.carryOut.bind(crowd))
