/* Link, age and data in, the page's state out, in words: on the pill, aloud, and on the page. */
window.cube = window.cube || {};
(function (cube) {
  "use strict";
  const STALE_MS = 3000;

  cube.stateOf = function (model, link, paused) {
    const age = cube.ageOf(model);
    if (link === "unknown") return "unknown";
    if (link === "lost") return "lost";
    if (age === null) return "loading";
    if (age > STALE_MS) return "stale";
    if (paused) return "paused";
    return model.total === 0 ? "empty" : "live";
  };

  cube.showStatus = function (root, model, link, paused) {
    const state = cube.stateOf(model, link, paused);
    const age = cube.ageOf(model);
    const said = words(state, model, age, link);
    write("status", said.pill);
    document.getElementById("status").dataset.state = state;
    if (root.dataset.state !== state) {
      root.dataset.state = state;
      write("announce", said.aloud);
    }
    const notice = root.querySelector("#notice");
    notice.hidden = !said.notice;
    if (said.notice && notice.said !== said.notice) {
      notice.said = said.notice;
      notice.replaceChildren(...parts(said.notice));
    }
    return state;
  };

  function words(state, model, age, link) {
    const seconds = age === null ? "" : " " + Math.floor(age / 1000) + " s";
    switch (state) {
      case "loading":
        return { pill: "Loading", aloud: "Loading", notice: "" };
      case "empty":
        return {
          pill: "Live",
          aloud: "No votes yet",
          notice: "No votes yet. Send some: `cube load --rate 1000" + option(model.poll) + "`",
        };
      case "stale":
        return {
          pill: "Stale" + seconds,
          aloud: "The numbers are stale",
          notice: "The tallies cannot be read right now. These are the last good numbers.",
        };
      case "lost":
        return {
          pill: "Reconnecting" + seconds,
          aloud: "Connection lost, reconnecting",
          notice:
            age === null
              ? "The dashboard's server does not answer. Trying again."
              : "Connection lost. These are the last good numbers; trying again.",
        };
      case "unknown":
        return {
          pill: "No poll",
          aloud: "There is no such poll",
          notice: "No poll has that name. `cube poll list` shows the polls. |Show the default poll|",
        };
      case "paused":
        return { pill: "Paused", aloud: "Paused", notice: "" };
      default:
        return { pill: link === "asking" ? "Live, polling" : "Live", aloud: "Live", notice: "" };
    }
  }

  function option(poll) {
    const usual = document.getElementById("live").dataset.defaultPoll;
    return poll && poll !== usual ? " --poll " + poll : "";
  }

  /* Text with `commands` and an |other poll| in, nodes out. */
  function parts(text) {
    return text.split(/[`|]/).map((part, place) => {
      const command = text.includes("`" + part + "`");
      const node = document.createElement(place % 2 ? (command ? "code" : "a") : "span");
      if (node.tagName === "A") node.href = "/";
      node.textContent = part;
      return node;
    });
  }

  function write(id, text) {
    const node = document.getElementById(id);
    if (node && node.textContent !== text) node.textContent = text;
  }
})(window.cube);
