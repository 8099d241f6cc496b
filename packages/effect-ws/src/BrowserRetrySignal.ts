/**
 * Signals when a page should try again at once.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform-browser/BrowserRetrySignal"
