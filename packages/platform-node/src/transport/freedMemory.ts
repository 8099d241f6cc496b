/**
 * Has the C library keep what large messages leave behind, to give it to the next. In: that a process begins to have large messages. Out: nothing
 * but fewer page faults. Decision record: docs/internals/decisions/freed-memory.md.
 *
 * glibc gives free memory at the end of its heap back to the system from 128 KiB on, and maps what is larger anew each time: the next
 * message faults in each of its pages again. Both limits rise by themselves, to the size of what was mapped and freed, and twice that
 * (mallopt(3), M_MMAP_THRESHOLD): one large piece, freed untouched, is enough. Environment variables of glibc's
 * (MALLOC_TRIM_THRESHOLD_) forbid it to learn, and so decide.
 */

/** glibc learns from no more than 32 MiB, its own head among them. */
const largestToLearnFrom = 31 * 1024 * 1024

let isKept = false

/** Once a process. The piece is never touched, and so never has a page; V8 frees it with its next garbage. */
export const keepFreedMemory = (): void => {
  if (isKept) return
  isKept = true
  if (process.platform !== "linux") return
  try {
    void new ArrayBuffer(largestToLearnFrom)
  } catch {
    // There is no room for it: then nothing is to be kept.
  }
}
