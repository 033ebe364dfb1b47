/* Stream events in, the newest state of one poll out. Times are the server's: clocks drift. */
window.cube = window.cube || {};
(function (cube) {
  "use strict";
  const KEPT_SECONDS = 130;

  cube.newModel = function () {
    return {
      seeded: false,
      poll: null,
      polls: [],
      palette: [],
      counts: null,
      shares: [],
      stickers: [],
      total: null,
      rate: null,
      latency: { p50: null, p99: null },
      trend: null,
      asOf: null,
      fullSecond: null,
      seconds: new Map(),
      serverNow: null,
      receivedAt: null,
      paletteVersion: 0,
    };
  };

  cube.applyOpening = function (model, view) {
    const drawn = JSON.stringify(view.palette);
    if (drawn !== model.drawn) {
      model.drawn = drawn;
      model.palette = view.palette;
      model.paletteVersion += 1;
    }
    model.poll = view.poll;
    model.polls = view.polls;
    model.seconds = new Map();
    model.seeded = true;
    cube.applyTick(model, view);
  };

  cube.applyTick = function (model, tick) {
    model.counts = tick.counts;
    model.shares = tick.shares;
    model.stickers = tick.stickers;
    model.total = tick.total;
    model.rate = tick.votes_per_second;
    model.latency = tick.latency_ms;
    model.trend = tick.trend;
    model.asOf = tick.as_of;
    model.fullSecond = tick.full_second;
    model.serverNow = tick.server_now;
    model.receivedAt = performance.now();
    for (const [second, counts] of tick.seconds) model.seconds.set(second, counts);
    for (const second of model.seconds.keys()) {
      if (second < model.fullSecond - KEPT_SECONDS) model.seconds.delete(second);
    }
  };

  /* Age of what is shown, in ms; null when nothing was ever read. */
  cube.ageOf = function (model) {
    if (model.asOf === null) return null;
    const now = model.serverNow + (performance.now() - model.receivedAt);
    return Math.max(0, now - model.asOf);
  };

  /* Places of the palette, most votes first; equal counts keep the palette's order. */
  cube.ranking = function (model) {
    const counts = model.counts || [];
    return model.palette.map((_, place) => place).sort((a, b) => counts[b] - counts[a] || a - b);
  };
})(window.cube);
