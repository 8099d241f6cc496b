import asyncio, os, sys, ssl, tornado.web, tornado.websocket, tornado.httpserver, tornado.httpclient
mode = os.environ["IOP_MODE"]
comp = None if mode == "plain" else {}
class H(tornado.websocket.WebSocketHandler):
    def check_origin(self, o): return True
    def select_subprotocol(self, offered): return "iop" if "iop" in offered else None
    def get_compression_options(self): return comp
    async def on_message(self, m):
        if isinstance(m, str) and m.startswith("!"):
            w = m[1:].split(" ", 2)
            if w[0] == "close": self.close() if w[1] == "0" else self.close(int(w[1]), w[2] if len(w) > 2 else None)
            if w[0] == "ping": self.ping(b"x")
            if w[0] == "frag": await self.write_message("!nofrag")
        else: await self.write_message(m, binary=isinstance(m, bytes))
    def on_pong(self, d): self.write_message("!pong")
    def on_close(self): print("CLOSE", self.close_code, self.close_reason, flush=True)
async def server(port):
    app = tornado.web.Application([(r"/.*", H)], websocket_max_message_size=1 << 30)
    s = {"certfile": "tls/cert.pem", "keyfile": "tls/key.pem"} if mode == "tls" else None
    tornado.httpserver.HTTPServer(app, ssl_options=s, max_buffer_size=1 << 30).listen(port, "127.0.0.1")
    await asyncio.Event().wait()
async def client(urls):
    for u in urls:
        try:
            r = tornado.httpclient.HTTPRequest(u, ca_certs="tls/cert.pem") if mode == "tls" else u
            ws = await tornado.websocket.websocket_connect(r, compression_options=comp, subprotocols=["iop"] if mode == "subprotocol" else None, max_message_size=1 << 30)
            while True:
                m = await ws.read_message()
                if m is None: break
                if isinstance(m, str) and m.startswith("!"):
                    w = m[1:].split(" ", 2)
                    if w[0] == "close": ws.close() if w[1] == "0" else ws.close(int(w[1]), w[2] if len(w) > 2 else None)
                    if w[0] == "ping": ws.ping(b"x"); await ws.write_message("!pinged")
                    if w[0] == "frag": await ws.write_message("!nofrag")
                else: await ws.write_message(m, binary=isinstance(m, bytes))
            print("CLOSE", ws.close_code, ws.close_reason, flush=True)
        except Exception as e: print("ERROR", repr(e), flush=True)
asyncio.run(client(sys.argv[2:]) if sys.argv[1] == "client" else server(int(sys.argv[2])))
