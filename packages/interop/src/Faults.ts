/**
 * What peers are known to do wrong. A cell in which one of these does not show differs from the table, and so does one in which
 * another shows.
 *
 * @since 0.1.0
 */
import type { Fault } from "./Verdict.js"

/**
 * @since 0.1.0
 * @category constants
 */
export const all: ReadonlyArray<Fault> = [
  {
    peer: "tornado",
    role: "client",
    modes: ["nct"],
    says:
      "tornado's client keeps its context although the server answers with `client_no_context_takeover` (RFC 7692 §7.1.1.2)."
  },
  {
    peer: "x-net",
    checks: [
      "content/fragments of ours",
      "content/ping of theirs",
      "content/fragments of theirs",
      "content/text at last"
    ],
    says: "golang.org/x/net takes each fragment for a message, so later echoes are out of step."
  },
  {
    peer: "x-net",
    checks: [
      "content/close",
      "empty/close",
      "our-1000",
      "our-1001",
      "our-4000",
      "their-1000",
      "their-4999",
      "their-empty",
      "burst"
    ],
    says: "golang.org/x/net never answers a Close: it drops TCP, and gives no reason with a code of its own."
  },
  {
    peer: "netty",
    role: "client",
    modes: ["nct"],
    says:
      "Netty's client drops TCP at an answer with `client_no_context_takeover`, which it did not ask for (RFC 7692 §7.1.1.2 allows it)."
  },
  {
    peer: "libwebsockets",
    modes: ["plain", "http2"],
    checks: ["their-empty"],
    says: "libwebsockets drops TCP, without a Close, when it is told to close without a code."
  },
  {
    peer: "libwebsockets",
    modes: ["deflate"],
    says:
      "libwebsockets' permessage-deflate stops at an uncompressed message among compressed ones, at an empty one, and beyond 64 KiB."
  },
  {
    peer: "libwebsockets",
    modes: ["http2"],
    checks: [
      "content/binary 1 MiB",
      "content/text 5 MiB",
      "content/fragments of ours",
      "content/ping of ours",
      "content/ping of theirs",
      "content/fragments of theirs",
      "content/text at last",
      "content/close"
    ],
    says:
      "libwebsockets drops its stream of HTTP/2 at a message of some hundred KiB, which does not fit into its windows."
  },
  {
    peer: "libwebsockets",
    modes: ["http2"],
    checks: ["empty", "our-1000", "our-1001", "our-4000", "their-1000", "their-4999", "their-empty", "burst", "content"]
      .map((
        name
      ) => `${name}/opening`),
    isRare: true,
    says:
      "libwebsockets forgets a stream of HTTP/2 when it has ended its own side, and gives up the session at our END_STREAM (RFC 9113 §5.1)."
  },
  {
    peer: "libsoup",
    role: "server",
    modes: ["plain", "deflate", "tls"],
    checks: ["their-empty"],
    says: "libsoup's server never drops TCP after a Close without a code of its own (RFC 6455 §7.1.1)."
  },
  {
    peer: "mojolicious",
    role: "client",
    modes: ["nct"],
    checks: ["content"],
    says:
      "Mojolicious' client keeps its context although the server answers with `client_no_context_takeover` (RFC 7692 §7.1.1.2)."
  },
  {
    peer: "mojolicious",
    role: "client",
    checks: ["burst", "content/close", "empty/close", "our-1000/close", "our-1001/close", "our-4000/close"],
    isRare: true,
    says:
      "Mojolicious' client ends its socket before everything has left: its Close is sometimes lost. `ws` sees 1006 there."
  },
  {
    peer: "em-websocket",
    checks: ["their-4999"],
    says: "em-websocket raises an error for a reason beyond ASCII, and sends 3000 instead."
  },
  {
    peer: "faye",
    modes: ["tls"],
    checks: ["burst"],
    says:
      "faye-websocket destroys its socket when it is closed: over TLS, unsent data is lost, including its Close. `ws` sees 1006 there."
  },
  {
    peer: "websocket",
    role: "client",
    checks: ["empty"],
    says: "websocket's W3C client drops an empty text."
  }
]
