/** Amounts for people. */

/** Of milliseconds. */
export const duration = (millis: number): string => {
  if (millis < 1000) return `${Math.round(millis)} ms`
  const seconds = Math.floor(millis / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`
}

/** Of bytes. */
export const octets = (count: number): string =>
  count < 1024
    ? `${count} B`
    : count < 1024 * 1024
    ? `${(count / 1024).toFixed(1)} KiB`
    : `${(count / 1024 / 1024).toFixed(1)} MiB`
