/**
 * The answer of a floor to an opening handshake: it looks at the key, and agrees on what is offered word for word, if it is to
 * compress. It judges nothing. In: a head. Out: the 101.
 */
import { createHash } from "node:crypto"

export interface Opened {
  readonly answer: string
  /** What was agreed on; empty if nothing was. */
  readonly extensions: string
}

/** `undefined` as long as the head is not whole. */
export const opened = (head: string, compression: boolean): Opened | undefined => {
  if (!head.endsWith("\r\n\r\n")) return undefined
  const key = /sec-websocket-key: (\S+)/i.exec(head)?.[1] ?? ""
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")
  const extensions = compression ? /sec-websocket-extensions: *(.*?) *\r/i.exec(head)?.[1] ?? "" : ""
  return {
    answer: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      (extensions === "" ? "" : `Sec-WebSocket-Extensions: ${extensions}\r\n`) +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    extensions
  }
}
