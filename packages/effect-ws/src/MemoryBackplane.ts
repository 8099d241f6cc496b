/**
 * A backplane in memory, for tests.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform/MemoryBackplane"
