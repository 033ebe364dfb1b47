/* Counts in, every colour in a table out: the same numbers for whoever reads no charts. */
window.cube = window.cube || {};
(function (cube) {
  "use strict";
  const MEAN_S = 60;

  cube.newTable = function (root) {
    const body = root.querySelector("#table-body");

    function draw(model) {
      if (!model.counts) return body.replaceChildren();
      const now = model.seconds.get(model.fullSecond);
      const means = meanOf(model);
      const ranked = cube.ranking(model);
      while (body.rows.length < ranked.length) body.append(newRow());
      while (body.rows.length > ranked.length) body.lastElementChild.remove();
      ranked.forEach((place, position) => {
        const swatch = model.palette[place];
        const cells = body.rows[position].cells;
        cells[0].textContent = String(position + 1);
        cells[1].lastElementChild.textContent = swatch.label;
        cells[1].firstElementChild.style.backgroundColor = swatch.fill;
        cells[2].textContent = cube.format.whole(model.counts[place]);
        cells[3].textContent = model.total ? cube.format.share(model.shares[place]) : "–";
        cells[4].textContent = now ? cube.format.whole(now[place]) : "–";
        cells[5].textContent = means ? cube.format.whole(Math.round(means[place])) : "–";
      });
    }

    return { draw };
  };

  function newRow() {
    const row = document.createElement("tr");
    for (let column = 0; column < 6; column += 1) {
      const cell = document.createElement(column === 1 ? "th" : "td");
      if (column === 1) {
        cell.scope = "row";
        const swatch = document.createElement("span");
        swatch.className = "swatch";
        cell.append(swatch, document.createElement("span"));
      }
      row.append(cell);
    }
    return row;
  }

  function meanOf(model) {
    const sums = model.palette.map(() => 0);
    let seconds = 0;
    for (const [second, counts] of model.seconds) {
      if (second <= model.fullSecond - MEAN_S) continue;
      seconds += 1;
      counts.forEach((count, place) => (sums[place] += count));
    }
    return seconds ? sums.map((sum) => sum / seconds) : null;
  }
})(window.cube);
