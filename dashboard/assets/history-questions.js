/* The questions and the one that is asked in, a list of links (on a phone: a select) out; and, above
   it all, how far the history reaches. */
window.cube = window.cube || {};
window.cube.history = window.cube.history || {};
(function (cube, history) {
  "use strict";

  history.drawQuestions = function (root, page, usualPoll, change) {
    const nav = root.querySelector("#history-questions");
    const select = root.querySelector("#history-question-select");
    const questions = page.questions || [];
    const asked = page.question();
    const pairs = questions.map(({ name }) => [name, history.called(name)]);
    root.querySelector("#history-title").textContent = asked ? asked.title : "";
    history.drawSelect(select, pairs, asked ? asked.name : "");
    select.onchange = () => change({ question: select.value });
    if (nav.children.length !== questions.length) nav.replaceChildren(...pairs.map(link));
    for (const one of nav.children) {
      const { question } = one.dataset;
      const state = { ...page.state, question, options: {}, draw: null };
      one.href = "/history" + history.writeAddress(state, null, usualPoll);
      one.onclick = (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab of its own
        event.preventDefault();
        change({ question });
      };
      if (asked && question === asked.name) one.setAttribute("aria-current", "true");
      else one.removeAttribute("aria-current");
    }
  };

  function link([name, label]) {
    const made = document.createElement("a");
    made.textContent = label;
    made.dataset.question = name;
    return made;
  }

  /* An answer's own reach goes before that of the context, which may be older. */
  history.drawFacts = function (line, name, page, context, answer) {
    const pill = document.getElementById("status");
    const away = page.failure && history.stateOf(page.failure) === "away";
    const reach = answer && answer.as_of ? Date.parse(answer.as_of) : context && context.reach;
    const now = Date.now();
    name.textContent = page.state.poll;
    pill.dataset.state = away ? "lost" : reach ? "live" : "loading";
    pill.textContent = away
      ? page.failure.error === "lost" ? "No server" : "Warehouse away"
      : reach ? "To " + history.moment.utc(reach, now) : page.failure ? "No answer" : "Loading";
    if (context && !reach && !away) pill.textContent = "No history";
    pill.title = reach ? history.moment.local(reach) : "";
    line.replaceChildren();
    if (!context) return;
    line.append(cube.format.whole(context.counted) + " votes · reaches ", stamped(reach, now));
    line.append(" · last load ", stamped(context.loaded_at, now));
  };

  function stamped(at, now) {
    const made = document.createElement("time");
    made.textContent = history.moment.utc(at, now);
    if (at) {
      made.dateTime = new Date(at).toISOString();
      made.title = history.moment.local(at);
    }
    return made;
  }
})(window.cube, window.cube.history);
