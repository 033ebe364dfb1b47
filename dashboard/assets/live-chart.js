/* Full seconds in, lines of votes per second out: one Plotly.update a second. */
window.cube = window.cube || {};
(function (cube) {
  "use strict";
  const SHOWN_S = 60;
  const LINES_MAX = 12;
  const MARKER_EVERY = 20;
  const LABEL_GAP_PX = 16;
  const SYMBOLS = ["circle", "square", "diamond", "cross", "triangle-up", "x"];

  cube.newChart = function (root) {
    let drawnKey = "";
    let drawnSecond = null;

    function draw(model, picked, scheme) {
      const graph = root.querySelector("#rates .js-plotly-plot");
      if (!graph || !window.Plotly || !graph.data || model.fullSecond === null) return;
      const places = cube.ranking(model).slice(0, LINES_MAX).sort((a, b) => a - b);
      const key = [model.paletteVersion, scheme, picked, places, graph.offsetWidth < 480].join();
      if (key === drawnKey && model.fullSecond === drawnSecond && graph.data.length) return;
      const lines = places.map((place) => line(model, place, picked, scheme));
      const annotations = labels(graph, lines);
      const range = [timeOf(model.fullSecond - SHOWN_S + 1), timeOf(model.fullSecond)];
      if (key !== drawnKey || graph.data.length !== lines.length) {
        window.Plotly.react(graph, lines, themed(graph, annotations, range, reach(lines)));
      } else {
        window.Plotly.update(
          graph,
          { x: lines.map((one) => one.x), y: lines.map((one) => one.y) },
          { annotations, "xaxis.range": range, "yaxis.range": reach(lines) },
        );
      }
      drawnKey = key;
      drawnSecond = model.fullSecond;
    }

    return { draw };
  };

  function line(model, place, picked, scheme) {
    const swatch = model.palette[place];
    const x = [];
    const y = [];
    for (let second = model.fullSecond - SHOWN_S + 1; second <= model.fullSecond; second += 1) {
      const counts = model.seconds.get(second);
      x.push(timeOf(second));
      y.push(counts ? counts[place] : null);
    }
    const colour = scheme === "dark" ? swatch.line_dark : swatch.line_light;
    const away = picked !== null && picked !== place;
    return {
      type: "scatter",
      mode: "lines+markers",
      name: swatch.label,
      x,
      y,
      opacity: away ? 0.2 : 1,
      line: { color: colour, width: picked === place ? 3 : 2, dash: swatch.dash, shape: "linear" },
      marker: {
        color: colour,
        size: 7,
        symbol: SYMBOLS[place % SYMBOLS.length],
        maxdisplayed: Math.ceil(SHOWN_S / MARKER_EVERY) + 1,
      },
      hovertemplate: "%{y:,} " + cube.escaped(swatch.label) + "<extra></extra>",
    };
  }

  /* As text: after an update with numbers, Plotly would take the axis for one of numbers. */
  function timeOf(second) {
    return new Date(second * 1000).toISOString().slice(0, 19).replace("T", " ");
  }

  function reach(lines) {
    return [0, Math.max(4, ...lines.flatMap((one) => one.y)) * 1.06];
  }

  /* Names at the lines' ends, moved apart until none covers another.
     `ends` are {name, value, colour, opacity}, `inner` is the height of the plot in pixels. */
  cube.endLabels = function (inner, ends, [low, high]) {
    const sorted = [...ends].sort((a, b) => b.value - a.value);
    const gap = Math.min(LABEL_GAP_PX, inner / Math.max(1, sorted.length));
    const at = [];
    sorted.forEach((end, place) => {
      at[place] = inner * (1 - (end.value - low) / (high - low));
      if (place) at[place] = Math.max(at[place], at[place - 1] + gap);
    });
    for (let place = sorted.length - 1, floor = inner; place >= 0; place -= 1, floor -= gap) {
      floor = Math.min(floor, place + 1 < sorted.length ? at[place + 1] - gap : inner);
      at[place] = Math.min(at[place], floor);
    }
    return sorted.map((end, place) => ({
      xref: "paper",
      yref: "paper",
      x: 1,
      y: 1 - at[place] / inner,
      xanchor: "left",
      yanchor: "middle",
      xshift: 6,
      showarrow: false,
      opacity: end.opacity === 1 ? 1 : 0.4,
      text: "<b>" + cube.escaped(shortened(end.name)) + "</b>",
      font: { size: 12, color: end.colour },
    }));
  };

  function labels(graph, lines) {
    const ends = lines.map(({ name, y, opacity, line: { color } }) => {
      return { name, value: y[y.length - 1], colour: color, opacity };
    });
    const inner = Math.max(60, (graph.offsetHeight || 300) - 38);
    return cube.endLabels(inner, ends.filter((end) => end.value !== null), reach(lines));
  }

  function shortened(name) {
    return name.length > 11 ? name.slice(0, 10) + "…" : name;
  }

  /* Plotly reads labels as markup. */
  cube.escaped = function (text) {
    const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "%": "&#37;" };
    return text.replace(/[&<>%]/g, (sign) => entities[sign]);
  };

  function themed(graph, annotations, range, height) {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    const narrow = graph.offsetWidth < 480;
    const layout = graph.layout;
    return {
      ...layout,
      annotations,
      font: { ...layout.font, color: read("--muted") },
      margin: { l: narrow ? 40 : 48, r: 92, t: 8, b: 30 },
      hoverlabel: {
        bgcolor: read("--card"),
        bordercolor: read("--border"),
        font: { color: read("--text") },
      },
      xaxis: { ...layout.xaxis, type: "date", range, autorange: false, nticks: narrow ? 3 : 6 },
      yaxis: { ...layout.yaxis, range: height, autorange: false, gridcolor: read("--grid") },
    };
  }
})(window.cube);
