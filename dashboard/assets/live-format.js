/* Numbers in, what a person reads out. Unknown is a dash, never 0. */
window.cube = window.cube || {};
(function (cube) {
  "use strict";
  const whole = new Intl.NumberFormat("en");
  const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
  const known = (value) => value !== null && value !== undefined;

  function latency(quantiles) {
    if (!known(quantiles.p50) || !known(quantiles.p99)) return "–";
    const seconds = quantiles.p99 >= 1000;
    const one = (ms) => (seconds ? (ms / 1000).toFixed(1) : whole.format(ms));
    return one(quantiles.p50) + " / " + one(quantiles.p99) + (seconds ? " s" : " ms");
  }

  cube.format = {
    known,
    whole: (value) => (known(value) ? whole.format(value) : "–"),
    compact: (value) => (known(value) ? compact.format(value) : "–"),
    share: (perMille) => (perMille / 10).toFixed(1) + "%",
    age: (ms) => (ms === null ? "–" : ms < 1000 ? "< 1 s" : Math.floor(ms / 1000) + " s"),
    latency,
  };
})(window.cube);
