export * as Cases from "./Cases.js"
