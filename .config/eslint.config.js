/**
 * How the code must look, and what each package may touch. Formatting is Effect's own (dprint); the purity rules say in
 * code what `docs/internals/architecture.md` says in words. Which package may import which is not decided here: see
 * `test/arrows.test.ts` beside this file.
 */
import * as effectEslint from "@effect/eslint-plugin"
import eslint from "@eslint/js"
import simpleImportSort from "eslint-plugin-simple-import-sort"
import tseslint from "typescript-eslint"

/** Packages that know no host: what they need of one is handed to them. */
const pure = ["packages/codec/src/**/*.ts", "packages/connection/src/**/*.ts", "packages/platform/src/**/*.ts"]

/** What must also do without Effect's runtime and without randomness. */
const runtimeFree = [
  "packages/codec/src/**/*.ts",
  "packages/connection/src/Protocol.ts",
  "packages/connection/src/protocol/**/*.ts"
]

/** Where assertions and `throw` are allowed: hot or foreign ground, measurements, and the tests of all of it. */
const relaxed = [
  "**/src/internal/**",
  "packages/connection/src/sending/**",
  "packages/platform-node/src/{compression,transport,webSocket}/**",
  "**/test/**",
  "packages/{benchmark,soak,fuzz,defences,effect4}/**",
  ".config/**"
]

const hostGlobals = [
  "Buffer",
  "process",
  "global",
  "globalThis",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "clearTimeout",
  "clearInterval",
  "clearImmediate",
  "queueMicrotask",
  "Date",
  "performance",
  "crypto",
  "TextEncoder",
  "TextDecoder",
  "console",
  "require"
]

const nodeImports = { group: ["node:*"], message: "this package knows no host: take it as an argument or a service" }

const effectImports = {
  group: ["effect", "effect/*", "@effect/*"],
  allowTypeImports: true,
  message: "plain TypeScript only: types may come from Effect, values may not"
}

const notCodePointAt = {
  property: "codePointAt",
  message: "V8 reads past the end of slices with it: see pointAt in codec's Primitives"
}

export default tseslint.config(
  {
    ignores: [
      "**/dist/",
      "**/.tsbuildinfo/",
      "**/coverage/",
      "reports/",
      "docs/",
      "packages/effect4/{out,own}/",
      ".config/site/out/"
    ]
  },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  eslint.configs.recommended,
  ...tseslint.configs.recommended,
  ...effectEslint.configs.dprint,
  {
    plugins: { "simple-import-sort": simpleImportSort },
    rules: {
      "@effect/dprint": ["error", {
        config: {
          indentWidth: 2,
          lineWidth: 120,
          semiColons: "asi",
          quoteStyle: "alwaysDouble",
          trailingCommas: "never",
          operatorPosition: "maintain",
          "arrowFunction.useParentheses": "force",
          // They are sorted by the rule below; dprint's order differs where `@effect/` meets `@effect-ws/`.
          "module.sortImportDeclarations": "maintain",
          "module.sortExportDeclarations": "maintain"
        }
      }],
      "simple-import-sort/imports": ["error", { groups: [["^\\u0000", "^[^.]", "^\\."]] }],
      "simple-import-sort/exports": "error",

      "@typescript-eslint/array-type": ["error", { default: "generic", readonly: "generic" }],
      "@typescript-eslint/consistent-type-assertions": ["error", { assertionStyle: "never" }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "no-restricted-syntax": ["error", {
        selector: "ThrowStatement",
        message: "errors are values: answer with one, or fail the Effect"
      }],
      "no-restricted-properties": ["error", notCodePointAt],
      eqeqeq: "error",
      "object-shorthand": "error",
      "prefer-const": "error",

      // The compiler's business, or idioms of Effect: generators that yield nothing, namespaces and empty interfaces of types.
      "no-undef": "off",
      "no-redeclare": "off",
      "no-fallthrough": "off",
      "require-yield": "off",
      "@typescript-eslint/no-namespace": "off",
      "@typescript-eslint/no-empty-object-type": "off",
      "@typescript-eslint/no-unsafe-declaration-merging": "off"
    }
  },
  {
    // One module, one import: `effect/Effect`, not `effect` (a consumer's bundler then sees what is used).
    files: ["packages/*/src/**/*.ts"],
    rules: {
      "@effect/no-import-from-barrel-package": ["error", { packageNames: ["effect", "@effect/platform"] }]
    }
  },
  {
    // The one rule that needs types. A closed union is matched case by case; `default` would hide the missing one.
    files: ["packages/*/src/**/*.ts"],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": ["error", {
        allowDefaultCaseForExhaustiveSwitch: false,
        considerDefaultExhaustiveForUnions: false,
        requireDefaultForNonUnion: false
      }]
    }
  },
  {
    files: relaxed,
    rules: {
      "@typescript-eslint/consistent-type-assertions": "off",
      "@typescript-eslint/no-explicit-any": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "no-restricted-syntax": "off"
    }
  },
  {
    // Small programs that were written by hand, for peers: as they are.
    files: ["packages/interop/foreign/**"],
    rules: { "no-empty": "off", "@typescript-eslint/no-unused-expressions": "off" }
  },
  {
    files: pure,
    rules: {
      "no-restricted-globals": ["error", ...hostGlobals],
      "@typescript-eslint/no-restricted-imports": ["error", { patterns: [nodeImports] }]
    }
  },
  {
    files: runtimeFree,
    rules: {
      "@typescript-eslint/no-restricted-imports": ["error", { patterns: [nodeImports, effectImports] }],
      "no-restricted-properties": ["error", notCodePointAt, {
        object: "Math",
        property: "random",
        message: "masking keys are arguments"
      }]
    }
  }
)
