/* Lines of the ledger in, rows with their states out; each opens to its minutes and what to run. */
window.cube = window.cube || {};
window.cube.pipeline = window.cube.pipeline || {};
(function (cube, pipeline) {
  "use strict";
  const { words, write, writeState, made } = pipeline;
  const { whole } = cube.format;
  const SOURCES = { page: "this page", check: "cube check", compare: "schedule" };
  const COPIED_MS = 1500;

  pipeline.drawLedger = function (root, body, now) {
    for (const line of body.lines) {
      const rows = root.querySelector('[data-line="' + line.name + '"]');
      if (rows) drawLine(rows, line, now);
    }
  };

  function drawLine(rows, line, now) {
    const came = line.state === "differs" && rows.dataset.state !== "differs";
    rows.dataset.state = line.state;
    writeState(rows.querySelector(".cell-state .state"), line.state);
    for (const side of ["left", "right"]) {
      const cell = rows.querySelector('[data-side="' + side + '"]');
      write(cell.firstElementChild, whole(line[side]));
    }
    const equal = line.difference === 0;
    write(rows.querySelector(".cell-sign"), line.difference === null ? "" : equal ? "=" : "≠");
    write(rows.querySelector(".cell-difference"), words.difference(line.difference));
    write(rows.querySelector(".cell-exact"), exact(line));
    write(rows.querySelector(".cell-source"), source(line, now));
    const why = line.state === "ok" ? "" : line.note;
    pipeline.said(rows.querySelector(".line-why"), why ? words.sentence(why) + "." : "");
    drawDetails(rows.querySelector(".line-details td"), line);
    if (came) open(rows.querySelector(".line-button"), true); // red words say what to run
  }

  const exact = (line) =>
    line.left === null ? "–" : line.exact_until_ms === null
      ? "as read"
      : words.minute(line.exact_until_ms);

  function source(line, now) {
    const by = SOURCES[line.source];
    return line.as_of === null ? by : by + ", " + words.age(line.as_of, now);
  }

  function drawDetails(cell, line) {
    const key = JSON.stringify([line.details, line.commands, line.details_left_out]);
    if (cell.key === key) return;
    cell.key = key;
    const parts = [];
    if (line.commands.length) parts.push(commands(line.commands));
    if (line.details.length) parts.push(details(line));
    if (!parts.length) parts.push(made("p", "There is nothing more to say: it is one number a side."));
    cell.replaceChildren(...parts);
  }

  function commands(list) {
    const box = made("div", undefined, "commands");
    box.append(made("h3", "What to run"));
    const items = made("ol");
    for (const command of list) {
      const item = made("li");
      const button = made("button", "Copy", "copy-button");
      button.type = "button";
      button.dataset.pipeline = "copy";
      button.setAttribute("aria-label", "Copy: " + command);
      item.append(made("code", command), button);
      items.append(item);
    }
    box.append(items);
    return box;
  }

  function details(line) {
    const box = made("div", undefined, "detail-scroll");
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", line.title + ", part by part");
    const table = made("table", undefined, "details");
    const minutes = line.details.some((each) => each.minute_ms !== null);
    const head = table.createTHead().insertRow();
    const whose = minutes ? ["Minute, UTC", "Of"] : ["Of"];
    for (const name of ["State", ...whose, "One side", "Other side", "Difference"]) {
      const cell = made("th", name);
      cell.scope = "col";
      head.append(cell);
    }
    const rows = table.createTBody();
    for (const each of line.details) {
      const row = rows.insertRow();
      row.dataset.state = each.state;
      const state = made("span", undefined, "state");
      state.append(made("span", "", "mark"), made("span"));
      state.firstElementChild.setAttribute("aria-hidden", "true");
      writeState(state, each.state);
      row.insertCell().append(state);
      if (minutes) row.append(made("td", words.lately(each.minute_ms, line.as_of)));
      row.append(
        made("td", [each.poll, each.what].filter(Boolean).join(", ") || "all lines"),
        made("td", whole(each.left)),
        made("td", whole(each.right)),
        made("td", words.difference(each.left - each.right)),
      );
    }
    box.append(table);
    if (line.details_left_out) {
      box.append(made("p", whole(line.details_left_out) + " more are not shown.", "figure-note"));
    }
    return box;
  }

  function open(button, wanted) {
    button.setAttribute("aria-expanded", String(wanted));
    document.getElementById(button.getAttribute("aria-controls")).hidden = !wanted;
  }

  pipeline.toggle = (button) => open(button, button.getAttribute("aria-expanded") !== "true");

  pipeline.copy = async function (button) {
    try {
      await navigator.clipboard.writeText(button.previousElementSibling.textContent);
      button.textContent = "Copied";
    } catch (error) {
      getSelection().selectAllChildren(button.previousElementSibling);
      button.textContent = "Selected";
    }
    setTimeout(() => (button.textContent = "Copy"), COPIED_MS);
  };
})(window.cube, window.cube.pipeline);
