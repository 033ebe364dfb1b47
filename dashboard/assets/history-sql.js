/* SQL and the values bound to it in, text with colours and a list of values out. */
window.cube = window.cube || {};
window.cube.history = window.cube.history || {};
(function (history) {
  "use strict";
  const TOKENS = new RegExp(
    [
      "(?<comment>--[^\\n]*)",
      "(?<string>'(?:[^']|'')*')",
      "(?<parameter>:[a-z_]\\w*)",
      "(?<keyword>\\b(?:SELECT|FROM|WHERE|AND|OR|NOT|IN|IS|NULL|AS|ON|GROUP|ORDER|BY|LIMIT|OVER|" +
        "PARTITION|WITH|WITHIN|CASE|WHEN|THEN|ELSE|END|LEFT|JOIN|DISTINCT|DESC|ASC|TIMESTAMP)\\b)",
      "(?<number>\\b\\d+(?:\\.\\d+)?\\b)",
    ].join("|"),
    "g",
  );

  history.newSql = function (root) {
    const code = root.querySelector("#history-sql");
    const list = root.querySelector("#history-values");
    let copied = "";

    /* Before there is an answer, what is bound is not known: the question alone is shown. */
    function draw(question, answer) {
      copied = answer ? answer.sql : question.sql;
      const text = question.sql;
      if (code.shown !== text) {
        code.shown = text;
        code.replaceChildren(...coloured(text));
      }
      list.replaceChildren(...(answer ? answer.parameters.flatMap(described) : []));
    }

    /* With the values in their places: it runs as it is, in any client. */
    async function copy() {
      try {
        await navigator.clipboard.writeText(copied);
        return true;
      } catch (error) {
        return false; // not a secure context: the text can be selected
      }
    }

    return { draw, copy };
  };

  function described({ name, kind, texts }) {
    const term = document.createElement("dt");
    const value = document.createElement("dd");
    term.textContent = ":" + name;
    value.textContent = texts.length ? texts.map((text) => said(kind, text)).join(", ") : "NULL";
    if (!texts.length) value.append(note(kind === "texts" ? " – no filter" : ""));
    if (kind === "time") value.title = history.moment.local(history.moment.bound(texts[0]));
    return [term, value];
  }

  function said(kind, text) {
    if (kind === "time") return history.moment.exact(history.moment.bound(text)) + " UTC";
    return kind === "text" || kind === "texts" ? "'" + text + "'" : text;
  }

  function note(text) {
    const made = document.createElement("span");
    made.className = "figure-note";
    made.textContent = text;
    return made;
  }

  function coloured(text) {
    const nodes = [];
    let end = 0;
    for (const match of text.matchAll(TOKENS)) {
      nodes.push(document.createTextNode(text.slice(end, match.index)));
      const made = document.createElement("span");
      made.className = "sql-" + Object.keys(match.groups).find((kind) => match.groups[kind]);
      made.textContent = match[0];
      nodes.push(made);
      end = match.index + match[0].length;
    }
    nodes.push(document.createTextNode(text.slice(end)));
    return nodes;
  }
})(window.cube.history);
