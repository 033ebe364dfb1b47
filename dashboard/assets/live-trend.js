/* A poll's trend in, a panel out: who gains, who led, who votes too much; and how old all that is. */
window.cube = window.cube || {};
(function (cube) {
  "use strict";
  const UNREAD_MS = 10000; // older readings are no news: the table cannot be read
  const ARROWS = { rising: "▲", falling: "▼", steady: "▬", unknown: "·" };

  cube.newTrend = function (root) {
    const panel = root.querySelector("#trends");
    const body = root.querySelector("#trends-body");
    const note = root.querySelector("#trends-note");
    const lists = ["momentum", "leaders", "suspects"].map((name) =>
      root.querySelector("#trends-" + name),
    );
    let drawn = null;

    function draw(model) {
      const trend = model.trend;
      const state = stateOf(model);
      if (panel.dataset.state !== state) panel.dataset.state = state;
      write(note, says(state, model));
      note.hidden = state === "live";
      body.hidden = state === "unknown" || state === "none";
      if (body.hidden || drawn === JSON.stringify(trend) + model.paletteVersion) return;
      drawn = JSON.stringify(trend) + model.paletteVersion;
      const [momentum, leaders, suspects] = lists;
      const swatches = new Map(model.palette.map((swatch) => [swatch.name, swatch]));
      const one = (each) => row(each, swatches.get(each.colour));
      fill(momentum, trend.momentum.map(one), "No votes in the last minute.");
      fill(leaders, leadersOf(trend, swatches), "Nobody leads yet.");
      fill(suspects, suspectsOf(trend), trend.suspects ? "Nobody stands out." : LEARNING);
    }

    return { draw };
  };

  const LEARNING = "Still learning what is usual: that takes a minute of votes.";

  function stateOf(model) {
    const trend = model.trend;
    if (!trend) return "unknown";
    if (trend.heard === null) return "none";
    return trend.stale || now(model) - trend.as_of > UNREAD_MS ? "stale" : "live";
  }

  function says(state, model) {
    const trend = model.trend;
    if (state === "unknown") return "Trends are not known yet.";
    if (state === "none") {
      return "No trends: their processor does not run, or has not seen a vote of this poll.";
    }
    if (state === "live") return "";
    if (!trend.stale) {
      return "Trends cannot be read for " + cube.format.age(now(model) - trend.as_of) + ".";
    }
    const age = cube.format.age(Math.max(0, now(model) - trend.heard));
    return "Trends stand still: they know of no vote of the last " + age + ". All votes are counted.";
  }

  /* The server's time, as far as this page knows it. */
  function now(model) {
    return model.serverNow + (performance.now() - model.receivedAt);
  }

  function row(each, swatch) {
    const line = document.createElement("li");
    line.dataset.direction = each.direction;
    const mark = part("span", "swatch", "");
    if (swatch) mark.style.backgroundColor = swatch.fill;
    const name = part("span", "momentum-name", "");
    name.append(mark, swatch ? swatch.label : each.colour);
    const arrow = part("span", "momentum-arrow", ARROWS[each.direction]);
    arrow.setAttribute("aria-hidden", "true");
    const words = part("span", "momentum-words", "");
    words.append(arrow, " " + wordsOf(each));
    const rate = part("span", "momentum-rate", cube.format.whole(Math.round(each.per_s_10)) + "/s");
    line.append(name, spark(each.spark), words, rate);
    return line;
  }

  function wordsOf(each) {
    if (each.direction === "unknown") return "too few votes to say";
    if (each.direction === "steady") return "steady over its last minute";
    const times = "×" + each.ratio.toFixed(1);
    if (each.direction === "rising") return "rising " + times + " over its last minute";
    return "falling, " + times + " of its last minute";
  }

  function spark(values) {
    const mould = document.createElement("template");
    mould.innerHTML = "<svg><polyline></polyline></svg>";
    const picture = mould.content.firstChild;
    const most = Math.max(1, ...values);
    const at = (value, place) =>
      ((100 * place) / (values.length - 1)).toFixed(1) + "," + (22 - (20 * value) / most).toFixed(1);
    picture.setAttribute("viewBox", "0 0 100 24");
    picture.setAttribute("preserveAspectRatio", "none");
    picture.setAttribute("class", "spark");
    picture.setAttribute("aria-hidden", "true"); // the words beside it say the same
    picture.firstChild.setAttribute("points", values.map(at).join(" "));
    return picture;
  }

  function leadersOf(trend, swatches) {
    const label = (name) => (swatches.get(name) || { label: name }).label;
    const rows = trend.leader_changes.map((change) => {
      const line = document.createElement("li");
      const time = part("time", "trends-time", new Date(change.at).toISOString().slice(11, 19));
      time.dateTime = new Date(change.at).toISOString();
      line.append(time, " " + label(change.leader) + " overtook " + label(change.before));
      return line;
    });
    if (trend.leader) rows.unshift(part("li", "trends-first", label(trend.leader) + " leads"));
    return rows;
  }

  function suspectsOf(trend) {
    return (trend.suspects || []).map((each) => {
      const line = part("li", "trends-suspect", "");
      line.append(
        part("span", "trends-kind", each.kind === "device" ? "Device " : "Region "),
        part("b", "trends-who", each.name),
        ": " + percent(each.share) + " of the votes lately, usually " + upTo(each.usual_share),
      );
      return line;
    });
  }

  const percent = (share) => (100 * share).toFixed(1) + "%";
  const upTo = (share) => (share < 0.001 ? "under 0.1%" : "at most " + percent(share));

  function fill(list, rows, empty) {
    list.replaceChildren(...(rows.length ? rows : [part("li", "trends-empty", empty)]));
  }

  function part(tag, name, text) {
    const node = document.createElement(tag);
    node.className = name;
    node.textContent = text;
    return node;
  }

  function write(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }
})(window.cube);
