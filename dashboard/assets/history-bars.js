/* Names and values in, a list of bars out, as the colour race has them; below 0 they go left. */
window.cube = window.cube || {};
window.cube.history = window.cube.history || {};
(function (cube, history) {
  "use strict";
  const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
  const signed = new Intl.NumberFormat("en", { maximumFractionDigits: 2, signDisplay: "exceptZero" });

  history.drawBars = function (list, bars, palette, x, measure) {
    const values = bars.map((bar) => bar.value).filter((value) => value !== null);
    const low = Math.min(0, ...values);
    const high = Math.max(0, ...values);
    const span = high - low || 1;
    const shares = bars.some((bar) => bar.share !== null);
    list.setAttribute("aria-label", history.called(measure) + " by " + x.replaceAll("_", " "));
    list.classList.toggle("with-shares", shares);
    list.style.setProperty("--zero", (-100 * low) / span + "%");
    list.classList.toggle("both-ways", low < 0);
    list.replaceChildren(
      ...bars.map((bar) => {
        const swatch = palette.find((one) => one.name === bar.name);
        const row = document.createElement("li");
        const name = part(row, "bar-name", swatch ? swatch.label : bar.name);
        const track = part(row, "bar-track", "");
        name.title = bar.name;
        if (shares) part(row, "race-share", bar.share === null ? "–" : bar.share.toFixed(1) + "%");
        const said = low < 0 ? signed : number;
        part(row, "bar-value", bar.value === null ? "–" : said.format(bar.value));
        if (bar.value) track.append(fill(bar, swatch, low, span));
        return row;
      }),
    );
  };

  function fill(bar, swatch, low, span) {
    const made = document.createElement("span");
    made.className = "race-fill" + (swatch ? " pattern-" + swatch.pattern : " plain");
    if (swatch) made.style.setProperty("--fill", swatch.fill);
    made.style.width = (100 * Math.abs(bar.value)) / span + "%";
    made.style.marginLeft = (100 * (Math.min(0, bar.value) - low)) / span + "%";
    return made;
  }

  function part(row, className, text) {
    const made = document.createElement("span");
    made.className = className;
    made.textContent = text;
    row.append(made);
    return made;
  }
})(window.cube, window.cube.history);
