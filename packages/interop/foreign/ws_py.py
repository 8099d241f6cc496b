# python websockets: ws_py.py client URL… | server PORT ; IOP_MODE
import asyncio, os, sys, ssl, websockets
try:
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory as CF, ServerPerMessageDeflateFactory as SF
except ImportError: pass
mode = os.environ["IOP_MODE"]
kw = dict(max_size=None, ping_interval=None, close_timeout=5)
if mode == "subprotocol": kw["subprotocols"] = ["iop"]
def ext(F):
    if mode == "plain": return dict(compression=None)
    if mode.startswith("wb"):
        n = int(mode[2:])
        return dict(compression=None, extensions=[CF(client_max_window_bits=n, server_max_window_bits=n)] if F is CF else [SF(server_max_window_bits=n, client_max_window_bits=n)])
    if mode == "nct":
        return dict(compression=None, extensions=[CF(client_no_context_takeover=True, server_no_context_takeover=True, client_max_window_bits=True)] if F is CF else [SF(client_no_context_takeover=True, server_no_context_takeover=True)])
    return {}
async def talk(ws):
    try:
        async for m in ws:
            if isinstance(m, str) and m.startswith("!"):
                w = m[1:].split(" ", 2)
                if w[0] == "close":
                    if w[1] == "0": await ws.close()
                    else: await ws.close(int(w[1]), w[2] if len(w) > 2 else "")
                    break
                if w[0] == "ping":
                    p = await ws.ping(); await asyncio.wait_for(p, 3); await ws.send("!pong")
                if w[0] == "frag": await ws.send(["frag-", "é€", "😀", "-end"])
            else: await ws.send(m)
    except websockets.ConnectionClosed as e: pass
    await ws.wait_closed()
    print("CLOSE", ws.close_code, ws.close_reason, flush=True)
async def client(urls):
    s = ssl.create_default_context(cafile="tls/cert.pem") if mode == "tls" else None
    for u in urls:
        try:
            async with websockets.connect(u, **({"ssl": s} if s else {}), **kw, **ext(CF)) as ws: await talk(ws)
        except Exception as e: print("ERROR", repr(e), flush=True)
async def server(port):
    s = None
    if mode == "tls":
        s = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); s.load_cert_chain("tls/cert.pem", "tls/key.pem")
    async with websockets.serve(talk, "127.0.0.1", port, **({"ssl": s} if s else {}), **kw, **ext(SF)):
        print("READY", flush=True); await asyncio.Future()
asyncio.run(client(sys.argv[2:]) if sys.argv[1] == "client" else server(int(sys.argv[2])))
