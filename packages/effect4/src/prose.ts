/**
 * Documentation that says another thing of Effect 4: for each file, what is written, and what stands in its place. What is written is found
 * however its lines are broken. Names in examples are the tables' business.
 */

export type Prose = Readonly<Record<string, ReadonlyArray<readonly [written: string, instead: string]>>>

export const prose: Prose = {
  "platform/src/PlatformSocket.ts": [
    ["`Socket.Socket` of @effect/platform", "`Socket.Socket` of Effect"],
    [
      `- Messages come in order, text as \`string\` and binary as \`Uint8Array<ArrayBuffer>\` to \`runRaw\`. An Effect that a handler returns is
      started at once and not waited for, until the messages of those at work exceed a budget: then reading pauses.`,
      `- Its reader gives messages in order, text as \`string\` and binary as \`Uint8Array<ArrayBuffer>\`, in batches of what has come.
      Reading from the network pauses while nobody pulls.`
    ],
    [
      `or it was dropped (1006); only the codes for which \`closeCodeIsError\` holds fail a run. No opening is a
      \`SocketGenericError\` (\`Open\`, \`OpenTimeout\`) with the \`HandshakeError\`.`,
      `or it was dropped (1006). No opening is a \`SocketOpenError\` (\`Timeout\` or \`Unknown\`) with the \`HandshakeError\` as its cause.`
    ],
    [
      `A socket that opens a connection for each run. When the run ends, so does the connection: with 1001 if it was interrupted,
      with 1011 if a handler failed.`,
      `A socket that opens a connection for each reader. When the reader's scope closes, so does the connection: with 1001 if it was
      interrupted, with 1011 if it failed.`
    ],
    [
      `What is written waits for a connection: before the first run, between runs, and when a connection was lost before it took
      what is written. After a \`CloseEvent\` it fails with \`Write\` until the next run.`,
      `What is written waits for a connection: before the first reader, between readers, and when a connection was lost before it took
      what is written. After a \`CloseEvent\` it fails with \`SocketWriteError\` until the next reader.`
    ],
    [
      `What comes before a run waits for it; a run that was interrupted can be followed by another, which goes on. Two runs at a time
      take turns. Throws an \`InvalidOption\`.`,
      `What comes before there is a reader waits for it; a reader that was released can be followed by another, which goes on. Two readers
      at a time take turns.`
    ]
  ],
  "platform/src/PlatformSocketServer.ts": [
    ["`SocketServer.SocketServer` of @effect/platform", "`SocketServer.SocketServer` of Effect"],
    ["what these write then fails with `Write`,", "what these write then fails with `SocketWriteError`,"],
    ["has no host, and port 0. Dies of an `InvalidOption`.", "has the host 0.0.0.0, and port 0."]
  ],
  "platform/src/TypedConnection.ts": [
    [
      "text (`Schema.parseJson`) or bytes (`MsgPack.schema` of `@effect/platform`)",
      "text (`Schema.fromJsonString`) or bytes (`SchemaBinary.toCodec`)"
    ],
    ["JSON text in, msgpack binary out", "JSON text in, binary out"]
  ],
  "platform-node/src/http/Route.ts": [
    ["as an app of @effect/platform sees it", "as an app of Effect sees it"],
    ["As @effect/platform has it", "As Effect has it"]
  ],
  "platform-node/src/http/Routes.ts": [["a response of any, and in Effect 4 would", "a response of any, and would"]],
  "platform-node/src/NodeHttpServer.ts": [[
    "`HttpServer` of @effect/platform for Node",
    "`HttpServer` of Effect for Node"
  ]],
  "platform-node/src/NodeWebSocketConstructor.ts": [
    ["`Socket.WebSocketConstructor` of @effect/platform,", "`Socket.WebSocketConstructor` of Effect,"],
    [
      "What Effect's modules ask for. It is a class as well, and differs from that of {@link makeClass} as told above.",
      `What Effect's modules ask for. It is a class as well, and differs from that of {@link makeClass} as told above. What a call is given
      as \`headers\` is sent with those of {@link ClassOptions}, and in place of those of the same name.`
    ]
  ],
  "effect-ws/src/NodeHttpServer.ts": [["The `HttpServer` of @effect/platform", "The `HttpServer` of Effect"]],
  "effect-ws/src/PlatformSocket.ts": [["the `Socket` of @effect/platform", "the `Socket` of Effect"]],
  "effect-ws/src/PlatformSocketServer.ts": [["the `SocketServer` of @effect/platform", "the `SocketServer` of Effect"]]
}

/** A comment's text with this put into it, line for line; nothing, if it does not say what is written. */
export const reworded = (text: string, written: string, instead: string): string | undefined => {
  const words = written.trim().split(/\s+/).map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
  const found = new RegExp(words.join("(?:\\s|\\s\\*\\s)+")).exec(text)
  if (found === null) return undefined
  const indent = /\n[ \t]*\*[ \t]*/.exec(found[0])?.[0] ?? "\n * "
  const lines = instead.trim().split(/\n\s*/).join(indent)
  return text.slice(0, found.index) + lines + text.slice(found.index + found[0].length)
}
