export * as Edition from "./Edition.js"
export * as Manifest from "./Manifest.js"
export * as Table from "./Table.js"
export * as Translate from "./Translate.js"
