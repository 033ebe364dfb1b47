/* The page's parts in, a living page out: mounts when the page is there, draws at most once a frame. */
window.cube = window.cube || {};
(function (cube) {
  "use strict";
  const AGE_EVERY_MS = 250;
  let mounted = null;

  function mount(root) {
    const model = cube.newModel();
    const view = { model, root, link: "loading", paused: false, picked: null, table: false };
    const parts = {
      cube: cube.newCube(root),
      chart: cube.newChart(root),
      table: cube.newTable(root),
      trend: cube.newTrend(root),
      race: cube.newRace(root, (place) => {
        view.picked = view.picked === place ? null : place;
        draw();
      }),
    };
    const asked = new URLSearchParams(location.search).get("poll");
    let poll = asked || root.dataset.defaultPoll;
    let stream = null;
    let frame = 0;

    function connect() {
      if (stream) stream.close();
      stream = cube.openStream(poll, {
        opening: (opening) => applied(() => cube.applyOpening(model, opening)),
        tick: (tick) => model.seeded && applied(() => cube.applyTick(model, tick)),
        link: (link) => {
          view.link = link;
          draw();
        },
      });
    }

    function applied(apply) {
      apply();
      draw();
    }

    function draw() {
      if (!frame) frame = requestAnimationFrame(drawNow);
    }

    function drawNow() {
      frame = 0;
      cube.showStatus(root, model, view.link, view.paused);
      write("figure-age", cube.format.age(cube.ageOf(model)));
      if (view.paused || !model.seeded) return;
      write("figure-total", cube.format.whole(model.total));
      write("figure-rate", cube.format.whole(model.rate));
      write("figure-latency", cube.format.latency(model.latency));
      drawPolls(root, model, poll, choose);
      parts.trend.draw(model);
      if (view.table) return parts.table.draw(model);
      parts.cube.draw(model);
      parts.race.draw(model, view.picked);
      parts.chart.draw(model, view.picked, document.documentElement.dataset.scheme);
    }

    function write(id, text) {
      const node = root.querySelector("#" + id);
      if (node.textContent !== text) node.textContent = text;
      node.classList.toggle("skeleton", model.asOf === null);
    }

    function choose(name) {
      poll = name;
      history.replaceState(null, "", "?poll=" + encodeURIComponent(name));
      Object.assign(model, cube.newModel(), { paletteVersion: model.paletteVersion + 1 });
      view.link = "loading";
      view.picked = null;
      connect();
    }

    function act(action, button) {
      if (action === "pause") {
        view.paused = !view.paused;
        document.documentElement.classList.toggle("paused", view.paused);
        button.setAttribute("aria-pressed", String(view.paused));
        button.title = view.paused ? "Go on" : "Pause";
      } else if (action === "table") {
        view.table = !view.table;
        root.querySelector("#charts").hidden = view.table;
        root.querySelector("#table").hidden = !view.table;
        const toggle = root.querySelector("#table-button");
        toggle.setAttribute("aria-pressed", String(view.table));
        if (!view.table) requestAnimationFrame(() => dispatchEvent(new Event("resize")));
      }
      draw();
    }

    /* A hidden tab holds no stream: browsers allow six to one server. */
    function visibility() {
      if (!document.hidden) connect();
      else if (stream) stream.close();
    }

    document.addEventListener("visibilitychange", visibility);
    addEventListener("resize", draw);
    const ageing = setInterval(draw, AGE_EVERY_MS);
    connect();
    return {
      root,
      act,
      end() {
        clearInterval(ageing);
        document.removeEventListener("visibilitychange", visibility);
        removeEventListener("resize", draw);
        stream.close();
      },
    };
  }

  function drawPolls(root, model, poll, choose) {
    const choice = root.querySelector("#poll-choice");
    const select = root.querySelector("#poll-select");
    const name = root.querySelector("#poll-name");
    choice.hidden = model.polls.length < 2;
    name.textContent = choice.hidden ? model.poll : "";
    const known = model.polls.join();
    if (select.known === known) return;
    select.known = known;
    select.replaceChildren(...model.polls.map((one) => new Option(one, one, false, one === poll)));
    select.onchange = () => choose(select.value);
  }

  function switchScheme() {
    const html = document.documentElement;
    html.dataset.scheme = html.dataset.scheme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("scheme", html.dataset.scheme);
    } catch (error) {
      /* private mode: the choice lasts as long as the page */
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-action]");
    if (!button) return;
    if (button.dataset.action === "scheme") switchScheme();
    if (mounted) mounted.act(button.dataset.action, button);
  });

  /* Dash renders late and may swap pages: follow the page's root, whenever it comes or goes. */
  function follow() {
    const root = document.getElementById("live");
    if (root === (mounted && mounted.root)) return;
    if (mounted) mounted.end();
    mounted = root && mount(root);
    markPage();
  }

  function markPage() {
    for (const link of document.querySelectorAll("a.nav")) {
      if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  new MutationObserver(follow).observe(document.documentElement, {
    childList: true,
    subtree: true,
  });
  follow();
})(window.cube);
