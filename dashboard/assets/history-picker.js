/* Names to choose from in, the ticked ones out: a list that opens; none ticked means all. */
window.cube = window.cube || {};
window.cube.history = window.cube.history || {};
(function (history) {
  "use strict";

  history.newPicker = function (details, searchFrom, onPick) {
    const summary = details.querySelector("summary");
    const picked = details.querySelector(".picked");
    const box = details.querySelector(".options");
    let known = null;

    function draw(choices, chosen, usable) {
      const names = new Set(choices.map((choice) => choice.name));
      const gone = chosen.filter((name) => !names.has(name)); // an address may ask for anything
      const all = [...choices, ...gone.map((name) => ({ name, label: name }))];
      const key = JSON.stringify(all.map((choice) => choice.name));
      if (known !== key) rebuild(all);
      known = key;
      for (const tick of box.querySelectorAll("[type=checkbox]")) {
        tick.checked = chosen.includes(tick.value);
      }
      const labels = all.filter((choice) => chosen.includes(choice.name)).map((one) => one.label);
      picked.textContent = labels.length > 1 ? labels.length + " of " + all.length : labels[0] || "all";
      details.classList.toggle("unusable", !usable);
      summary.tabIndex = usable ? 0 : -1;
      summary.setAttribute("aria-disabled", String(!usable));
      summary.title = usable ? "" : "This question has no such filter";
      if (!usable) details.open = false;
    }

    function rebuild(choices) {
      const rows = choices.map(row);
      const parts = rows.length >= searchFrom ? [search(rows)] : [];
      if (!rows.length) parts.push("Nothing to choose from yet");
      else parts.push(everything());
      box.replaceChildren(...parts, ...rows);
    }

    function row(choice) {
      const label = document.createElement("label");
      const tick = document.createElement("input");
      const swatch = document.createElement("span");
      tick.type = "checkbox";
      tick.value = choice.name;
      tick.addEventListener("change", tell);
      label.append(tick);
      if (choice.fill) {
        swatch.className = "swatch";
        swatch.style.backgroundColor = choice.fill;
        label.append(swatch);
      }
      label.append(choice.label);
      return label;
    }

    function search(rows) {
      const input = document.createElement("input");
      input.type = "search";
      input.placeholder = "Find";
      input.setAttribute("aria-label", "Find in the list");
      input.addEventListener("input", () => {
        const wanted = input.value.toLowerCase();
        for (const one of rows) one.hidden = !one.textContent.toLowerCase().includes(wanted);
      });
      return input;
    }

    function everything() {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "text-button";
      button.textContent = "All";
      button.addEventListener("click", () => onPick([]));
      return button;
    }

    function tell() {
      onPick([...box.querySelectorAll(":checked")].map((tick) => tick.value));
    }

    summary.addEventListener("click", (event) => {
      if (summary.getAttribute("aria-disabled") === "true") event.preventDefault();
    });
    details.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !details.open) return;
      details.open = false;
      summary.focus();
    });
    document.addEventListener("pointerdown", (event) => {
      if (!details.contains(event.target)) details.open = false;
    });
    return { draw };
  };
})(window.cube.history);
