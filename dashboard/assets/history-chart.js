/* An answer in, its chart out: lines, stacked areas or bars, told apart by name, dash, marker and
   pattern as on the Live page. */
window.cube = window.cube || {};
window.cube.history = window.cube.history || {};
(function (cube, history) {
  "use strict";
  const SYMBOLS = ["circle", "square", "diamond", "cross", "triangle-up", "x"];
  const DASHES = ["solid", "7px,3px"];
  // As `.pattern-0` to `.pattern-7` of live-patterns.css draw them.
  const SHAPES = ["", "|", ".", "/", "-", "\\", "+", "x"];
  const MARKED_MAX = 60; // more points than this, and every so many get a marker
  const CONFIG = { displayModeBar: false, displaylogo: false, scrollZoom: false, responsive: true };
  const FOOT_PX = 34;

  history.newChart = function (root) {
    const plot = root.querySelector("#history-plot");
    const bars = root.querySelector("#history-bars");

    /* Draws, and returns what a note has to say of it. */
    function draw(answer, chart, measure, palette) {
      const known = Boolean(answer && chart && answer.rows.length);
      plot.hidden = !known || chart.kind !== "line";
      bars.hidden = !known || chart.kind !== "bar";
      if (!known) return { hidden: 0 };
      if (chart.kind === "bar") {
        const drawn = history.barsOf(answer, chart, measure);
        const swatches = chart.x === "colour" ? palette : [];
        history.drawBars(bars, drawn.bars, swatches, chart.x, measure);
        return { hidden: drawn.hidden };
      }
      const drawn = history.linesOf(answer, chart, measure);
      const styled = stylesOf(drawn.series, chart.series === "colour" ? palette : []);
      const traces = drawn.series.map((one, place) => trace(drawn, one, styled[place], measure));
      const reach = reachOf(drawn);
      const layout = layoutOf(plot, drawn, styled, reach, answer);
      window.Plotly.react(plot, [...traces, localTime(drawn, reach)], layout, CONFIG);
    return { hidden: drawn.hidden, ...wholeness(drawn, answer) };
    }

    return { draw };
  };

  /* Colour, dash, symbol and pattern of each series; the palette's order decides, not the rank. */
  function stylesOf(series, palette) {
    const dark = document.documentElement.dataset.scheme === "dark";
    return series.map(({ name }, place) => {
      const index = palette.findIndex((swatch) => swatch.name === name);
      const swatch = palette[index];
      const at = swatch ? index : place;
      const generic = read("--line-" + (place % 8));
      return {
        label: swatch ? swatch.label : name,
        colour: swatch ? (dark ? swatch.line_dark : swatch.line_light) : generic,
        fill: swatch ? swatch.fill : generic,
        ink: swatch ? swatch.ink : read("--card"),
        dash: swatch ? swatch.dash : DASHES[place % DASHES.length],
        symbol: SYMBOLS[at % SYMBOLS.length],
        shape: SHAPES[swatch ? swatch.pattern : place % SHAPES.length],
      };
    });
  }

  function trace(drawn, series, style, measure) {
    const few = drawn.steps.length <= MARKED_MAX;
    const unit = measure.endsWith("_percent") ? "%" : measure.endsWith("_ms") ? " ms" : "";
    const made = {
      type: "scatter",
      name: style.label,
      x: drawn.steps.map(timeOf),
      y: series.values,
      line: { color: style.colour, width: 2, dash: style.dash },
      cliponaxis: false,
      hovertemplate: "%{y:,}" + unit + " " + cube.escaped(style.label) + "<extra></extra>",
    };
    if (drawn.stacked) {
      const fillpattern = { shape: style.shape, fgcolor: style.ink, fgopacity: 0.35, size: 9 };
      const solid = { bgcolor: style.fill, solidity: 0.22 };
      const line = { color: read("--card"), width: 1 };
      const fill = { stackgroup: "all", fillcolor: style.fill, mode: "lines", line };
      return { ...made, ...fill, fillpattern: { ...fillpattern, ...solid } };
    }
    const marker = { color: style.colour, size: few ? 6 : 7, symbol: style.symbol };
    if (!few) marker.maxdisplayed = 7;
    return { ...made, mode: "lines+markers", marker };
  }

  /* The first line of what a hover says: the viewer's own time. */
  function localTime(drawn, [low]) {
    return {
      type: "scatter",
      mode: "lines",
      x: drawn.steps.map(timeOf),
      y: drawn.steps.map(() => low),
      customdata: drawn.steps.map((at) => history.moment.local(at)),
      line: { width: 0, color: "rgba(0,0,0,0)" },
      hovertemplate: "%{customdata}<extra></extra>",
    };
  }

  function reachOf(drawn) {
    if (drawn.stacked) return [0, 100];
    const values = drawn.series.flatMap((one) => one.values).filter((value) => value !== null);
    const low = Math.min(0, ...values);
    const high = Math.max(0, ...values);
    const room = (high - low) * 0.06 || 1;
    return [low < 0 ? low - room : 0, high + room];
  }

  function layoutOf(plot, drawn, styled, reach, answer) {
    const narrow = plot.offsetWidth < 480;
    const inner = Math.max(60, plot.offsetHeight - 8 - FOOT_PX);
    const axis = { fixedrange: true, zeroline: false, ticks: "", automargin: false };
    const first = drawn.steps[0];
    const last = drawn.steps[drawn.steps.length - 1];
    const spare = first === last ? 60000 : (last - first) / 120;
    return {
      autosize: true,
      margin: { l: narrow ? 40 : 52, r: endRoom(styled), t: 8, b: FOOT_PX },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      showlegend: false,
      hovermode: "x unified",
      dragmode: false,
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: read("--muted") },
      hoverlabel: {
        bgcolor: read("--card"),
        bordercolor: read("--border"),
        font: { color: read("--text") },
      },
      shapes: fades(drawn, answer),
      annotations: cube.endLabels(inner, endsOf(drawn, styled), reach),
      xaxis: {
        ...axis,
        type: "date",
        showgrid: false,
        range: [timeOf(first - spare), timeOf(last + spare)],
        nticks: narrow ? 3 : 6,
        tickangle: 0,
        tickformat: tickFormat(first, last),
        spikecolor: read("--muted"),
        spikethickness: 1,
        spikedash: "dot",
        hoverformat: drawn.stepMs % 86400000 ? "%a %-d %b %Y, %H:%M UTC" : "%a %-d %b %Y (UTC)",
      },
      yaxis: {
        ...axis,
        range: reach,
        nticks: 6,
        tickformat: drawn.stacked ? "" : "~s",
        ticksuffix: drawn.stacked ? "%" : "",
        gridcolor: read("--grid"),
        zeroline: reach[0] < 0,
        zerolinecolor: read("--muted"),
      },
      datarevision: answer.asked_at,
    };
  }

  /* Where the names go: at the end of a line, in the middle of the end of an area. */
  function endsOf(drawn, styled) {
    let below = 0;
    const ends = drawn.series.map(({ values }, place) => {
      const last = values[values.length - 1];
      const value = drawn.stacked ? below + last / 2 : last;
      below += last || 0;
      return { name: styled[place].label, value, colour: styled[place].colour, opacity: 1, last };
    });
    return ends.filter((end) => end.last !== null && (!drawn.stacked || end.last > 0));
  }

  /* Labels are cut at 11 characters; the shorter they are, the wider the chart. */
  function endRoom(styled) {
    const longest = Math.max(...styled.map((style) => style.label.length));
    return 18 + 7.5 * Math.min(11, longest);
  }

  function tickFormat(first, last) {
    const hours = (last - first) / 3600000;
    if (hours <= 30) return "%H:%M";
    return hours <= 24 * 4 ? "%a %H:%M" : "%-d %b";
  }

  /* What is not whole looks like it: the way from a first step, and to a last one. */
  function fades(drawn, answer) {
    const { steps, stepMs } = drawn;
    const last = steps[steps.length - 1];
    const whole = wholeness(drawn, answer);
    const parts = [];
    if (whole.cut) parts.push([steps[0] - stepMs, steps[0] + stepMs]);
    if (whole.open || whole.short) parts.push([last - stepMs, last + stepMs]);
    return (steps.length > 2 ? parts : []).map(([from, to]) => ({
      type: "rect",
      xref: "x",
      yref: "paper",
      x0: timeOf(from),
      x1: timeOf(to),
      y0: 0,
      y1: 1,
      fillcolor: read("--card"),
      opacity: 0.55,
      line: { width: 0 },
      layer: "above",
    }));
  }

  /* Whether the range begins within the first step or ends within the last, and whether the history
     reaches the last step's end. */
  function wholeness({ steps, stepMs }, answer) {
    const last = steps[steps.length - 1];
    const within = (at, step) => at > step && at < step + stepMs;
    const short = within(boundOf(answer, "to"), last);
    const open = Boolean(answer.as_of) && Date.parse(answer.as_of) < last + stepMs && !short;
    return { cut: within(boundOf(answer, "from"), steps[0]), short, open };
  }

  function boundOf(answer, name) {
    const bound = answer.parameters.find((one) => one.name === name);
    return bound && bound.texts.length ? history.moment.bound(bound.texts[0]) : NaN;
  }

  /* As text: Plotly takes a moment without a zone as it is, and ours are UTC. */
  function timeOf(at) {
    return new Date(at).toISOString().slice(0, 19).replace("T", " ");
  }

  function read(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }
})(window.cube, window.cube.history);
