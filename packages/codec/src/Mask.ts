/**
 * Masking (RFC 6455 §5.3): XOR with a 4-byte key, in place. In: bytes, a key, and how far into the payload they begin. Out: the same
 * bytes, masked or unmasked.
 *
 * A hot module: {@link mask} works in 32-bit words, and {@link maskPlain} is its oracle, in the words of the RFC. Measured by `npm run bench -- --loads 10x1x64KiB,4x4x1MiB`. It does not know where keys come from.
 *
 * @since 0.1.0
 */
import { maskOctets, maskWords } from "./internal/maskLoops.js"

/** Below this many bytes the set-up of a word view costs more than it saves. */
const wordsFrom = 128

/** This machine's order of bytes in a word. */
const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1

/**
 * "Octet i of the transformed data is the XOR of octet i of the original with octet i modulo 4 of the masking key."
 *
 * @since 0.1.0
 * @category oracles
 */
export const maskPlain = (octets: Uint8Array, start: number, end: number, key: number, phase: number): void => {
  for (let i = start; i < end; i++) {
    const shift = 24 - 8 * ((phase + i - start) % 4)
    octets[i] = (octets[i] ?? 0) ^ (key >>> shift)
  }
}

/**
 * Masks or unmasks `octets` from `start` to `end`, in place. `key` is the masking key as an unsigned 32-bit number in network order;
 * `phase` is the number of payload bytes before `start`.
 *
 * @since 0.1.0
 * @category masking
 */
export const mask = (octets: Uint8Array, start: number, end: number, key: number, phase: number): void => {
  const turned = turn(key, phase & 3)
  if (turned === 0) return
  if (end - start < wordsFrom) return maskOctets(octets, start, end, turned)
  const lead = (4 - ((octets.byteOffset + start) & 3)) & 3
  const words = (end - start - lead) >>> 2
  maskOctets(octets, start, start + lead, turned)
  maskWords(new Int32Array(octets.buffer, octets.byteOffset + start + lead, words), inMachineOrder(turn(turned, lead)))
  maskOctets(octets, start + lead + 4 * words, end, turn(turned, lead))
}

/** The key as it stands for a byte that is `by` further on. */
const turn = (key: number, by: number): number => by === 0 ? key : (key << (8 * by)) | (key >>> (32 - 8 * by))

const inMachineOrder = (key: number): number =>
  littleEndian
    ? (key >>> 24) | ((key >>> 8) & 0xff00) | ((key << 8) & 0xff0000) | (key << 24)
    : key
