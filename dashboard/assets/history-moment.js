/* Moments in, text out: UTC and labelled so; the viewer's own time is for whoever hovers. */
window.cube = window.cube || {};
window.cube.history = window.cube.history || {};
(function (history) {
  "use strict";
  const local = new Intl.DateTimeFormat("en-GB", {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
  });
  const date = new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });

  /* 14:32 UTC of a day that is near, with the day else. */
  function utc(moment, now) {
    const at = new Date(moment);
    if (moment === null || Number.isNaN(at.getTime())) return "–";
    const clock = at.toISOString().slice(11, 16) + " UTC";
    const near = now !== undefined && date.format(at) === date.format(new Date(now));
    return near ? clock : date.format(at) + ", " + clock;
  }

  /* As a table shows it: 2026-11-25 14:32:07, seconds and less only where there are any. */
  function exact(moment) {
    const text = new Date(moment).toISOString().replace("T", " ").slice(0, 23);
    return text.replace(/\.\d00$/, "").replace(/(\d\d:\d\d):00$/, "$1");
  }

  history.moment = {
    utc,
    exact,
    local: (moment) => local.format(new Date(moment)) + ", your time",
    /* As a bound value is written: 2026-11-25 14:32:07.253000, UTC. */
    bound: (text) => Date.parse(text.slice(0, 23).replace(" ", "T") + "Z"),
    /* For an input of type datetime-local, whose text has no zone: it is UTC here. */
    typed: (moment) => new Date(moment).toISOString().slice(0, 16),
  };
})(window.cube.history);
