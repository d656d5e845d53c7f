// Catch the beans: move the cup, catch what falls, let the stones pass. Touch, mouse or arrow keys.
(() => {
  "use strict";
  const WORDS = {
    en: {
      title: "Catch the beans", how: "Move the cup with your finger, the mouse or the arrow keys. Stones cost two points.",
      go: "Start", again: "Play again", pass: "Challenge friends", points: "points", done: "You caught {n}!",
      dare: "{who} made {n}. Beat it!", best: "Your best: {n}", beaten: "You beat {who}!", left: "{n} s",
    },
    id: {
      title: "Tangkap biji kopi", how: "Geser cangkir dengan jari, tetikus, atau tombol panah. Batu mengurangi dua poin.",
      go: "Mulai", again: "Main lagi", pass: "Tantang teman", points: "poin", done: "Kamu menangkap {n}!",
      dare: "{who} meraih {n}. Kalahkan!", best: "Terbaikmu: {n}", beaten: "Kamu mengalahkan {who}!", left: "{n} dtk",
    },
  };
  const SECONDS = 40;
  const id = (name) => document.getElementById(name);
  const field = id("field");
  const pen = field.getContext("2d");
  let words = WORDS[navigator.language.slice(0, 2)] || WORDS.en;
  let hello = {};
  let score = 0, left = 0, cup = 0.5, wanted = 0.5, things = [], since = 0, last = 0, running = false;
  const keys = new Set();
  const fill = (text, n, who) => text.replace("{n}", n).replace("{who}", who || "");
  const tell = (type, more) => window.parent.postMessage({ sebar: 1, type, ...more }, "*");

  const write = () => {
    document.documentElement.lang = words === WORDS.id ? "id" : "en";
    document.title = id("title").textContent = words.title;
    id("how").textContent = words.how;
    id("go").textContent = words.go;
    id("pass").textContent = words.pass;
    id("points").textContent = words.points;
    field.setAttribute("aria-label", words.title);
    const dare = id("dare");
    dare.hidden = !hello.challenger && !hello.best;
    if (hello.challenger) dare.textContent = fill(words.dare, hello.challenger.score, hello.challenger.name);
    else if (hello.best) dare.textContent = fill(words.best, hello.best);
  };

  window.addEventListener("message", (event) => {
    const said = event.data;
    if (event.source !== window.parent || !said || said.sebar !== 1 || said.type !== "hello") return;
    hello = said;
    words = WORDS[said.language] || words;
    if (/^#[0-9a-f]{6}$/.test(said.colour || "")) {
      const [r, g, b] = [1, 3, 5].map((at) => parseInt(said.colour.slice(at, at + 2), 16));
      document.documentElement.style.setProperty("--brand", said.colour);
      document.documentElement.style.setProperty("--on-brand", r * 0.3 + g * 0.59 + b * 0.11 > 150 ? "#000" : "#fff");
    }
    if (!running) write();
  });

  const size = () => {
    const scale = Math.min(window.devicePixelRatio || 1, 2);
    field.width = field.clientWidth * scale;
    field.height = field.clientHeight * scale;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    draw();
  };

  const drop = () => {
    const speed = 0.28 + 0.3 * (1 - left / SECONDS) + Math.random() * 0.12;
    things.push({ x: 0.06 + Math.random() * 0.88, y: -0.05, speed, turn: Math.random() * 6, isStone: Math.random() < 0.22 });
  };

  const step = (now) => {
    if (!running) return;
    const passed = Math.min((now - last) / 1000, 0.05);
    last = now;
    left -= passed;
    since -= passed;
    if (keys.has("ArrowLeft")) wanted = Math.max(0.06, wanted - passed * 1.1);
    if (keys.has("ArrowRight")) wanted = Math.min(0.94, wanted + passed * 1.1);
    cup += (wanted - cup) * Math.min(1, passed * 18);
    if (since <= 0) { drop(); since = 0.55 - 0.25 * (1 - left / SECONDS); }
    const reach = Math.max(0.09, 34 / Math.max(field.clientWidth, 1));
    things = things.filter((thing) => {
      const before = thing.y;
      thing.y += thing.speed * passed;
      thing.turn += passed * 2;
      if (before < 0.88 && thing.y >= 0.88 && Math.abs(thing.x - cup) < reach) {
        score = Math.max(0, score + (thing.isStone ? -2 : 1));
        id("score").textContent = score;
        tell("score", { score });
        return false;
      }
      return thing.y < 1.1;
    });
    id("left").textContent = fill(words.left, Math.max(0, Math.ceil(left)));
    draw();
    if (left <= 0) end(); else requestAnimationFrame(step);
  };

  const draw = () => {
    const [w, h] = [field.clientWidth, field.clientHeight];
    const style = getComputedStyle(document.documentElement);
    pen.clearRect(0, 0, w, h);
    for (const thing of things) {
      pen.save();
      pen.translate(thing.x * w, thing.y * h);
      pen.rotate(thing.turn);
      pen.beginPath();
      if (thing.isStone) {
        pen.fillStyle = "#8b8f94";
        pen.moveTo(-13, 2); pen.lineTo(-6, -11); pen.lineTo(9, -9); pen.lineTo(13, 4); pen.lineTo(2, 12); pen.closePath();
        pen.fill();
      } else {
        pen.fillStyle = "#6b3a1a";
        pen.ellipse(0, 0, 9, 14, 0, 0, 7);
        pen.fill();
        pen.strokeStyle = "#c89b74";
        pen.lineWidth = 2;
        pen.beginPath();
        pen.moveTo(0, -12); pen.bezierCurveTo(5, -4, -5, 4, 0, 12);
        pen.stroke();
      }
      pen.restore();
    }
    pen.save();
    pen.translate(cup * w, h * 0.88);
    pen.fillStyle = style.getPropertyValue("--brand");
    pen.strokeStyle = style.getPropertyValue("--brand");
    pen.lineWidth = 6;
    pen.beginPath(); pen.arc(33, 13, 10, -1.4, 1.6); pen.stroke();
    pen.beginPath(); pen.moveTo(-34, -4); pen.lineTo(34, -4); pen.quadraticCurveTo(32, 34, 12, 34);
    pen.lineTo(-12, 34); pen.quadraticCurveTo(-32, 34, -34, -4); pen.fill();
    pen.restore();
  };

  const start = () => {
    score = 0; left = SECONDS; things = []; since = 0; running = true; cup = wanted = 0.5;
    id("score").textContent = "0";
    id("cover").hidden = true;
    field.focus();
    tell("started");
    last = performance.now();
    requestAnimationFrame(step);
  };

  const end = () => {
    running = false;
    things = [];
    tell("finished", { score });
    write();
    const beaten = hello.challenger && score > hello.challenger.score;
    id("title").textContent = fill(words.done, score) + (beaten ? " " + fill(words.beaten, "", hello.challenger.name) : "");
    id("say").textContent = id("title").textContent;
    id("go").textContent = words.again;
    id("pass").hidden = false;
    id("cover").hidden = false;
    setTimeout(() => id("go").focus(), 400);
  };

  const point = (event) => {
    const box = field.getBoundingClientRect();
    wanted = Math.min(0.94, Math.max(0.06, (event.clientX - box.left) / box.width));
  };
  field.addEventListener("pointerdown", point);
  field.addEventListener("pointermove", point);
  window.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    keys.add(event.key);
    event.preventDefault();
  });
  window.addEventListener("keyup", (event) => keys.delete(event.key));
  window.addEventListener("blur", () => keys.clear());
  window.addEventListener("resize", size);
  id("go").addEventListener("click", start);
  id("pass").addEventListener("click", () => tell("share"));
  write();
  size();
})();
