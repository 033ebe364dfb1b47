/* Counts in, a race of bars out: rows move to their rank, colours keep fill and pattern. */
window.cube = window.cube || {};
(function (cube) {
  "use strict";
  const ROWS_MAX = 12;
  const RANK_EVERY_MS = 1000; // rows that swap at each tick cannot be read

  cube.newRace = function (root, onPick) {
    const list = root.querySelector("#race");
    const more = root.querySelector("#more");
    let rows = new Map();
    let version = -1;
    let ranked = [];
    let rankedAt = -Infinity;

    function newRow(swatch, place) {
      const row = document.createElement("li");
      const button = document.createElement("button");
      row.className = "race-row";
      button.type = "button";
      button.className = "race-button";
      button.title = "Highlight " + swatch.label + " in the chart";
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => onPick(place));
      const parts = {};
      for (const name of ["name", "track", "share", "votes"]) {
        parts[name] = document.createElement("span");
        parts[name].className = "race-" + name;
        button.append(parts[name]);
      }
      parts.fill = document.createElement("span");
      parts.fill.className = "race-fill pattern-" + swatch.pattern;
      parts.fill.style.setProperty("--fill", swatch.fill);
      parts.fill.style.setProperty("--ink", swatch.ink);
      parts.track.append(parts.fill);
      parts.name.textContent = swatch.label;
      parts.name.title = swatch.label;
      row.append(button);
      return { row, button, ...parts };
    }

    function rebuild(model) {
      version = model.paletteVersion;
      rows = new Map();
      list.replaceChildren();
      rankedAt = -Infinity;
    }

    function rank(model) {
      if (performance.now() - rankedAt < RANK_EVERY_MS) return;
      rankedAt = performance.now();
      ranked = cube.ranking(model).slice(0, ROWS_MAX);
      for (const [place, parts] of rows) {
        if (!ranked.includes(place)) {
          parts.row.remove();
          rows.delete(place);
        }
      }
      list.style.setProperty("--rows", String(ranked.length));
      list.classList.toggle("dense", ranked.length > 8);
      const hidden = model.palette.length - ranked.length;
      more.hidden = hidden <= 0;
      more.textContent = hidden + " more in the table";
    }

    function draw(model, picked) {
      if (version !== model.paletteVersion) rebuild(model);
      if (!model.counts) return;
      rank(model);
      const most = Math.max(1, ...model.counts);
      ranked.forEach((place, position) => {
        if (!rows.has(place)) {
          const made = newRow(model.palette[place], place);
          rows.set(place, made);
          list.append(made.row);
        }
        const parts = rows.get(place);
        const none = model.counts[place] === 0;
        parts.row.style.setProperty("--rank", String(position));
        parts.row.classList.toggle("dimmed", picked !== null && picked !== place);
        parts.button.setAttribute("aria-pressed", String(picked === place));
        parts.fill.style.width = (100 * model.counts[place]) / most + "%";
        parts.fill.style.visibility = none ? "hidden" : "visible";
        parts.share.textContent = model.total ? cube.format.share(model.shares[place]) : "–";
        parts.votes.textContent = cube.format.compact(model.counts[place]);
      });
      order(list, ranked.map((place) => rows.get(place).row));
    }

    return { draw };
  };

  /* Rows stand where --rank says; a screen reader and the tab key follow the list's own order. */
  function order(list, wanted) {
    if (list.contains(document.activeElement)) return; // moving a row would take its focus
    wanted.forEach((row, position) => {
      if (list.children[position] !== row) list.insertBefore(row, list.children[position] || null);
    });
  }
})(window.cube);
