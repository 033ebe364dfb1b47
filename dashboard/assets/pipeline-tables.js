/* Missing batches, parked lines and polls in, rows of tables out; none is said in words. */
window.cube = window.cube || {};
window.cube.pipeline = window.cube.pipeline || {};
(function (cube, pipeline) {
  "use strict";
  const { words, made, said } = pipeline;
  const { whole } = cube.format;
  const ROWS_MAX = 50;

  pipeline.drawTables = function (root, body, now) {
    draw(root, "missing", body.missing, (each) => [
      each.producer,
      String(each.lane),
      whole(each.batches),
      each.first === each.last ? String(each.first) : each.first + " – " + each.last,
      words.age(each.since_ms, now),
    ], {
      none: "None: in every lane, every batch up to the newest is applied.",
      unknown: "Unknown: the warehouse, which says who the producers are, has named none yet.",
    });
    draw(root, "parked", body.parked, (each) => [
      each.reason.replaceAll("_", " "),
      each.poll === "-" ? "none named" : each.poll,
      whole(each.lines),
      words.moment(each.latest_ms),
    ], {
      none: "None: every line that the warehouse has counts, or is a duplicate.",
      unknown: "Unknown: the warehouse has not answered.",
      some: "`cube recover list --kind parked` shows them; `cube recover put` brings them back.",
    });
    draw(root, "polls", body.totals.lines === null ? null : body.totals.by_poll, (each) => [
      each.poll === "-" ? "none named" : each.poll,
      whole(each.counted),
      whole(each.parked),
      whole(each.duplicate),
    ], {
      none: "No line has arrived yet. Send some: `cube load --rate 1000`",
      unknown: "Unknown: the tallies have not been read.",
    });
  };

  function draw(root, name, list, cellsOf, notes) {
    const rows = list ? list.slice(0, ROWS_MAX).map(cellsOf) : [];
    const body = root.querySelector("#" + name + "-rows");
    const key = JSON.stringify(rows);
    if (body.key !== key) {
      body.key = key;
      body.replaceChildren(...rows.map(rowOf));
    }
    body.parentElement.hidden = !rows.length;
    const more = list && list.length > ROWS_MAX ? " " + whole(list.length - ROWS_MAX) + " more." : "";
    const note = !list ? notes.unknown : !rows.length ? notes.none : (notes.some || "") + more;
    said(root.querySelector("#" + name + "-note"), note);
  }

  function rowOf(cells) {
    const row = made("tr");
    cells.forEach((text, place) => {
      const cell = made(place ? "td" : "th", text);
      if (!place) cell.scope = "row";
      row.append(cell);
    });
    return row;
  }
})(window.cube, window.cube.pipeline);
