/** Of the table of attacks in docs/security.md, in its order. */
import type { Defence } from "./Defence.js"

const heads = "platform-node/test/hostile/heads.test.ts"

export const attacks: ReadonlyArray<Defence> = [
  {
    against: "thousands of header lines",
    file: "platform-node/src/internal/server.ts",
    edit: ["rawHeaders.length > 2 * this.head.headerLines", "false"],
    test: [heads, "ws CVE-2024-37890"]
  }
]
