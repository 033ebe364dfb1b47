/* Questions, choices and the state in; controls that show the state and change it out. */
window.cube = window.cube || {};
window.cube.history = window.cube.history || {};
(function (history) {
  "use strict";
  const SEARCH_FROM = 13; // lists of more options than fit the eye get a search

  /* `on.change(change)` is given what a control changed of the state. */
  history.newFilters = function (root, on) {
    const find = (selector) => root.querySelector(selector);
    const poll = find("#history-poll-select");
    const picker = (name) =>
      history.newPicker(find("#history-" + name), SEARCH_FROM, (names) => on.change({ [name]: names }));
    const pickers = { colours: picker("colours"), regions: picker("regions") };
    const moments = {};
    for (const place of root.querySelectorAll("[data-moment]")) {
      const input = document.createElement("input");
      input.type = "datetime-local";
      input.addEventListener("change", typed);
      place.replaceChildren(input);
      moments[place.dataset.moment] = input;
    }
    for (const segment of root.querySelectorAll("[data-range]")) {
      segment.addEventListener("click", () => {
        on.change({ range: segment.dataset.range, from: "", to: "" });
      });
    }
    poll.addEventListener("change", () => on.change({ poll: poll.value, colours: [], regions: [] }));

    function typed() {
      on.change({ range: "custom", from: moments.from.value, to: moments.to.value });
    }

    function draw(state, question, context, now) {
      const has = new Set((question ? question.parameters : []).map((one) => one.name));
      drawRange(state, has, now);
      const polls = new Set([...(context ? context.polls : []), state.poll]);
      options(poll, [...polls].sort().map((name) => [name, name]), state.poll);
      poll.disabled = !has.has("poll");
      const palette = context ? context.palette : [];
      pickers.colours.draw(palette, state.colours, has.has("colours"));
      const regions = context ? context.regions.map((name) => ({ name, label: name })) : [];
      pickers.regions.draw(regions, state.regions, has.has("regions"));
      history.drawOptions(find("#history-options"), question, state, on.change);
    }

    function drawRange(state, has, now) {
      for (const segment of root.querySelectorAll("[data-range]")) {
        segment.setAttribute("aria-pressed", String(segment.dataset.range === state.range));
        segment.disabled = !has.has("from");
      }
      const shown = { from: state.from, to: state.to };
      const back = /^now-(\d+)([hd])$/.exec(state.range);
      if (back && now) {
        const hours = Number(back[1]) * (back[2] === "d" ? 24 : 1);
        shown.from = history.moment.typed(now - hours * 3600000);
      }
      for (const [name, input] of Object.entries(moments)) {
        if (document.activeElement !== input) input.value = typedValue(shown[name]);
        input.disabled = !has.has(name);
        const at = Date.parse(input.value + "Z");
        input.title = at ? history.moment.local(at) : "No limit";
      }
    }

    return { draw };
  };

  /* An address may hold any form of a moment; the input knows one. */
  function typedValue(text) {
    const at = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : text + "Z");
    return Number.isNaN(at) ? "" : history.moment.typed(at);
  }

  function options(select, pairs, chosen) {
    const known = JSON.stringify(pairs);
    if (select.known !== known) {
      select.known = known;
      select.replaceChildren(...pairs.map(([value, label]) => new Option(label, value)));
    }
    select.value = chosen;
  }

  history.drawSelect = options;

  /* The parameters that only this question has. */
  history.drawOptions = function (box, question, state, change) {
    const own = history.optionsOf(question);
    box.hidden = own.length === 0;
    const key = question ? question.name : "";
    if (box.key !== key) {
      box.key = key;
      box.replaceChildren(...own.map((parameter) => field(parameter)));
    }
    for (const input of box.querySelectorAll("input")) {
      const { name, usual } = input.dataset;
      if (document.activeElement !== input) input.value = state.options[name] || usual;
      input.onchange = () => {
        const given = input.value === usual ? "" : input.value;
        change({ options: { ...state.options, [name]: given } });
      };
    }
  };

  function field(parameter) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    const help = document.createElement("span");
    const number = parameter.kind === "integer" || parameter.kind === "number";
    label.className = "field";
    label.append(history.called(parameter.name), input, help);
    input.type = number ? "number" : "text";
    if (number) input.min = "0";
    input.dataset.name = parameter.name;
    input.dataset.usual = parameter.default || "";
    help.className = "figure-note";
    help.textContent = parameter.help;
    if (parameter.kind === "time") input.title = "Such as 2026-11-25T14:00, or now-2h";
    return label;
  }
})(window.cube.history);
