/**
 * The page. Static: what changes is put in by `script.ts`, as text.
 */
export const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="An echo service on effect-ws: send, ping, close, and see how the connection ended.">
<title>effect-ws echo</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
<script type="module" src="/script.js"></script>
</head>
<body>
<header>
  <div>
    <h1>effect-ws <span>echo</span></h1>
    <p>What you send comes back as it was. And when it is over, the server says how it ended.</p>
  </div>
  <p id="status" class="status" role="status" data-state="idle">Not connected</p>
</header>

<noscript><p class="notice">This page talks to the server with JavaScript, which is switched off.</p></noscript>

<main>
  <div class="controls">
    <section aria-labelledby="connection-title">
      <h2 id="connection-title">Connection</h2>
      <form id="connection-form" class="row">
        <output id="url" class="url" aria-label="Address"></output>
        <button id="connect" class="primary">Connect</button>
      </form>
    </section>

    <section aria-labelledby="send-title">
      <h2 id="send-title">Send</h2>
      <form id="text-form">
        <fieldset disabled>
          <label for="text">Text</label>
          <textarea id="text" rows="2" spellcheck="false">Hello, wörld 👋</textarea>
          <button>Send text</button>
        </fieldset>
      </form>
      <form id="file-form">
        <fieldset disabled>
          <label for="file">File, as one binary message of at most 16 MiB</label>
          <div class="row">
            <input id="file" type="file" required>
            <button>Send file</button>
          </div>
        </fieldset>
      </form>
    </section>

    <section aria-labelledby="ping-title">
      <h2 id="ping-title">Ping</h2>
      <form id="ping-form" class="row">
        <fieldset disabled><button>Ping from the server</button></fieldset>
        <output id="latency" class="latency" aria-label="Latency">–</output>
      </form>
    </section>

    <section aria-labelledby="close-title">
      <h2 id="close-title">Close</h2>
      <form id="close-form">
        <fieldset disabled>
          <div class="choice" role="radiogroup" aria-label="Who closes">
            <label><input type="radio" name="by" value="page" checked> This page closes</label>
            <label><input type="radio" name="by" value="server"> The server closes</label>
          </div>
          <div class="row fields">
            <div class="code">
              <label for="code">Code</label>
              <input id="code" type="number" min="1000" max="4999" step="1" value="1000" required
                list="codes" aria-describedby="codes-hint">
              <datalist id="codes">
                <option value="1000" label="normal"></option>
                <option value="1001" label="going away"></option>
                <option value="1008" label="policy"></option>
                <option value="1011" label="server error"></option>
                <option value="1012" label="restart"></option>
                <option value="1013" label="try again later"></option>
                <option value="3000" label="unauthorized"></option>
                <option value="4000" label="private use"></option>
              </datalist>
            </div>
            <div class="reason">
              <label for="reason">Reason</label>
              <input id="reason" type="text" maxlength="123" placeholder="none" autocomplete="off">
            </div>
            <button class="danger">Close</button>
          </div>
          <p id="codes-hint" class="hint"></p>
        </fieldset>
      </form>
    </section>
  </div>

  <section class="journal" aria-labelledby="journal-title">
    <div class="row">
      <h2 id="journal-title">What happened</h2>
      <button id="clear" type="button" class="quiet">Clear</button>
    </div>
    <p id="nothing" class="hint">Nothing yet.</p>
    <ol id="journal" role="log" aria-labelledby="journal-title" tabindex="0" hidden></ol>
  </section>

  <section id="ending" class="ending" aria-labelledby="ending-title" tabindex="-1" hidden>
    <h2 id="ending-title">How it ended, as the server saw it</h2>
    <p id="summary"></p>
    <p><a id="report" hidden>The whole report: handshake, frames, bytes</a></p>
    <table id="behavior">
      <caption>Closing behavior, under the names of an Autobahn report. “Me” is the server.</caption>
      <thead><tr><th scope="col">Key</th><th scope="col">Value</th><th scope="col">Meaning</th></tr></thead>
      <tbody></tbody>
    </table>
  </section>
</main>
</body>
</html>
`
