/**
 * Has V8 free large messages with its cheap collections, of what is young. In: that memory is taken for a message. Out: nothing but fewer
 * collections of the whole heap. Decision record: docs/internals/decisions/young-garbage.md.
 *
 * The memory of messages is outside of V8's heap. It counts toward the limit at which V8 marks all of its heap, and far less toward the one
 * at which it collects what is young. Where little else is allocated, the first is reached before the second once V8 lets the heap grow
 * by little only, as it does after eight idle seconds. A bit of garbage for each message turns that around.
 */

/** Garbage for each byte of a message. With a sixteenth V8 marked still, with a quarter it collects needlessly often. */
const share = 1 / 8
/** Bytes of an element of a list. */
const elementSize = 8
/** Larger lists are not among what is young. */
const mostElements = 4096

/** What was left last. Nobody uses it: it keeps the engine from leaving it out. */
export let lastGarbage: ReadonlyArray<unknown> = []

/** Leaves garbage for a message of `size` bytes. */
export const litter = (size: number): void => {
  for (let left = size * share / elementSize; left >= 1; left -= mostElements) {
    lastGarbage = new Array(Math.min(left, mostElements) | 0)
  }
}
