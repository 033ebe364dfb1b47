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
      const annotations = labels(graph, model, lines);
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
      hovertemplate: "%{y:,} " + escaped(swatch.label) + "<extra></extra>",
    };
  }

  /* As text: after an update with numbers, Plotly would take the axis for one of numbers. */
  function timeOf(second) {
    return new Date(second * 1000).toISOString().slice(0, 19).replace("T", " ");
  }

  function reach(lines) {
    return [0, Math.max(4, ...lines.flatMap((one) => one.y)) * 1.06];
  }

  /* Names at the lines' ends, moved apart until none covers another. */
  function labels(graph, model, lines) {
    const [low, high] = reach(lines);
    const inner = Math.max(60, (graph.offsetHeight || 300) - 38);
    const ends = lines
      .map((one) => ({ one, last: one.y[one.y.length - 1] }))
      .filter((end) => end.last !== null)
      .sort((a, b) => b.last - a.last);
    const gap = Math.min(LABEL_GAP_PX, inner / Math.max(1, ends.length));
    ends.forEach((end, place) => {
      end.at = inner * (1 - (end.last - low) / (high - low));
      if (place) end.at = Math.max(end.at, ends[place - 1].at + gap);
    });
    for (let place = ends.length - 1, floor = inner; place >= 0; place -= 1, floor -= gap) {
      floor = Math.min(floor, place + 1 < ends.length ? ends[place + 1].at - gap : inner);
      ends[place].at = Math.min(ends[place].at, floor);
    }
    return ends.map((end) => ({
      xref: "paper",
      yref: "paper",
      x: 1,
      y: 1 - end.at / inner,
      xanchor: "left",
      yanchor: "middle",
      xshift: 6,
      showarrow: false,
      opacity: end.one.opacity === 1 ? 1 : 0.4,
      text: "<b>" + escaped(shortened(end.one.name)) + "</b>",
      font: { size: 12, color: end.one.line.color },
    }));
  }

  function shortened(name) {
    return name.length > 11 ? name.slice(0, 10) + "…" : name;
  }

  /* Plotly reads labels as markup. */
  function escaped(text) {
    const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "%": "&#37;" };
    return text.replace(/[&<>%]/g, (sign) => entities[sign]);
  }

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
