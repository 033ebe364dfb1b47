/* Values of /api/ledger in, what a person reads out. Unknown is a dash, never 0. */
window.cube = window.cube || {};
window.cube.pipeline = window.cube.pipeline || {};
(function (cube, pipeline) {
  "use strict";
  /* A sign, a word and a shape for each state: colour comes on top. */
  const STATES = {
    ok: ["✓", "OK"],
    quiet: ["–", "Quiet"],
    on_its_way: ["→", "On its way"],
    behind: ["!", "Behind"],
    differs: ["≠", "Differs"],
    stopped: ["×", "Stopped"],
    stale: ["!", "Stale"],
    unknown: ["?", "Unknown"],
    loading: ["", "Loading"],
  };
  const HALF_A_DAY_MS = 43200000;
  const { known, whole, compact } = cube.format;
  const two = (number) => String(number).padStart(2, "0");

  function minute(ms) {
    if (!known(ms)) return "–";
    const at = new Date(ms);
    return two(at.getUTCHours()) + ":" + two(at.getUTCMinutes());
  }

  function day(ms) {
    const at = new Date(ms);
    return at.getUTCFullYear() + "-" + two(at.getUTCMonth() + 1) + "-" + two(at.getUTCDate());
  }

  /* How long something takes or lags. */
  function span(ms) {
    if (!known(ms)) return "–";
    if (ms < 1000) return whole(ms) + " ms";
    if (ms < 120000) return (ms / 1000).toFixed(ms < 10000 ? 1 : 0).replace(/\.0$/, "") + " s";
    if (ms < 7200000) return Math.round(ms / 60000) + " min";
    return ms < 172800000 ? Math.round(ms / 3600000) + " h" : Math.round(ms / 86400000) + " d";
  }

  function age(ms, now) {
    if (!known(ms)) return "–";
    const old = Math.max(0, now - ms);
    return old < 1000 ? "< 1 s" : span(Math.floor(old / 1000) * 1000);
  }

  pipeline.words = {
    sign: (state) => (STATES[state] || STATES.unknown)[0],
    state: (state) => (STATES[state] || STATES.unknown)[1],
    minute,
    moment: (ms) => (known(ms) ? day(ms) + " " + minute(ms) + " UTC" : "–"),
    lately: (ms, now) =>
      now - ms < HALF_A_DAY_MS ? minute(ms) : known(ms) ? day(ms) + " " + minute(ms) : "–",
    span,
    age,
    sentence: (text) => text.slice(0, 1).toUpperCase() + text.slice(1),
    difference: (value) => (!known(value) ? "–" : value > 0 ? "+" + whole(value) : whole(value)),
    form(name, value, now) {
      if (name === "minute") return known(value) ? minute(value) + " UTC" : "–";
      if (name === "age") return age(value, now);
      if (name === "span") return span(value);
      if (name === "minutes" && known(value) && value < 60000) return "< 1 min";
      if (name === "minutes") return span(value);
      return name === "compact" ? compact(value) : whole(value);
    },
  };

  pipeline.write = function (node, text) {
    if (node.textContent !== text) node.textContent = text;
    node.classList.remove("skeleton-text");
  };

  pipeline.writeState = function (node, state) {
    node.dataset.state = state;
    pipeline.write(node.firstElementChild, pipeline.words.sign(state));
    pipeline.write(node.lastElementChild, pipeline.words.state(state));
  };

  pipeline.made = function (tag, text, className) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  /* Text with `commands` in it. */
  pipeline.said = function (node, text) {
    if (node.said === text) return;
    node.said = text;
    node.replaceChildren(
      ...text.split("`").map((part, place) => pipeline.made(place % 2 ? "code" : "span", part)),
    );
  };
})(window.cube, window.cube.pipeline);
