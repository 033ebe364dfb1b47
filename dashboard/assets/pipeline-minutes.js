/* The last hour by minute of arrival in, a column for each out, and a mark: is history equal? */
window.cube = window.cube || {};
window.cube.pipeline = window.cube.pipeline || {};
(function (cube, pipeline) {
  "use strict";
  const { words, made } = pipeline;
  const { whole } = cube.format;
  const OUTCOMES = ["duplicate", "parked", "counted"];
  const PATTERNS = { counted: 0, parked: 1, duplicate: 2 };
  const SETTLE_MS = 5 * 60000;

  pipeline.drawMinutes = function (root, body) {
    const box = root.querySelector("#minutes");
    const { minutes } = body;
    const tallest = Math.max(1, ...minutes.map(linesOf));
    while (box.children.length < minutes.length) box.append(newColumn());
    while (box.children.length > minutes.length) box.lastElementChild.remove();
    minutes.forEach((minute, place) => drawColumn(box.children[place], minute, tallest, body.as_of));
    const off = minutes.filter((minute) => stateOf(minute, body.as_of) === "differs").length;
    const some = minutes.filter(linesOf).length;
    const label =
      some + " of the last " + minutes.length + " minutes have lines; in " + off +
      " of them history differs. The line Live = warehouse has them as a table.";
    if (box.getAttribute("aria-label") !== label) box.setAttribute("aria-label", label);
    const scale = some ? "highest: " + whole(tallest) + " lines a minute" : "no lines in the last hour";
    pipeline.write(root.querySelector("#minutes-scale"), scale);
    const axis = root.querySelector(".minutes-axis");
    if (minutes.length) {
      [...axis.children].forEach((node, place) => {
        const at = Math.round((place * (minutes.length - 1)) / (axis.children.length - 1));
        pipeline.write(node, words.minute(minutes[at].minute_ms));
      });
    }
  };

  const linesOf = (minute) => minute.counted + minute.parked + minute.duplicate;

  function stateOf(minute, now) {
    const lines = linesOf(minute);
    if (minute.history === null) return lines ? "unknown" : "none";
    if (minute.history === lines) return lines ? "ok" : "none";
    return now - minute.minute_ms > SETTLE_MS + 60000 ? "differs" : "on_its_way";
  }

  function newColumn() {
    const column = made("div", undefined, "minute");
    const stack = made("div", undefined, "minute-stack");
    for (const name of OUTCOMES) {
      stack.append(made("i", undefined, name + " pattern-" + PATTERNS[name]));
    }
    column.append(stack, made("b", undefined, "minute-mark"));
    return column;
  }

  function drawColumn(column, minute, tallest, now) {
    const state = stateOf(minute, now);
    const key = [...Object.values(minute), tallest, state].join();
    if (column.key === key) return;
    column.key = key;
    column.dataset.state = state;
    const [stack, mark] = column.children;
    OUTCOMES.forEach((name, place) => {
      const part = stack.children[place];
      part.hidden = !minute[name];
      part.style.height = "max(2px, " + ((100 * minute[name]) / tallest).toFixed(2) + "%)";
    });
    mark.textContent = state === "none" ? "" : words.sign(state);
    const history = minute.history === null ? "history unknown" : whole(minute.history) + " in history";
    column.title =
      words.minute(minute.minute_ms) + " UTC: " + whole(minute.counted) + " counted, " +
      whole(minute.parked) + " parked, " + whole(minute.duplicate) + " duplicate; " + history;
  }
})(window.cube, window.cube.pipeline);
