/* A poll's name in, its openings and ticks out: by server-sent events, else by asking again. */
window.cube = window.cube || {};
(function (cube) {
  "use strict";
  const RETRY_MS = 1500;
  const POLL_MS = 1000;
  const POLL_MS_MAX = 4000;
  const SILENCE_MS = 5000; // a stream that says nothing for so long is taken for broken
  const STREAM_AGAIN_MS = 15000;
  const FAILURES_BEFORE_POLLING = 3;

  cube.openStream = function (poll, on) {
    let source = null;
    let failures = 0;
    let seeded = false;
    let closed = false;
    let pollDelay = POLL_MS;
    const timers = { retry: 0, silence: 0, ask: 0 };
    const query = "?poll=" + encodeURIComponent(poll);

    function listen() {
      drop();
      if (closed) return;
      source = new EventSource("/api/stream" + query);
      source.addEventListener("init", (event) => received(event, on.opening));
      source.addEventListener("tick", (event) => received(event, on.tick));
      source.onerror = failed;
      watchSilence();
    }

    function received(event, apply) {
      failures = 0;
      seeded = true;
      stopAsking();
      watchSilence();
      on.link("stream");
      apply(JSON.parse(event.data));
    }

    function watchSilence() {
      clearTimeout(timers.silence);
      timers.silence = setTimeout(failed, SILENCE_MS);
    }

    function failed() {
      drop();
      if (closed) return;
      failures += 1;
      if (failures >= FAILURES_BEFORE_POLLING || !seeded) {
        if (!timers.ask) ask();
      } else {
        on.link("lost");
      }
      later("retry", listen, timers.ask ? STREAM_AGAIN_MS : RETRY_MS * (1 + Math.random() / 2));
    }

    async function ask() {
      timers.ask = -1;
      try {
        const reply = await fetch("/api/snapshot" + query + "&history=true", { cache: "no-store" });
        if (closed || !timers.ask) return;
        if (reply.status === 404 || reply.status === 400) on.link("unknown");
        else if (!reply.ok) throw new Error("status " + reply.status);
        else {
          const view = (await reply.json()).view;
          if (closed || !timers.ask) return;
          on.link("asking");
          if (view) on.opening(view);
        }
        pollDelay = POLL_MS;
      } catch (error) {
        if (closed || !timers.ask) return;
        on.link("lost");
        pollDelay = Math.min(POLL_MS_MAX, pollDelay * 1.5);
        if (seeded) later("retry", listen, pollDelay); // the server is away: stream first
      }
      if (timers.ask) later("ask", ask, pollDelay);
    }

    function later(timer, work, ms) {
      clearTimeout(timers[timer]);
      timers[timer] = setTimeout(work, ms);
    }

    function stopAsking() {
      clearTimeout(timers.ask);
      timers.ask = 0;
      pollDelay = POLL_MS;
    }

    function drop() {
      clearTimeout(timers.silence);
      clearTimeout(timers.retry);
      if (source) source.close();
      source = null;
    }

    listen();
    return {
      close() {
        closed = true;
        drop();
        stopAsking();
      },
    };
  };
})(window.cube);
