// What material tells our own server, and nobody else: how far somebody came with a clip, a game or a quiz. A game runs
// in a frame that can reach nothing; it says things by messages, of which only the known ones from that frame are heard.
(() => {
  "use strict";
  const { campaign, code, via } = document.currentScript.dataset;
  const MOST = 999999999;
  const TIMES = 20;
  let told = 0;

  const tell = (creative, step, score) => {
    if (told >= TIMES) return;
    told += 1;
    const touch = { kind: "play", campaign, code: code || "", via: via || "", c: creative, step };
    if (score !== undefined) touch.score = score;
    if (window.crypto && crypto.randomUUID) touch.id = crypto.randomUUID();
    navigator.sendBeacon("/t", JSON.stringify([touch]));
  };
  const of = (element) => element.closest("[data-creative]").dataset.creative;
  const isPoints = (score) => Number.isInteger(score) && score >= 0 && score <= MOST;

  for (const clip of document.querySelectorAll("video.clip")) {
    const steps = [[0.25, "q25"], [0.5, "q50"], [0.75, "q75"]];
    clip.addEventListener("play", () => tell(of(clip), "started"), { once: true });
    clip.addEventListener("timeupdate", () => {
      // Who jumps ahead has not seen what lies between: only what was played counts.
      let seen = 0;
      for (let part = 0; part < clip.played.length; part += 1) seen += clip.played.end(part) - clip.played.start(part);
      while (steps.length && seen >= steps[0][0] * clip.duration) tell(of(clip), steps.shift()[1]);
    });
    clip.addEventListener("ended", () => tell(of(clip), "finished"), { once: true });
  }

  for (const form of document.querySelectorAll("[data-quiz]")) {
    form.addEventListener("change", () => tell(of(form), "started"), { once: true });
  }
  for (const outcome of document.querySelectorAll("[data-finished]")) {
    tell(outcome.dataset.creative, "finished", Number(outcome.dataset.finished));
  }

  const made = (piece, score) => {
    const [panel, points] = [piece.querySelector("[data-made]"), piece.querySelector("[data-points]")];
    const field = piece.querySelector("[data-score-field]");
    const joining = document.querySelector("input[data-carried-score]");
    panel.hidden = false;
    points.textContent = score.toLocaleString(document.documentElement.lang);
    if (joining) joining.value = Math.max(score, Number(joining.value) || 0);
    if (!field) return;
    field.value = Math.max(score, Number(field.value) || 0);
    fetch(field.form.action, { method: "POST", body: new FormData(field.form), redirect: "manual" }).catch(() => {});
  };

  for (const door of document.querySelectorAll("a[data-game]")) {
    door.addEventListener("click", (event) => {
      event.preventDefault();
      const piece = door.closest("[data-creative]");
      const { title, language, colour, best, challenger, score } = door.dataset;
      const frame = document.createElement("iframe");
      frame.setAttribute("sandbox", "allow-scripts");
      frame.setAttribute("referrerpolicy", "no-referrer");
      frame.className = "game";
      frame.title = title;
      frame.src = door.href;
      const hello = { sebar: 1, type: "hello", language, colour };
      if (best) hello.best = Number(best);
      if (challenger) hello.challenger = { name: challenger, score: Number(score) };
      // A sandboxed page has no origin that could be named; what it is told is on this page anyway.
      frame.addEventListener("load", () => { frame.contentWindow.postMessage(hello, "*"); frame.focus(); });
      const heard = { started: 0, finished: 0 };
      window.addEventListener("message", (message) => {
        const said = message.data;
        if (message.source !== frame.contentWindow || !said || said.sebar !== 1) return;
        if (said.type === "started" && heard.started < 5) {
          heard.started += 1;
          tell(of(piece), "started");
        } else if (said.type === "score" && isPoints(said.score)) {
          piece.querySelector("[data-said]").textContent = String(said.score);
        } else if (said.type === "finished" && isPoints(said.score) && heard.finished < 5) {
          heard.finished += 1;
          tell(of(piece), "finished", said.score);
          made(piece, said.score);
        } else if (said.type === "share") {
          const panel = piece.querySelector("[data-made]");
          if (!panel.hidden) panel.scrollIntoView({ block: "center" });
        }
      });
      piece.querySelector("[data-stage]").replaceChildren(frame);
    });
  }
})();
