/**
 * When a page may try again at once.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform-browser/BrowserRetrySignal"
