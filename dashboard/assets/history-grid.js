/* An answer in, the rows of the grid out: the same numbers for whoever reads no charts. */
window.cube = window.cube || {};
window.cube.history = window.cube.history || {};
(function (history) {
  "use strict";
  const number = new Intl.NumberFormat("en", { maximumFractionDigits: 3 });
  const ROW_PX = 42;
  const FRAME_PX = 52; // the head, and the borders
  const ROWS_SHOWN = 10;

  history.newGrid = function (root) {
    /* Rows are objects by column number: names may have dots, which a grid would follow. */
    function draw(answer, palette) {
      const columns = answer ? answer.columns : [];
      const rows = answer ? answer.rows : [];
      const box = root.querySelector("#history-grid");
      const height = FRAME_PX + ROW_PX * Math.min(ROWS_SHOWN, Math.max(2, rows.length));
      if (box) box.style.height = height + "px";
      window.dash_clientside.set_props("history-grid", {
        columnDefs: columns.map((column, place) => defined(column, place, columns.length, palette)),
        rowData: rows.map((row) => Object.fromEntries(row.map((cell, place) => ["c" + place, cell]))),
      });
    }

    return { draw };
  };

  function defined({ name, kind }, place, count, palette) {
    const made = {
      field: "c" + place,
      headerName: history.called(name),
      flex: 1,
      minWidth: kind === "time" ? 160 : count > 6 ? 112 : 92,
      headerTooltip: name,
    };
    if (kind === "number") {
      made.type = "rightAligned";
      made.valueFormatter = { function: "historyNumber(params)" };
    } else if (kind === "time") {
      made.headerName += ", UTC";
      made.valueFormatter = { function: "historyMoment(params)" };
      made.tooltipValueGetter = { function: "historyLocal(params)" };
    } else if (kind === "boolean") {
      made.valueFormatter = { function: "historyText(params)" };
    } else {
      made.valueFormatter = { function: "historyText(params)" };
      made.tooltipField = made.field;
    }
    if (name === "colour" && palette.length) {
      made.cellRenderer = "HistoryColour";
      made.cellRendererParams = { palette };
    }
    return made;
  }

  window.dashAgGridComponentFunctions = Object.assign(window.dashAgGridComponentFunctions || {}, {
    HistoryColour({ value, palette }) {
      const swatch = palette.find((one) => one.name === value);
      if (!swatch) return known(String)({ value });
      const style = { backgroundColor: swatch.fill };
      const chip = window.React.createElement("span", { className: "swatch", style, key: "chip" });
      return window.React.createElement("span", null, [chip, swatch.label]);
    },
  });

  /* The grid calls these by name; unknown is a dash, never 0. */
  const known = (show) => (params) =>
    params.value === null || params.value === undefined ? "–" : show(params.value);
  window.dashAgGridFunctions = Object.assign(window.dashAgGridFunctions || {}, {
    historyNumber: known((value) => (typeof value === "number" ? number.format(value) : value)),
    historyMoment: known((value) => history.moment.exact(value)),
    historyLocal: known((value) => history.moment.local(value)),
    historyText: known(String),
  });
})(window.cube.history);
