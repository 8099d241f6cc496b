declare module "bufferutil" {
  const bufferUtil: {
    readonly mask: (source: Uint8Array, mask: Uint8Array, output: Uint8Array, offset: number, length: number) => void
    readonly unmask: (octets: Uint8Array, mask: Uint8Array) => void
  }
  export default bufferUtil
}
