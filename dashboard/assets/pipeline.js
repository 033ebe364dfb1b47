/* The page's parts in, a page that follows the ledger out: loading, empty, stale, lost. */
window.cube = window.cube || {};
window.cube.pipeline = window.cube.pipeline || {};
(function (pipeline) {
  "use strict";
  const AGE_EVERY_MS = 1000;
  const STALE_MS = 10000;
  const PILLS = {
    loading: "Loading",
    ok: "Balanced",
    on_its_way: "Balanced",
    differs: "Differs",
    unknown: "Partly known",
    paused: "Paused",
  };
  let mounted = null;

  function mount(root) {
    const page = { body: null, at: 0, lost: false, paused: false, said: null };
    const find = (id) => document.getElementById(id);

    /* The server's clock goes on here, so that ages do between two readings. */
    const now = () => page.body.server_now + performance.now() - page.at;

    const feed = pipeline.openFeed({
      ledger(body) {
        page.lost = false;
        if (!page.paused || !page.body) {
          page.body = body;
          page.at = performance.now();
        }
        draw();
      },
      lost() {
        page.lost = true;
        draw();
      },
    });

    function draw() {
      if (page.body) {
        const { body } = page;
        page.said = pipeline.drawVerdict(root, body);
        pipeline.drawFlow(root, body, now());
        pipeline.drawSources(root, body, now());
        pipeline.drawLedger(root, body, now());
        pipeline.drawMinutes(root, body);
        pipeline.drawTables(root, body, now());
      }
      drawState();
    }

    function drawState() {
      const state = stateOf(page, page.body ? now() : 0);
      const age = page.body && page.body.as_of !== null ? now() - page.body.as_of : null;
      const seconds = age === null ? "" : " " + pipeline.words.span(Math.floor(age / 1000) * 1000);
      const pill =
        state === "lost" ? "Reconnecting" + seconds
        : state === "stale" ? "Stale" + seconds
        : state === "empty" ? "No votes yet"
        : PILLS[state];
      pipeline.write(find("status"), pill);
      find("status").dataset.state = "pipeline-" + state;
      if (root.dataset.state !== state) {
        root.dataset.state = state;
        const aloud = page.said && page.said.state === state ? page.said.title : pill;
        find("announce").textContent = aloud;
      }
      const notice = noticeOf(state, page);
      find("pipeline-notice").hidden = !notice;
      if (notice) pipeline.said(find("pipeline-notice"), notice);
    }

    function paused(button) {
      page.paused = !page.paused;
      button.setAttribute("aria-pressed", String(page.paused));
      button.title = page.paused ? "Go on" : "Pause";
      draw();
    }

    function clicked(event) {
      const pause = event.target.closest('[data-action="pause"]');
      if (pause) return paused(pause);
      const target = event.target.closest("[data-pipeline]");
      if (!target) return undefined;
      return target.dataset.pipeline === "open" ? pipeline.toggle(target) : pipeline.copy(target);
    }

    const ageing = setInterval(() => page.body && !page.paused && draw(), AGE_EVERY_MS);
    document.addEventListener("click", clicked);
    document.title = "Pipeline – Colour Cube";
    drawState();
    return {
      root,
      end() {
        feed.close();
        clearInterval(ageing);
        document.removeEventListener("click", clicked);
      },
    };
  }

  function stateOf(page, now) {
    if (page.lost) return "lost";
    if (!page.body) return "loading";
    const { body } = page;
    if (body.as_of === null) return body.sources[0].error ? "stale" : "loading";
    if (page.paused) return "paused";
    if (now - body.as_of > STALE_MS) return "stale";
    return body.totals.lines === 0 ? "empty" : page.said.state;
  }

  function noticeOf(state, page) {
    if (state === "lost") {
      return page.body
        ? "The dashboard's server does not answer. These are the last good numbers; trying again."
        : "The dashboard's server does not answer. Trying again.";
    }
    if (state === "stale") {
      const why = pipeline.words.sentence(page.body.sources[0].error || "the tallies cannot be read");
      return why + ". `cube status` shows what runs. What is shown is the last that is known.";
    }
    if (state === "empty") return "No line has arrived yet. Send some votes: `cube load --rate 1000`";
    return "";
  }

  /* Dash renders late: follow the page's root, whenever it comes or goes. */
  function follow() {
    const root = document.getElementById("pipeline");
    if (root === (mounted && mounted.root)) return;
    if (mounted) mounted.end();
    mounted = root && mount(root);
    for (const link of document.querySelectorAll("a.nav")) {
      if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
    }
  }

  new MutationObserver(follow).observe(document.documentElement, { childList: true, subtree: true });
  follow();
})(window.cube.pipeline);
