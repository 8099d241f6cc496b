import gi, sys, os
gi.require_version("Soup", "3.0"); from gi.repository import Soup, GLib, Gio
mode = os.environ["IOP_MODE"]; loop = GLib.MainLoop()
def wire(ws, over):
    ws.set_max_incoming_payload_size(0)
    def msg(ws, t, b):
        d = b.get_data() or b""
        if t == Soup.WebsocketDataType.TEXT and d.startswith(b"!"):
            w = d[1:].decode().split(" ", 2)
            if w[0] == "close": ws.close(int(w[1]) or 1005, w[2] if len(w) > 2 else None)
            if w[0] == "ping": ws.send_text("!noping")
            if w[0] == "frag": ws.send_text("!nofrag")
        else: ws.send_message(t, b)
    ws.connect("message", msg); ws.connect("error", lambda w, e: print("ERROR", e.message, flush=True))
    ws.connect("closed", lambda w: (print("CLOSE", w.get_close_code(), w.get_close_data(), flush=True), over()))
keep = []
if sys.argv[1] == "client":
    urls = sys.argv[2:]
    s = Soup.Session()
    if mode == "tls": s.set_tls_database(Gio.TlsFileDatabase.new(os.path.abspath("tls/ca.pem")))
    if mode != "plain": s.add_feature_by_type(Soup.WebsocketExtensionManager.__gtype__)

    def go():
        if not urls: loop.quit(); return False
        m = Soup.Message.new("GET", urls.pop(0))
        def done(s, r):
            try: ws = s.websocket_connect_finish(r); keep.append(ws); wire(ws, lambda: GLib.timeout_add(50, go))
            except Exception as e: print("ERROR", e, flush=True); GLib.timeout_add(50, go)
        s.websocket_connect_async(m, None, None, 0, None, done); return False
    GLib.idle_add(go)
else:
    s = Soup.Server()
    if mode == "tls": s.set_tls_certificate(Gio.TlsCertificate.new_from_files("tls/cert.pem", "tls/key.pem"))
    if mode == "plain": s.remove_websocket_extension(Soup.WebsocketExtensionDeflate.__gtype__)
    s.add_websocket_handler(None, None, None, lambda srv, m, p, ws: (keep.append(ws), wire(ws, lambda: None)))
    s.listen_local(int(sys.argv[2]), Soup.ServerListenOptions.IPV4_ONLY | (Soup.ServerListenOptions.HTTPS if mode == "tls" else Soup.ServerListenOptions(0)))
loop.run()
