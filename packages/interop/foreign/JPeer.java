import java.net.URI; import java.net.http.*; import java.nio.*; import java.util.concurrent.*; import java.io.*; import java.util.*;
public class JPeer {
  static class L implements WebSocket.Listener {
    final StringBuilder text = new StringBuilder(); final ByteArrayOutputStream bin = new ByteArrayOutputStream();
    CompletableFuture<?> chain = CompletableFuture.completedFuture(null); final CountDownLatch done = new CountDownLatch(1);
    void then(Callable<CompletableFuture<WebSocket>> f) { chain = chain.thenCompose(x -> { try { return f.call(); } catch (Exception e) { return CompletableFuture.failedFuture(e); } }); chain.exceptionally(e -> { System.out.println("ERROR send " + e); return null; }); }
    public void onOpen(WebSocket ws) { ws.request(1); }
    public CompletionStage<?> onText(WebSocket ws, CharSequence d, boolean last) {
      text.append(d);
      if (last) { String m = text.toString(); text.setLength(0);
        if (m.startsWith("!")) { String[] w = m.substring(1).split(" ", 3);
          if (w[0].equals("close")) { int c = Integer.parseInt(w[1]); String r = w.length > 2 ? w[2] : ""; then(() -> ws.sendClose(c == 0 ? 1000 : c, r)); }
          else if (w[0].equals("ping")) then(() -> ws.sendPing(ByteBuffer.wrap(new byte[]{120})));
          else if (w[0].equals("frag")) { then(() -> ws.sendText("frag-", false)); then(() -> ws.sendText("é€😀", false)); then(() -> ws.sendText("-end", true)); }
        } else then(() -> ws.sendText(m, true)); }
      ws.request(1); return null; }
    public CompletionStage<?> onBinary(WebSocket ws, ByteBuffer d, boolean last) {
      byte[] b = new byte[d.remaining()]; d.get(b); bin.writeBytes(b);
      if (last) { byte[] m = bin.toByteArray(); bin.reset(); then(() -> ws.sendBinary(ByteBuffer.wrap(m), true)); }
      ws.request(1); return null; }
    public CompletionStage<?> onPong(WebSocket ws, ByteBuffer d) { then(() -> ws.sendText("!pong", true)); ws.request(1); return null; }
    public CompletionStage<?> onClose(WebSocket ws, int code, String reason) { System.out.println("CLOSE " + code + " " + reason); done.countDown(); return null; }
    public void onError(WebSocket ws, Throwable e) { System.out.println("ERROR " + e); done.countDown(); }
  }
  static WebSocket.Builder offering(WebSocket.Builder b) { return "subprotocol".equals(System.getenv("IOP_MODE")) ? b.subprotocols("iop") : b; }
  public static void main(String[] a) throws Exception {
    for (int i = 1; i < a.length; i++) { L l = new L();
      try { offering(HttpClient.newHttpClient().newWebSocketBuilder()).buildAsync(URI.create(a[i]), l).get(10, TimeUnit.SECONDS); if (!l.done.await(100, TimeUnit.SECONDS)) System.out.println("ERROR never closed"); }
      catch (Exception e) { System.out.println("ERROR " + e); } }
    System.exit(0);
  }
}
