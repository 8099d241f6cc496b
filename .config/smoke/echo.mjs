/**
 * Runs in an empty project in which the packed packages are installed (see `../pack.mjs`). One function for each thing
 * that a user does first; add to `steps`.
 */
import assert from "node:assert/strict"

const steps = {
  /** A frame there and back, by the module and by the package. */
  async codec() {
    const { Decoder, Frame, Primitives } = await import("@effect-ws/codec")
    assert.equal(await import("@effect-ws/codec/Frame"), Frame)

    const text = "hello, wörld"
    const payload = new TextEncoder().encode(text)
    const frame = { header: Frame.header(Frame.opcode.text, payload.length, { mask: 0x37fa213d }), payload }
    const [parts, carry] = Decoder.parts(Primitives.plain, Decoder.start, Frame.encode(frame))

    assert.deepEqual(parts.map(({ _tag }) => _tag), ["Header", "Payload"])
    assert.equal(parts[0].header.opcode, Frame.opcode.text)
    assert.equal(new TextDecoder().decode(parts[1].octets), text)
    assert.equal(carry, Decoder.start)
  },

  /** What is internal stays closed. */
  async internals() {
    await assert.rejects(import("@effect-ws/codec/internal/maskLoops"), { code: "ERR_PACKAGE_PATH_NOT_EXPORTED" })
  }
}

for (const [name, step] of Object.entries(steps)) {
  await step()
  console.log(name)
}
