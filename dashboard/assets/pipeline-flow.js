/* Stages in, the drawing's numbers and states out; the drawing itself is there from the start. */
window.cube = window.cube || {};
window.cube.pipeline = window.cube.pipeline || {};
(function (pipeline) {
  "use strict";
  const { words, write, writeState } = pipeline;

  pipeline.drawFlow = function (root, body, now) {
    for (const stage of body.stages) {
      const node = root.querySelector('[data-stage="' + stage.name + '"]');
      if (!node) continue;
      node.dataset.state = stage.state;
      writeState(node.querySelector(".state"), stage.state);
      for (const value of node.querySelectorAll("[data-member]")) {
        write(value, words.form(value.dataset.form, stage[value.dataset.member], now));
      }
      const why = words.sentence(stage.why);
      write(node.querySelector(".node-why"), why);
      node.title = why;
    }
  };

  pipeline.drawSources = function (root, body, now) {
    for (const source of body.sources) {
      const node = root.querySelector('[data-source="' + source.name + '"]');
      node.dataset.state = source.state;
      const age = source.as_of === null ? "never" : words.age(source.as_of, now);
      const stale = source.state === "stale" ? ", stale" : "";
      write(node.querySelector(".source-age"), age + stale);
      node.title = words.sentence(source.error || words.moment(source.as_of));
    }
  };
})(window.cube.pipeline);
