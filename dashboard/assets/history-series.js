/* An answer's rows in, what a chart draws out. A count that has no row is 0; anything else that has
   none is unknown, and a hole. */
window.cube = window.cube || {};
window.cube.history = window.cube.history || {};
(function (history) {
  "use strict";
  const SERIES_MAX = 12;
  const BARS_MAX = 40;
  const COUNTS = new Set(["votes", "lines", "devices", "copies"]);

  /* Columns that can be drawn against the chart's x. */
  history.measuresOf = function (answer, chart) {
    if (!chart) return [];
    return answer.columns
      .filter((column) => column.kind === "number" && column.name !== chart.x)
      .map((column) => column.name);
  };

  /* {steps, stepMs, series: [{name, values}], hidden, stacked}; steps are moments in ms. */
  history.linesOf = function (answer, chart, measure) {
    const place = placesOf(answer);
    const cells = new Map();
    const moments = new Set();
    for (const row of answer.rows) {
      const name = chart.series ? String(row[place[chart.series]]) : history.called(measure);
      const at = Date.parse(row[place[chart.x]]);
      moments.add(at);
      if (!cells.has(name)) cells.set(name, new Map());
      cells.get(name).set(at, row[place[measure]]);
    }
    const steps = [...moments].sort((a, b) => a - b);
    const stepMs = stepOf(steps);
    const counted = COUNTS.has(measure);
    const stacked = Boolean(chart.series) && measure.endsWith("_percent");
    const all = [...cells].map(([name, values]) => ({ name, values, sum: sumOf(values) }));
    const shown = all.sort((a, b) => b.sum - a.sum).slice(0, SERIES_MAX);
    const whole = withHoles(steps, stepMs);
    return {
      stepMs,
      stacked,
      hidden: all.length - shown.length,
      steps: whole,
      series: shown.map(({ name, values }) => ({
        name,
        values: whole.map((at) => {
          if (values.has(at)) return values.get(at);
          const others = moments.has(at) && Boolean(chart.series);
          return counted || stacked || others ? 0 : null;
        }),
      })),
    };
  };

  /* {bars: [{name, value, share}], hidden}; in the answer's own order. */
  history.barsOf = function (answer, chart, measure) {
    const place = placesOf(answer);
    const share = measure === "votes" ? place.share_percent : undefined;
    const bars = answer.rows.slice(0, BARS_MAX).map((row) => ({
      name: String(row[place[chart.x]]),
      value: row[place[measure]],
      share: share === undefined ? null : row[share],
    }));
    return { bars, hidden: answer.rows.length - bars.length };
  };

  /* votes_per_device -> Votes per device; p99_ms -> p99, ms */
  history.called = function (name) {
    const words = name.replace(/_(ms|s|percent|points)$/, ", $1").replaceAll("_", " ");
    const said = words.replace(/, percent$/, ", %");
    return /^p\d/.test(said) ? said : said[0].toUpperCase() + said.slice(1);
  };

  function placesOf(answer) {
    return Object.fromEntries(answer.columns.map((column, place) => [column.name, place]));
  }

  function sumOf(values) {
    let sum = 0;
    for (const value of values.values()) sum += value || 0;
    return sum;
  }

  function stepOf(steps) {
    let least = Infinity;
    for (let i = 1; i < steps.length; i += 1) least = Math.min(least, steps[i] - steps[i - 1]);
    return Number.isFinite(least) ? least : 0;
  }

  /* Where steps are missing, the two ends of the gap: the line falls, or breaks, there. */
  function withHoles(steps, stepMs) {
    const whole = [];
    steps.forEach((at, i) => {
      const gap = i ? at - steps[i - 1] : 0;
      if (gap > stepMs * 1.5) {
        whole.push(steps[i - 1] + stepMs);
        if (gap > stepMs * 2.5) whole.push(at - stepMs);
      }
      whole.push(at);
    });
    return whole;
  }
})(window.cube.history);
