/**
 * The charges for fragments. Plain numbers, which `Limits` exports.
 */

/**
 * What a fragment counts besides its payload, in bytes, against the message limit plus {@link fragmentAllowance}, since a message cut into
 * very many pieces costs more than its bytes. (A higher charge would fail Autobahn 9.3.1 and 9.4.1.)
 *
 * @since 0.1.0
 * @category fragments
 */
export const fragmentOverhead = 16

/**
 * How far the charges of fragments may exceed the message limit, in bytes.
 *
 * @since 0.1.0
 * @category fragments
 */
export const fragmentAllowance = 1024 * 1024
