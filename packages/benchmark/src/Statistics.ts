/**
 * The little of statistics that a handful of rounds bears.
 *
 * @since 0.1.0
 */

/**
 * The value below which a part (0 to 1) of the others lies, interpolated; NaN of none.
 *
 * @since 0.1.0
 * @category statistics
 */
export const quantile = (values: Iterable<number>, part: number): number => {
  const sorted = Float64Array.from(values).sort()
  const at = part * (sorted.length - 1)
  const below = sorted[Math.floor(at)] ?? NaN
  const above = sorted[Math.ceil(at)] ?? NaN
  return below + (above - below) * (at - Math.floor(at))
}

/**
 * @since 0.1.0
 * @category statistics
 */
export const median = (values: Iterable<number>): number => quantile(values, 0.5)
