/* The page's parts in, a page that answers questions out: asks when the address changes, draws what
   comes, and says what it waits for. */
window.cube = window.cube || {};
window.cube.history = window.cube.history || {};
(function (history) {
  "use strict";
  const SETTLE_MS = 200; // several ticks in a row are one question
  const CLOCK_MS = 250; // the running seconds, and the Cancel button once an answer is slow
  const COPIED_MS = 2000;
  const USUAL = { range: "now-24h", from: "", to: "", colours: [], regions: [] };
  let mounted = null;

  function mount(root) {
    const usualPoll = root.dataset.defaultPoll;
    const asker = history.newAsker();
    const contextAsker = history.newAsker();
    const view = history.newView(root, usualPoll, { change });
    const page = {
      state: history.readAddress(location.search, usualPoll),
      questions: null,
      context: null,
      answer: null,
      failure: null,
      running: 0,
      question: () => (page.questions || []).find((one) => one.name === page.state.question),
    };
    let settling = 0;

    /* Ends with the first question, where the address names none. */
    async function start() {
      const outcome = await history.fetched("/api/history/questions");
      if (!outcome.body) return failed(outcome);
      page.questions = outcome.body.questions;
      run();
    }

    /* A change by hand: into the address, then asked. */
    function change(changed) {
      const other = "question" in changed && changed.question !== page.state.question;
      page.state = { ...page.state, ...(other ? { options: {}, draw: null } : {}), ...changed };
      const address = history.writeAddress(page.state, page.question(), usualPoll);
      window.history.pushState(null, "", address);
      draw();
      clearTimeout(settling);
      if (Object.keys(changed).join() !== "draw") settling = setTimeout(run, SETTLE_MS);
    }

    function back() {
      page.state = history.readAddress(location.search, usualPoll);
      run();
    }

    async function run() {
      clearTimeout(settling);
      page.failure = null;
      if (!page.questions) return start();
      if (!page.state.question && page.questions.length) {
        page.state = { ...page.state, question: page.questions[0].name };
      }
      const asked = page.question();
      if (!asked) return failed(unknownQuestion());
      page.running = performance.now();
      draw();
      readContext();
      const outcome = await asker.ask("/api/history/query", history.askedOf(page.state, asked));
      if (!outcome) return; // a newer question has taken its place
      page.running = 0;
      if (!outcome.body) return failed(outcome);
      page.answer = outcome.body;
      say(asked.title + " " + page.answer.rows.length + " rows");
      draw();
    }

    async function readContext() {
      const { poll } = page.state;
      const outcome = await contextAsker.ask("/api/history/context", new URLSearchParams({ poll }));
      if (!outcome || !outcome.body) return;
      page.context = outcome.body;
      draw();
    }

    function unknownQuestion() {
      asker.drop();
      const message = page.questions.length
        ? "No question is named " + page.state.question + "."
        : "sql/questions/ is not there, or cannot be read; the dashboard's log says why.";
      return { error: "question_unknown", message };
    }

    function failed(failure) {
      page.failure = failure;
      page.running = 0;
      say(history.titleOf(failure));
      draw();
    }

    const draw = () => view.draw(page);

    async function exportRows(link) {
      if (link.hasAttribute("aria-busy")) return;
      link.textContent = "Exporting…";
      link.setAttribute("aria-busy", "true");
      const failure = await history.download(link.href);
      link.textContent = "Export CSV";
      link.removeAttribute("aria-busy");
      if (failure) failed(failure);
      else say("Exported");
    }

    async function copy(button) {
      button.textContent = (await view.copy()) ? "Copied" : "Select it";
      say(button.textContent);
      setTimeout(() => (button.textContent = "Copy"), COPIED_MS);
    }

    const actions = {
      cancel: () => asker.cancel(),
      again: () => run(),
      reset: () => change({ ...USUAL, poll: usualPoll, question: null, options: {}, draw: null }),
      everything: () => change({ ...USUAL, range: "all" }),
      "usual-poll": () => change({ poll: usualPoll }),
      copy,
      export: exportRows,
      more: () => view.unfold(page),
    };

    function clicked(event) {
      const target = event.target.closest("[data-history]");
      if (!target) return;
      event.preventDefault();
      actions[target.dataset.history](target);
    }

    function schemed() {
      document.body.dataset.agThemeMode = document.documentElement.dataset.scheme;
      draw();
    }

    const scheme = new MutationObserver(schemed);
    scheme.observe(document.documentElement, { attributeFilter: ["data-scheme"] });
    root.addEventListener("click", clicked);
    addEventListener("popstate", back);
    addEventListener("resize", draw);
    const ticking = setInterval(() => page.running && draw(), CLOCK_MS);
    document.title = "History – Colour Cube";
    schemed();
    start();
    return {
      root,
      end() {
        clearInterval(ticking);
        clearTimeout(settling);
        scheme.disconnect();
        removeEventListener("popstate", back);
        removeEventListener("resize", draw);
        asker.drop();
        contextAsker.drop();
      },
    };
  }

  function say(text) {
    document.getElementById("announce").textContent = text;
  }

  /* Dash renders late: follow the page's root, whenever it comes or goes. */
  function follow() {
    const root = document.getElementById("history");
    if (root === (mounted && mounted.root)) return;
    if (mounted) mounted.end();
    mounted = root && mount(root);
    for (const link of document.querySelectorAll("a.nav")) {
      if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
    }
  }

  new MutationObserver(follow).observe(document.documentElement, { childList: true, subtree: true });
  follow();
})(window.cube.history);
