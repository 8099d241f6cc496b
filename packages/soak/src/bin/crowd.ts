/**
 * The clients' process of a load test.
 */
import { answer } from "@effect-ws/benchmark/Orders"
import { Crowd } from "../crowd/Crowd.js"

const crowd = new Crowd()

answer(crowd.carryOut.bind(crowd))
