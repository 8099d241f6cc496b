/**
 * The peers: what each needs, how it is started, and in which modes its API lets it be. Their programs are in `foreign`.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import type { Command, Mode, Paths, Peer, Side } from "./Peer.js"

const usual: ReadonlyArray<Mode> = ["plain", "deflate", "nct", "tls"]
const bits: ReadonlyArray<Mode> = ["wb9", "wb12"]

/** Both roles of a program that takes `client URL…` and `server PORT`. */
const both = (
  program: (paths: Paths, mode: Mode) => Command,
  modes: { readonly client?: ReadonlyArray<Mode>; readonly server?: ReadonlyArray<Mode> }
): { readonly client?: Side<ReadonlyArray<string>>; readonly server?: Side<number> } => ({
  ...(modes.client === undefined
    ? {}
    : {
      client: { modes: modes.client, command: (urls, paths, mode) => [...program(paths, mode), "client", ...urls] }
    }),
  ...(modes.server === undefined
    ? {}
    : {
      server: { modes: modes.server, command: (port, paths, mode) => [...program(paths, mode), "server", String(port)] }
    })
})

const python = (file: string) => ({ foreign }: Paths): Command => ["/usr/bin/python3", join(foreign, file)]

const built = (name: string) => ({ work }: Paths): Command => [join(work, name)]

const sharing = (modes: ReadonlyArray<Mode>) => ({ client: modes, server: modes })

/** Of npm, on this Node. */
const onNode = (
  npm: string,
  client: ReadonlyArray<Mode>,
  server: ReadonlyArray<Mode> | undefined
): Omit<Peer, "name" | "title"> => ({
  debian: [],
  npm,
  client: {
    modes: client,
    command: (
      urls,
      { foreign }
    ) => [process.execPath, join(foreign, "web.mjs"), npm.split("-", 1)[0] ?? "", "client", ...urls]
  },
  ...(server === undefined ? {} : {
    server: {
      modes: server,
      command: (port, { foreign }) => [
        process.execPath,
        join(foreign, "wsserver.mjs"),
        npm.split("-", 1)[0] ?? "",
        "server",
        String(port)
      ]
    }
  })
})

/** Go's own modules are not asked: the packages of Debian are a GOPATH. */
const buildGo = ({ foreign, work }: Paths): ReadonlyArray<Command> => [[
  "env",
  "GO111MODULE=off",
  "GOPATH=/usr/share/gocode",
  `GOCACHE=${join(work, "go")}`,
  "go",
  "build",
  "-o",
  join(work, "gopeer"),
  join(foreign, "gopeer.go")
]]

const go = (library: string) => ({ work }: Paths): Command => [join(work, "gopeer"), library]

const goPackages: ReadonlyArray<string> = [
  "golang-go",
  "golang-github-gorilla-websocket-dev",
  "golang-nhooyr-websocket-dev",
  "golang-golang-x-net-dev"
]

const cxx = (name: string, libraries: ReadonlyArray<string>, output = name, flags: ReadonlyArray<string> = []) =>
(
  { foreign, work }: Paths
): Command => [
  "g++",
  "-std=c++17",
  "-O1",
  "-w",
  ...flags,
  "-o",
  join(work, output),
  join(foreign, `${name}.cpp`),
  ...libraries,
  "-lpthread"
]

const netty = ["buffer", "codec", "codec-http", "common", "handler", "resolver", "transport"]
  .map((name) => `/usr/share/java/netty-${name}.jar`).join(":")

const browser = (name: string, debian: string): Peer => ({
  name,
  title: name === "chromium" ? "Chromium" : "Firefox ESR",
  debian: [debian],
  client: {
    modes: name === "chromium"
      ? [...usual, ...bits, "subprotocol"]
      : ["plain", "deflate", "nct", ...bits, "subprotocol"],
    command: (urls, { foreign }) => [process.execPath, join(foreign, "browser.mjs"), name, "client", ...urls]
  }
})

/**
 * All of them, by ecosystem.
 *
 * @since 0.1.0
 * @category constants
 */
