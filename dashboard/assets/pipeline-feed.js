/* Time in, readings of /api/ledger out: asked again every two seconds, later while it fails. */
window.cube = window.cube || {};
window.cube.pipeline = window.cube.pipeline || {};
(function (pipeline) {
  "use strict";
  const EVERY_MS = 2000;
  const EVERY_MS_MAX = 8000;
  const GIVE_UP_MS = 10000;

  /* `on.ledger(body)`, `on.lost()`. A hidden tab asks nothing: nobody looks, nothing is read. */
  pipeline.openFeed = function (on) {
    let timer = 0;
    let wait = EVERY_MS;
    let closed = false;

    async function ask() {
      clearTimeout(timer);
      if (closed || document.hidden) return;
      try {
        const signal = AbortSignal.timeout(GIVE_UP_MS);
        const reply = await fetch("/api/ledger", { cache: "no-store", signal });
        if (!reply.ok) throw new Error("status " + reply.status);
        const body = await reply.json();
        wait = EVERY_MS;
        if (!closed) on.ledger(body);
      } catch (error) {
        wait = Math.min(EVERY_MS_MAX, wait * 1.5);
        if (!closed) on.lost();
      }
      clearTimeout(timer);
      if (!closed) timer = setTimeout(ask, wait);
    }

    document.addEventListener("visibilitychange", ask);
    ask();
    return {
      close() {
        closed = true;
        clearTimeout(timer);
        document.removeEventListener("visibilitychange", ask);
      },
    };
  };
})(window.cube.pipeline);
