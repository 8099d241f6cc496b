import asyncio, os, sys, ssl, aiohttp
from aiohttp import web, WSMsgType
mode = os.environ["IOP_MODE"]
protocols = ("iop",) if mode == "subprotocol" else ()
async def talk(ws):
    async for m in ws:
        if m.type == WSMsgType.TEXT and m.data.startswith("!"):
            w = m.data[1:].split(" ", 2)
            if w[0] == "close":
                if w[1] == "0": await ws.close()
                else: await ws.close(code=int(w[1]), message=(w[2] if len(w) > 2 else "").encode())
                break
            if w[0] == "ping": await ws.ping(b"x"); await ws.send_str("!pinged")
            if w[0] == "frag": await ws.send_str("!nofrag")
        elif m.type == WSMsgType.TEXT: await ws.send_str(m.data)
        elif m.type == WSMsgType.BINARY: await ws.send_bytes(m.data)
        elif m.type == WSMsgType.ERROR: print("ERROR", ws.exception(), flush=True)
    print("CLOSE", ws.close_code, flush=True)
async def client(urls):
    s = ssl.create_default_context(cafile="tls/cert.pem") if mode == "tls" else None
    c = 0 if mode == "plain" else int(mode[2:]) if mode.startswith("wb") else 15
    async with aiohttp.ClientSession() as session:
        for u in urls:
            try:
                async with session.ws_connect(u, compress=c, max_msg_size=0, autoping=True, protocols=protocols, **({"ssl": s} if s else {})) as ws: await talk(ws)
            except Exception as e: print("ERROR", repr(e), flush=True)
async def handle(r):
    ws = web.WebSocketResponse(protocols=protocols, max_msg_size=0, compress=mode != "plain")
    await ws.prepare(r); await talk(ws); return ws
def server(port):
    s = None
    if mode == "tls":
        s = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); s.load_cert_chain("tls/cert.pem", "tls/key.pem")
    app = web.Application(); app.router.add_get("/{x}", handle)
    web.run_app(app, host="127.0.0.1", port=port, ssl_context=s, print=None)
if sys.argv[1] == "client": asyncio.run(client(sys.argv[2:]))
else: server(int(sys.argv[2]))