export const all: ReadonlyArray<Peer> = [
  {
    name: "websockets",
    title: "Python websockets",
    debian: ["python3-websockets"],
    ...both(python("ws_py.py"), sharing([...usual, ...bits, "subprotocol"]))
  },
  {
    name: "aiohttp",
    title: "Python aiohttp",
    debian: ["python3-aiohttp"],
    ...both(python("aio.py"), {
      client: [...usual, ...bits, "subprotocol"],
      server: [...usual, "subprotocol"]
    })
  },
  {
    name: "tornado",
    title: "Python tornado",
    debian: ["python3-tornado"],
    ...both(python("torn.py"), sharing([...usual, "subprotocol"]))
  },
  {
    name: "autobahn",
    title: "Python autobahn",
    debian: ["python3-autobahn"],
    ...both(python("abahn.py"), sharing([...usual, ...bits]))
  },
  {
    name: "websocket-client",
    title: "Python websocket-client",
    debian: ["python3-websocket"],
    ...both(python("wsclient.py"), { client: ["plain", "tls"] })
  },
  {
    name: "wsproto",
    title: "Python wsproto (uvicorn)",
    debian: ["python3-wsproto", "python3-uvicorn"],
    ...both(python("uv.py"), { server: ["plain", "deflate", "tls"] })
  },
  {
    name: "gorilla",
    title: "Go gorilla/websocket",
    debian: ["golang-github-gorilla-websocket-dev", ...goPackages],
    build: buildGo,
    ...both(go("gorilla"), sharing([...usual, "subprotocol"]))
  },
  {
    name: "nhooyr",
    title: "Go nhooyr.io/websocket",
    debian: ["golang-nhooyr-websocket-dev", ...goPackages],
    build: buildGo,
    ...both(go("nhooyr"), sharing([...usual, "subprotocol"]))
  },
  {
    name: "x-net",
    title: "Go golang.org/x/net/websocket",
    debian: ["golang-golang-x-net-dev", ...goPackages],
    build: buildGo,
    ...both(go("xnet"), sharing(["plain", "tls"]))
  },
  {
    name: "java",
    title: "Java java.net.http",
    debian: ["openjdk-17-jdk-headless"],
    build: ({ foreign }) => [["sh", join(foreign, "java.sh"), join(foreign, "JPeer.java")]],
    client: {
      modes: ["plain", "tls", "subprotocol"],
      command: (urls, { work }) => [
        "java",
        "-Dfile.encoding=UTF-8",
        `-Djavax.net.ssl.trustStore=${join(work, "tls/trust.p12")}`,
        "-Djavax.net.ssl.trustStorePassword=changeit",
        "-cp",
        work,
        "JPeer",
        "client",
        ...urls
      ]
    }
  },
  {
    name: "netty",
    title: "Java Netty",
    debian: ["libnetty-java", "default-jdk-headless"],
    build: ({ foreign, work }) => [
      ["javac", "-encoding", "UTF-8", "-cp", netty, "-d", work, join(foreign, "NPeer.java")]
    ],
    ...both(
      ({ work }) => ["java", "-Dfile.encoding=UTF-8", "-cp", `${work}:${netty}`, "NPeer"],
      sharing(["plain", "deflate", "nct"])
    )
  },
  {
    name: "beast",
    title: "C++ Boost.Beast",
    debian: ["libboost-dev", "g++", "libssl-dev"],
    build: (paths) => [cxx("beast", ["-lssl", "-lcrypto"])(paths)],
    ...both(built("beast"), sharing([...usual, ...bits]))
  },
  {
    name: "websocketpp",
    title: "C++ websocketpp",
    debian: ["libwebsocketpp-dev", "libboost-dev", "libboost-system-dev", "g++", "libssl-dev", "zlib1g-dev"],
    // Its extension is a matter of types.
    build: (paths) => [
      cxx("wspp", ["-lboost_system", "-lssl", "-lcrypto"], "wspp-plain")(paths),
      cxx("wspp", ["-lboost_system", "-lssl", "-lcrypto", "-lz"], "wspp", ["-DDEFLATE"])(paths)
    ],
    ...both(
      ({ work }, mode) => [join(work, mode === "plain" ? "wspp-plain" : "wspp")],
      sharing(["plain", "deflate", "nct", ...bits])
    )
  },
  {
    name: "libwebsockets",
    title: "C libwebsockets",
    debian: ["libwebsockets-dev", "g++", "libssl-dev"],
    build: ({ foreign, work }) => [
      ["gcc", "-O1", "-w", "-o", join(work, "lws"), join(foreign, "lws.c"), "-lwebsockets"]
    ],
    // As a client it asks with GET, and acknowledges SETTINGS twice, which ends the session (RFC 9113 §6.5.3).
    ...both(built("lws"), { client: ["plain", "deflate"], server: ["plain", "deflate", "http2"] })
  },
  {
    name: "qt",
    title: "Qt WebSockets (PyQt5)",
    debian: ["python3-pyqt5.qtwebsockets"],
    environment: { QT_QPA_PLATFORM: "offscreen" },
    ...both(python("qt.py"), sharing(["plain", "tls"]))
  },
  {
    name: "libsoup",
    title: "libsoup",
    debian: ["gir1.2-soup-3.0", "python3-gi", "glib-networking"],
    ...both(python("soup.py"), sharing([...usual, ...bits]))
  },
  {
    name: "mojolicious",
    title: "Perl Mojolicious",
    debian: ["libmojolicious-perl", "libio-socket-ssl-perl"],
    ...both(({ foreign }) => ["perl", join(foreign, "mojo.pl")], sharing(usual))
  },
  {
    name: "em-websocket",
    title: "Ruby em-websocket",
    debian: ["ruby-em-websocket"],
    ...both(({ foreign }) => ["ruby", join(foreign, "emws.rb")], { server: ["plain", "tls"] })
  },
  {
    name: "faye-ruby",
    title: "Ruby faye-websocket",
    debian: ["ruby-faye-websocket"],
    ...both(({ foreign }) => ["ruby", join(foreign, "fayer.rb")], { client: ["plain", "tls"] })
  },
  {
    name: "yaws",
    title: "Erlang yaws",
    // Its library: the package `yaws` starts a service.
    debian: ["erlang-yaws"],
    environment: { ERL_LIBS: "/usr/lib" },
    ...both(({ foreign }) => ["escript", join(foreign, "yaws.escript")], { server: ["plain", "tls"] })
  },
  {
    name: "ws",
    title: "Node ws",
    ...onNode("ws", [...usual, ...bits, "subprotocol"], [...usual, ...bits, "subprotocol"])
  },
  {
    name: "undici",
    title: "Node undici",
    ...onNode("undici", [...usual, ...bits, "subprotocol"], undefined)
  },
  {
    name: "faye",
    title: "Node faye-websocket",
    ...onNode("faye-websocket", ["plain", "deflate", "tls", "subprotocol"], ["plain", "deflate", "tls", "subprotocol"])
  },
  {
    name: "websocket",
    title: "Node websocket",
    ...onNode("websocket", ["plain", "tls", "subprotocol"], ["plain", "tls", "subprotocol"])
  },
  {
    name: "bun",
    title: "Bun",
    debian: [],
    npm: "bun",
    client: {
      modes: [...usual, ...bits, "subprotocol"],
      command: (urls, { foreign, npm }) => [
        join(npm, "bun/bin/bun.exe"),
        join(foreign, "web.mjs"),
        "global",
        "client",
        ...urls
      ]
    },
    server: {
      modes: [...usual, ...bits],
      command: (port, { foreign, npm }) => [
        join(npm, "bun/bin/bun.exe"),
        join(foreign, "bunserver.mjs"),
        "bun",
        "server",
        String(port)
      ]
    }
  },
  {
    name: "deno",
    title: "Deno",
    debian: [],
    npm: "deno",
    client: {
      modes: [...usual, "subprotocol"],
      command: (urls, { foreign, npm, work }) => [
        join(npm, "deno/deno"),
        "run",
        "-A",
        "--cert",
        join(work, "tls/ca.pem"),
        join(foreign, "web.mjs"),
        "global",
        "client",
        ...urls
      ]
    },
    server: {
      modes: [...usual, "subprotocol"],
      command: (port, { foreign, npm }) => [
        join(npm, "deno/deno"),
        "run",
        "-A",
        join(foreign, "denoserver.mjs"),
        "server",
        String(port)
      ]
    }
  },
  browser("chromium", "chromium"),
  browser("firefox", "firefox-esr")
]

/**
 * What is not in the matrix though it should be, and why.
 *
 * @since 0.1.0
 * @category constants
 */
export const absent: ReadonlyArray<readonly [title: string, why: string]> = [
  [
    "Erlang cowboy and gun",
    "Debian 12 has no package of either (and of cowlib, which they share, no server or client)"
  ],
  ["libwebsockets as a client over HTTP/2", "4.1.6 asks with GET there, and acknowledges SETTINGS twice"],
  ["Java Jetty, Tyrus and Java-WebSocket", "no program for them yet"]
]
