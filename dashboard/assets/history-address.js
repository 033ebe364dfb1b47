/* The page's address in, what is asked out, and back: every filter is in it, so that a reload, the
   back button and a link show the same. The names are those of /api/history/query. */
window.cube = window.cube || {};
window.cube.history = window.cube.history || {};
(function (history) {
  "use strict";
  const USUAL_RANGE = "now-24h";
  const OWN = new Set(["question", "poll", "from", "to", "range", "colours", "regions", "draw"]);

  /* `range` is a beginning such as now-1h, "all", or "custom" with `from` and `to`. */
  history.readAddress = function (search, usualPoll) {
    const query = new URLSearchParams(search);
    const from = query.get("from") || "";
    const to = query.get("to") || "";
    const relative = /^now-\w+$/.test(from) && !to;
    const others = [...query].filter(([name]) => !OWN.has(name));
    return {
      question: query.get("question"),
      poll: query.get("poll") || usualPoll,
      range: relative ? from : from || to ? "custom" : query.get("range") || USUAL_RANGE,
      from: relative ? "" : from,
      to,
      colours: query.getAll("colours"),
      regions: query.getAll("regions"),
      draw: query.get("draw"),
      options: Object.fromEntries(others),
    };
  };

  history.writeAddress = function (state, question, usualPoll) {
    const query = new URLSearchParams();
    if (state.question) query.set("question", state.question);
    if (state.poll !== usualPoll) query.set("poll", state.poll);
    if (state.range === "custom") addMoments(query, state);
    else if (state.range === "all") query.set("range", "all");
    else if (state.range !== USUAL_RANGE) query.set("from", state.range);
    for (const name of ["colours", "regions"]) {
      for (const one of state[name]) query.append(name, one);
    }
    if (state.draw) query.set("draw", state.draw);
    addOptions(query, state, question);
    return query.size ? "?" + query : location.pathname;
  };

  /* What is asked of the server: only parameters that the question has. */
  history.askedOf = function (state, question) {
    const query = new URLSearchParams({ question: question.name });
    const has = new Set(question.parameters.map((parameter) => parameter.name));
    const all = new URLSearchParams({ poll: state.poll });
    if (state.range === "custom") addMoments(all, state);
    else if (state.range !== "all") all.set("from", state.range);
    for (const name of ["colours", "regions"]) {
      for (const one of state[name]) all.append(name, one);
    }
    addOptions(all, state, question);
    for (const [name, text] of all) if (has.has(name)) query.append(name, text);
    return query;
  };

  /* Parameters that only this question has. */
  history.optionsOf = function (question) {
    return question ? question.parameters.filter((parameter) => !OWN.has(parameter.name)) : [];
  };

  function addMoments(query, state) {
    if (state.from) query.set("from", state.from);
    if (state.to) query.set("to", state.to);
  }

  function addOptions(query, state, question) {
    for (const { name } of history.optionsOf(question)) {
      if (state.options[name]) query.set(name, state.options[name]);
    }
  }
})(window.cube.history);
