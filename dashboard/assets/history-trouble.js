/* What came instead of rows in; what the page says, and what it offers to do, out. */
window.cube = window.cube || {};
window.cube.history = window.cube.history || {};
(function (history) {
  "use strict";
  const TITLES = {
    warehouse_away: "The warehouse does not answer",
    misconfigured: "The warehouse cannot be reached",
    history_off: "No warehouse is set up",
    history_busy: "Too many questions at once",
    query_timed_out: "Cut off: the question took too long",
    query_stopped: "Cancelled",
    query_failed: "The warehouse refused the question",
    parameter_refused: "A filter cannot be read",
    question_unknown: "There is no such question",
    lost: "The dashboard's server does not answer",
  };
  const POLL = /^[a-z0-9-]{1,64}$/;
  const AWAY = new Set(["warehouse_away", "misconfigured", "history_off", "lost"]);

  history.stateOf = (failure) =>
    failure.error === "query_stopped" ? "stopped" : AWAY.has(failure.error) ? "away" : "failed";

  history.titleOf = (failure) => TITLES[failure.error] || "The question failed";

  /* {title, text, hint, code, actions: [[action, label]]} */
  history.failureOf = function (failure, answer) {
    const stopped = failure.error === "query_stopped";
    const words = failure.error === "parameter_refused" || failure.error === "question_unknown";
    const old = answer ? " Below is the answer of " + history.moment.utc(answer.asked_at) + "." : "";
    return {
      title: history.titleOf(failure),
      text: (stopped ? "The warehouse has stopped working on it." : sentence(failure.message)) + old,
      hint: stopped ? "" : failure.hint,
      code: failure.error,
      actions: [words ? ["reset", "Reset the filters"] : ["again", stopped ? "Run again" : "Try again"]],
    };
  };

  /* Why there are no rows, and what to do. */
  history.emptinessOf = function (state, context, usualPoll) {
    const title = "No rows";
    const option = state.poll === usualPoll ? "" : " --poll " + state.poll;
    const send = "`cube load --rate 1000" + option + "`";
    if (context && context.reach === null) {
      return {
        title: "No history yet",
        text: "Nothing has been loaded so far. Votes are here within a minute of being cast: " + send,
        actions: [["again", "Look again"]],
      };
    }
    const unknown = context && context.polls.length && !context.polls.includes(state.poll);
    if (unknown || !POLL.test(state.poll)) {
      return {
        title: "No poll has that name",
        text: "The history knows no poll " + state.poll + ".",
        actions: [["usual-poll", "Show the default poll"]],
      };
    }
    if (context && context.counted === null) {
      return {
        title,
        text: "No vote of this poll has been loaded so far. Send some: " + send,
        actions: [["again", "Look again"]],
      };
    }
    const whole = state.range === "all" && !state.colours.length && !state.regions.length;
    return {
      title,
      text: whole
        ? "In all of this poll's history there is nothing that answers this question."
        : "Nothing in this range and with these filters." + reaching(context),
      actions: whole ? [] : [["everything", "Show all, without filters"]],
    };
  };

  function reaching(context) {
    if (!context || context.first === null) return "";
    const { utc } = history.moment;
    return " Votes of this poll arrived from " + utc(context.first) + " to " + utc(context.last) + ".";
  }

  history.drawTrouble = function (box, said) {
    box.hidden = !said;
    const key = JSON.stringify(said);
    if (!said || box.key === key) return;
    box.key = key;
    const parts = [made("h3", said.title), made("p", said.text)];
    if (said.hint) parts.push(made("p", said.hint, "figure-note"));
    if (said.code) parts.push(made("p", "`" + said.code + "`", "figure-note"));
    const buttons = said.actions.map(([action, label]) => {
      const button = made("button", label, "text-button");
      button.type = "button";
      button.dataset.history = action;
      return button;
    });
    box.replaceChildren(...parts, ...buttons);
  };

  const sentence = (text = "") =>
    text.slice(0, 1).toUpperCase() + text.slice(1).replace(/([^.])$/, "$1.");

  /* Text with `code` in it. */
  function made(tag, text, className) {
    const node = document.createElement(tag);
    node.className = className || "";
    (text || "").split("`").forEach((part, place) => {
      const piece = document.createElement(place % 2 ? "code" : "span");
      piece.textContent = part;
      if (part) node.append(piece);
    });
    return node;
  }
})(window.cube.history);
