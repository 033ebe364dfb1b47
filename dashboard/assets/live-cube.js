/* Stickers by colour in, the visible faces of a cube out. A letter on each: colour is not alone. */
window.cube = window.cube || {};
(function (cube) {
  "use strict";
  const FACES = ["top", "left", "right"];
  const LABEL_EVERY_MS = 10000; // a screen reader is told now and then, not each tick
  const BLANK = { letter: "", fill: "", ink: "", label: "" };
  const OTHER = { letter: "…", fill: "#7a828e", ink: "#ffffff", label: "Others" };

  cube.newCube = function (root) {
    const body = root.querySelector("#cube");
    const scene = root.querySelector("#cube-scene");
    const leader = root.querySelector("#leader");
    const stickers = [];
    let labelledAt = -Infinity;
    body.replaceChildren();
    for (const name of FACES) {
      const face = document.createElement("div");
      face.className = "face face-" + name;
      for (let place = 0; place < 9; place += 1) {
        const sticker = document.createElement("span");
        sticker.className = "sticker";
        face.append(sticker);
        stickers.push(sticker);
      }
      body.append(face);
    }

    function draw(model) {
      const swatches = model.stickers.flatMap(([place, count]) =>
        Array(count).fill(place < 0 ? OTHER : model.palette[place]),
      );
      stickers.forEach((sticker, place) => {
        const swatch = swatches[place] || BLANK;
        if (sticker.swatch === swatch) return;
        sticker.swatch = swatch;
        sticker.textContent = swatch.letter;
        sticker.style.backgroundColor = swatch.fill;
        sticker.style.color = swatch.ink;
      });
      describe(model);
    }

    function describe(model) {
      if (!model.total) {
        leader.textContent = "";
        scene.setAttribute("aria-label", "The cube: no votes yet");
        return;
      }
      const ranked = cube.ranking(model);
      const share = (place) => cube.format.share(model.shares[place]);
      const name = (place) => model.palette[place].label;
      const tied = ranked.length > 1 && model.counts[ranked[0]] === model.counts[ranked[1]];
      leader.textContent = tied
        ? name(ranked[0]) + " and " + name(ranked[1]) + " lead, level"
        : name(ranked[0]) + " leads with " + share(ranked[0]);
      if (performance.now() - labelledAt < LABEL_EVERY_MS) return;
      labelledAt = performance.now();
      const parts = ranked.slice(0, 6).map((place) => name(place) + " " + share(place));
      scene.setAttribute("aria-label", "The cube, shares of the vote: " + parts.join(", "));
    }

    return { draw };
  };
})(window.cube);
