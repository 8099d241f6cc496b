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

/**
 * By how much y grows for each unit of x, by least squares; NaN of fewer than two points.
 *
 * @since 0.1.0
 * @category statistics
 */
export const slope = (points: ReadonlyArray<readonly [x: number, y: number]>): number => {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  return points.length < 2 ? NaN : points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread
}
