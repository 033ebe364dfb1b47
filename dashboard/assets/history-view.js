/* What the page knows in, what it shows out: each part is handed its share. */
window.cube = window.cube || {};
window.cube.history = window.cube.history || {};
(function (cube, history) {
  "use strict";
  const SLOW_MS = 250; // quicker answers need no Cancel button, nor a word

  /* `on.change(change)` is given what a control changed of the state. */
  history.newView = function (root, usualPoll, on) {
    const find = (id) => root.querySelector("#history-" + id);
    const chart = history.newChart(root);
    const grid = history.newGrid(root);
    const sql = history.newSql(root);
    const filters = history.newFilters(root, on);
    let gridOf;
    let folded = true;

    function draw(page) {
      const { state, failure } = page;
      const asked = page.question();
      const context = page.context && page.context.poll === state.poll ? page.context : null;
      const answer = page.answer && page.answer.question === state.question ? page.answer : null;
      const slow = Boolean(page.running) && performance.now() - page.running >= SLOW_MS;
      const empty = answer && !answer.rows.length && !page.running && !failure;
      root.dataset.state = failure
        ? history.stateOf(failure)
        : page.running || !page.questions
          ? answer ? "running" : "loading"
          : empty ? "empty" : "ready";
      root.classList.toggle("unanswered", !answer);
      root.classList.toggle("no-chart", Boolean(asked && !asked.chart));
      drawFold(state);
      filters.draw(state, asked, context, Date.now());
      history.drawQuestions(root, page, usualPoll, on.change);
      history.drawFacts(find("facts"), find("poll"), page, context, answer);
      find("cancel").hidden = !slow;
      find("again").hidden = slow || !asked;
      const measure = drawMeasure(state, answer, asked);
      const palette = context ? context.palette : [];
      const drawn = chart.draw(answer, asked && asked.chart, measure, palette);
      find("skeleton").hidden = Boolean(answer || failure);
      find("note").textContent = slow ? running(page) : history.notesOf(answer, asked, drawn);
      history.drawTrouble(
        find("trouble"),
        failure
          ? history.failureOf(failure, answer)
          : empty ? history.emptinessOf(state, context, usualPoll) : null,
      );
      if (asked) sql.draw(asked, answer);
      const key = [answer && answer.asked_at, answer && answer.question, palette.length].join();
      if (gridOf !== key) grid.draw(answer, palette);
      gridOf = key;
      find("rows").textContent = rowsOf(answer);
      if (asked) find("export").href = "/api/export?" + history.askedOf(state, asked);
    }

    /* Which column is drawn. */
    function drawMeasure(state, answer, asked) {
      const chart = asked && asked.chart;
      if (!chart) return (find("measure-field").hidden = true) && null;
      const names = answer ? history.measuresOf(answer, chart) : [];
      const chosen = names.includes(state.draw) ? state.draw : chart.y;
      const select = find("measure");
      find("measure-field").hidden = names.length < 2 || !answer.rows.length;
      history.drawSelect(select, names.map((name) => [name, history.called(name)]), chosen);
      select.onchange = () => on.change({ draw: select.value === chart.y ? null : select.value });
      return chosen;
    }

    /* On a phone most filters are folded away, but never one that is set. */
    function unfold(page) {
      folded = !folded;
      draw(page);
    }

    function drawFold({ range, colours, regions }) {
      const open = !folded || range === "custom" || colours.length > 0 || regions.length > 0;
      find("filters").classList.toggle("folded", !open);
      find("more").setAttribute("aria-expanded", String(open));
    }

    return { draw, unfold, copy: sql.copy };
  };

  /* What the reader of a chart has to know. */
  history.notesOf = function (answer, asked, drawn) {
    if (!answer || !answer.rows.length) return "";
    const notes = [];
    const { whole } = cube.format;
    if (asked && !asked.chart) notes.push("This question has no chart: its rows are below.");
    if (answer.truncated) {
      notes.push("Only the first " + whole(answer.rows.length) + " rows: ask about less time.");
    }
    if (drawn.hidden) notes.push(whole(drawn.hidden) + " more are in the rows below.");
    if (drawn.cut) notes.push("The first step is not whole: the range begins within it.");
    if (drawn.short) notes.push("The last step is not whole: the range ends within it.");
    if (drawn.open) notes.push("The last step is still filling.");
    return notes.join(" ");
  };

  function running(page) {
    return "Running " + Math.round((performance.now() - page.running) / 1000) + " s";
  }

  function rowsOf(answer) {
    if (!answer) return "";
    const { whole } = cube.format;
    const more = answer.truncated ? "first " : "";
    return more + whole(answer.rows.length) + " · " + whole(answer.took_ms) + " ms";
  }
})(window.cube, window.cube.history);
