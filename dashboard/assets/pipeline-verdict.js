/* Everything in, the one sentence of the page and the sum that it stands for out. */
window.cube = window.cube || {};
window.cube.pipeline = window.cube.pipeline || {};
(function (cube, pipeline) {
  "use strict";
  const { words, write } = pipeline;
  const { known, whole } = cube.format;
  const OUTCOMES = ["counted", "parked", "duplicate"];

  pipeline.verdictOf = function (body) {
    const of = (state) => body.lines.filter((line) => line.state === state);
    const [off, unknown, moving] = [of("differs"), of("unknown"), of("on_its_way")];
    const compared = body.lines.length - unknown.length;
    if (off.length) {
      return {
        state: "differs",
        title: off.length === 1 ? "One line differs" : off.length + " lines differ",
        note: off.map((line) => line.title).join(" · ") + ": what to do stands with the line.",
      };
    }
    if (!compared) {
      return { state: "unknown", title: "Nothing can be compared now", note: unknown[0].note };
    }
    const notes = [onTheirWay(body, moving)];
    const here = unknown.filter((line) => line.source !== "check");
    if (here.length) {
      notes.push("Unknown: " + unknown.map((line) => line.title).join(", ") + ".");
      const title = compared + " of " + body.lines.length + " lines agree";
      return { state: "unknown", title, note: notes.join(" ") };
    }
    if (unknown.length) {
      notes.push("The other " + unknown.length + " need the desk: run `cube check`.");
    }
    return {
      state: moving.length ? "on_its_way" : "ok",
      title: unknown.length
        ? "The " + compared + " lines compared here agree"
        : "Every vote is accounted for",
      note: notes.join(" ").trim() || "All " + body.lines.length + " lines agree.",
    };
  };

  function onTheirWay(body, moving) {
    if (!moving.length) return "";
    const { waiting } = body.stages.find((stage) => stage.name === "sql");
    return waiting
      ? whole(waiting) + " lines are on their way into history."
      : moving.map((line) => line.title).join(", ") + ": on its way.";
  }

  pipeline.drawVerdict = function (root, body) {
    const said = pipeline.verdictOf(body);
    root.querySelector("#verdict-card").dataset.state = said.state;
    const sign = words.sign(said.state === "on_its_way" ? "ok" : said.state);
    write(root.querySelector("#verdict-mark"), sign);
    write(root.querySelector("#verdict"), said.title);
    pipeline.said(root.querySelector("#verdict-note"), said.note);
    drawSum(root, body.totals);
    return said;
  };

  function drawSum(root, totals) {
    for (const term of root.querySelectorAll("[data-total]")) {
      write(term.lastElementChild, whole(totals[term.dataset.total]));
      term.dataset.zero = String(totals[term.dataset.total] === 0);
    }
    const bar = root.querySelector("#sum-bar");
    const lines = totals.lines || 0;
    for (const part of bar.children) {
      const name = part.dataset.outcome;
      const count = totals[name];
      part.hidden = !count;
      part.style.flexGrow = name === "missing_batches" || !lines ? "0" : String(count / lines);
    }
    const text = OUTCOMES.map((name) => whole(totals[name]) + " " + name).join(", ");
    const batches = totals.missing_batches;
    const missing = known(batches) ? whole(batches) : "an unknown number of";
    const label = known(totals.lines)
      ? whole(totals.lines) + " lines accepted: " + text + "; " + missing + " batches missing"
      : "What became of every line: not known yet";
    if (bar.getAttribute("aria-label") !== label) bar.setAttribute("aria-label", label);
  }
})(window.cube, window.cube.pipeline);
