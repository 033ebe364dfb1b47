/* Addresses in, answers out: one at a time, the newest one; what is given up is cancelled. */
window.cube = window.cube || {};
window.cube.history = window.cube.history || {};
(function (history) {
  "use strict";
  const HEARD_MS = 4000; // a cancel that nobody confirms: let go all the same

  history.newAsker = function () {
    let current = null;

    /* Resolves to {body}, {error, message, hint} or, for what a newer one replaced, to null. */
    async function ask(path, query) {
      drop();
      const run = { name: history.newName(), abort: new AbortController() };
      current = run;
      query.set("run", run.name);
      const outcome = await history.fetched(path + "?" + query, run.abort.signal);
      clearTimeout(run.timer);
      if (current !== run) return null;
      current = null;
      return run.stopped && outcome.error === "lost" ? { error: "query_stopped" } : outcome;
    }

    /* The server says when it has stopped: the answer to what was asked is then a refusal. */
    function cancel() {
      const run = current;
      if (!run || run.stopped) return;
      run.stopped = true;
      run.timer = setTimeout(() => run.abort.abort(), HEARD_MS);
      fetch("/api/history/cancel?run=" + run.name, { method: "POST" }).catch(() => run.abort.abort());
    }

    /* The server notices that nobody waits, and cancels at the warehouse. */
    function drop() {
      if (current) current.abort.abort();
      current = null;
    }

    return { ask, cancel, drop };
  };

  history.fetched = async function (address, signal) {
    try {
      const reply = await fetch(address, { cache: "no-store", signal });
      const body = await reply.json();
      return reply.ok ? { body } : body;
    } catch (error) {
      return { error: "lost", message: "The dashboard's server does not answer." };
    }
  };

  history.newName = function () {
    const parts = crypto.getRandomValues(new Uint32Array(4));
    return [...parts].map((part) => part.toString(16)).join("");
  };
})(window.cube.history);
