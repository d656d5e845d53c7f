// What the console does beyond plain pages. Every page works without it.
"use strict";

const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);

// Replace parts of the page by id, keeping what is open and where the focus is.
function swap(html, ids) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const part of fresh.querySelectorAll(ids)) {
    const old = document.getElementById(part.id);
    if (!old || old.innerHTML === part.innerHTML) continue;
    const held = old.contains(document.activeElement) ? document.activeElement.id : "";
    each("details[id]", (details) => {
      const before = document.getElementById(details.id);
      if (before && before.open) details.open = true;
    }, part);
    old.replaceWith(document.adoptNode(part));
    enliven(part);
    if (held && document.getElementById(held)) document.getElementById(held).focus();
  }
}

// Copy buttons.
function copying(root) {
  each("[data-copy]", (button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const input = document.getElementById(button.dataset.copy);
      const says = button.closest(".copy").parentElement.querySelector("[role=status]");
      input.select();
      try {
        await navigator.clipboard.writeText(input.value);
        says.textContent = "✓ " + button.textContent;
      } catch {
        says.textContent = "Ctrl+C";
      }
    });
  }, root);
}

// Charts: a line under the pointer or moved by keys, and the row of the table it stands for.
function crosshairs(root) {
  each("[data-crosshair]", (chart) => {
    const table = document.getElementById(chart.dataset.crosshair);
    const [picture, line, says] = [chart.querySelector("svg"), chart.querySelector(".cursor"), chart.querySelector("output")];
    if (!table || !picture) return;
    const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    const rows = table.tBodies[0].rows;
    let at = rows.length - 1;
    const show = (wanted) => {
      at = Math.max(0, Math.min(rows.length - 1, wanted));
      const x = rows.length > 1 ? (100 * at) / (rows.length - 1) + "%" : "0";
      line.setAttribute("x1", x);
      line.setAttribute("x2", x);
      line.setAttribute("visibility", "visible");
      const cells = [...rows[at].cells].map((cell) => cell.textContent);
      says.hidden = false;
      says.textContent = cells.map((text, i) => (i ? heads[i] + " " + text : text)).join(" · ");
    };
    picture.addEventListener("pointermove", (event) => {
      const box = picture.getBoundingClientRect();
      show(Math.round(((event.clientX - box.left) / box.width) * (rows.length - 1)));
    });
    picture.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at - 10, PageDown: at + 10, Home: 0, End: rows.length };
      if (!(event.key in moves)) return;
      event.preventDefault();
      show(moves[event.key]);
    });
  }, root);
}

// Replaying how cascades grew: pictures follow the slider at once, exact figures are fetched where it rests.
function players(root) {
  each("[data-player]", (form) => {
    const slider = form.elements.step;
    const [play, says] = [form.querySelector("[data-play]"), form.querySelector("output")];
    const [counts, moments] = ["counts", "moments"].map((name) => JSON.parse(form.dataset[name]));
    const last = Number(form.dataset.last);
    const marks = [...document.querySelectorAll("[data-at]")];
    let timer = 0;
    const follow = () => {
      const step = Number(slider.value);
      says.textContent = moments[step] || "";
      const clip = document.querySelector("#until rect");
      if (clip) clip.setAttribute("width", (1000 * (step + 1)) / (last + 1));
      const soFar = counts.map((row) => row.slice(0, step + 1).reduce((sum, count) => sum + count, 0));
      rows(soFar, counts);
      for (const mark of marks) mark.classList.toggle("ahead", Number(mark.dataset.at) > step);
    };
    const rest = () => {
      const query = new URLSearchParams(new FormData(form));
      if (Number(slider.value) === last) query.delete("step");
      const address = location.pathname + (query.size ? "?" + query : "");
      history.replaceState(null, "", address);
      fetch(address).then((answer) => answer.text()).then((html) => swap(html, "[data-swap]"));
    };
    const pause = () => {
      clearInterval(timer);
      timer = 0;
      play.setAttribute("aria-pressed", "false");
    };
    play.addEventListener("click", () => {
      if (timer) { pause(); rest(); return; }
      if (Number(slider.value) >= last) slider.value = 0;
      play.setAttribute("aria-pressed", "true");
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      timer = setInterval(() => {
        slider.value = Number(slider.value) + (still ? 10 : 1);
        follow();
        if (Number(slider.value) >= last) { pause(); rest(); }
      }, still ? 1500 : Math.max(60, 9000 / (last + 1)));
    });
    slider.addEventListener("input", () => { pause(); follow(); });
    slider.addEventListener("change", rest);
    each("[data-step]", (button) => {
      button.hidden = false;
      button.addEventListener("click", () => {
        pause();
        slider.value = Number(slider.value) + Number(button.dataset.step);
        follow();
        clearTimeout(form.resting);
        form.resting = setTimeout(rest, 600);
      });
    }, form);
    play.hidden = false;
  }, root);
}

function rows(soFar, counts) {
  const whole = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  each(".generations tbody tr", (row, index) => {
    if (index >= soFar.length || row.dataset.first !== row.dataset.last) return;
    const svg = row.querySelector("svg");
    const share = whole[index] ? soFar[index] / whole[index] : 0;
    svg.setAttribute("width", 100 * share + "%");
    row.cells[2].firstChild.textContent = soFar[index].toLocaleString(document.documentElement.lang);
  });
}

// The live page: asks for one number every second, for the figures only when it changed. It rests longer where the
// figures take long to count, and when nothing has happened for two minutes.
function live(page) {
  const { versionUrl, panelsUrl } = page.dataset;
  const summary = () => document.getElementById("panel-summary");
  const says = document.querySelector("[data-counted]");
  let version = Number(summary()?.dataset.version ?? -1);
  let idle = 0;
  let rests = 1000;
  let timer = 0;
  says.textContent = summary()?.dataset.countedAt ?? "";
  const look = async () => {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      const answer = await fetch(versionUrl, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.status);
      const newest = await answer.json();
      idle = newest.version === version ? idle + 1 : 0;
      if (newest.version !== version) {
        const begun = performance.now();
        swap(await (await fetch(panelsUrl)).text(), "[id^=panel-]");
        version = newest.version;
        rests = Math.max(1000, 2 * (performance.now() - begun));
      }
      says.textContent = newest.counted;
      page.removeAttribute("aria-busy");
    } catch {
      page.setAttribute("aria-busy", "true");
      idle += 5;
    }
    timer = setTimeout(look, idle > 120 ? 20000 : rests);
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { idle = 0; look(); } });
  timer = setTimeout(look, rests);
}

function enliven(root) {
  copying(root);
  crosshairs(root);
  players(root);
}

each("form", (form) => form.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.dataset.confirm && !confirm(button.dataset.confirm)) { event.preventDefault(); return; }
  if (button && form.method === "post") {
    setTimeout(() => button.setAttribute("aria-busy", "true"));
    if (button.dataset.busy) button.textContent = button.dataset.busy;
  }
}));
// The tab of this page, where a phone has no room for all: browsers that know no `scroll-initial-target` are told.
each(".tabs [aria-current]", (tab) => {
  const bar = tab.parentElement;
  bar.scrollLeft = tab.offsetLeft - bar.offsetLeft - (bar.clientWidth - tab.offsetWidth) / 2;
});
enliven(document);
each("[data-live]", live);
