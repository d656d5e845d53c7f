// Find the pairs: sixteen cards, eight pairs, as few tries as you can. Touch, mouse, or arrow keys and Enter.
(() => {
  "use strict";
  const WORDS = {
    en: {
      title: "Find the pairs", tries: "{n} tries", again: "Play again", pass: "Challenge friends", hidden: "Card {n}, face down",
      done: "All found: {n} points.", dare: "{who} made {n} points. Beat it!", best: "Your best: {n} points",
      names: ["cup", "bean", "leaf", "sun", "heart", "star", "moon", "drop"], pair: "A pair: {n}.", beaten: "You beat {who}!",
    },
    id: {
      title: "Temukan pasangannya", tries: "{n} percobaan", again: "Main lagi", pass: "Tantang teman", hidden: "Kartu {n}, tertutup",
      done: "Semua ketemu: {n} poin.", dare: "{who} meraih {n} poin. Kalahkan!", best: "Terbaikmu: {n} poin",
      names: ["cangkir", "biji", "daun", "matahari", "hati", "bintang", "bulan", "tetes"], pair: "Sepasang: {n}.", beaten: "Kamu mengalahkan {who}!",
    },
  };
  const DRAWN = [
    "M4 9h12v6a4 4 0 0 1-4 4H8a4 4 0 0 1-4-4zM16 10h2a2 2 0 0 1 0 5h-2M8 3v3M12 3v3",
    "M12 3c4 0 7 4 7 9s-3 9-7 9-7-4-7-9 3-9 7-9zM12 4c3 4-3 8 0 16",
    "M5 19c0-9 5-14 14-14 0 9-5 14-14 14zM5 19l8-8",
    "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.500 1.500M17.500 17.500L19 19M5 19l1.500-1.500M17.500 6.500L19 5",
    "M12 20S4 15 4 9a4 4 0 0 1 8-1 4 4 0 0 1 8 1c0 6-8 11-8 11z",
    "M12 3l2.700 5.800 6.300.7-4.700 4.300 1.300 6.200-5.600-3.200L6.400 20l1.300-6.200L3 9.500l6.300-.7z",
    "M19 15A8 8 0 1 1 10 4a6.500 6.500 0 0 0 9 11z",
    "M12 3c4 5 6 8 6 11a6 6 0 0 1-12 0c0-3 2-6 6-11z",
  ];
  const MOST = 100, STEP = 4, FEWEST = 8;
  const id = (name) => document.getElementById(name);
  const table = id("table");
  let words = WORDS[navigator.language.slice(0, 2)] || WORDS.en;
  let hello = {};
  let order = [], open = [], found = 0, tries = 0, begun = false;
  const fill = (text, n, who) => text.replace("{n}", n).replace("{who}", who || "");
  const tell = (type, more) => window.parent.postMessage({ sebar: 1, type, ...more }, "*");
  const points = () => Math.max(0, MOST - STEP * Math.max(0, tries - FEWEST));

  const write = () => {
    document.documentElement.lang = words === WORDS.id ? "id" : "en";
    document.title = id("title").textContent = words.title;
    id("tries").textContent = fill(words.tries, tries);
    id("go").textContent = words.again;
    id("pass").textContent = words.pass;
    table.setAttribute("aria-label", words.title);
    [...table.children].forEach(name);
    const dare = id("dare");
    dare.hidden = !hello.challenger && !hello.best;
    if (hello.challenger) dare.textContent = fill(words.dare, hello.challenger.score, hello.challenger.name);
    else if (hello.best) dare.textContent = fill(words.best, hello.best);
  };
  const name = (card, place) => {
    const isOpen = card.classList.contains("open");
    card.setAttribute("aria-label", isOpen ? words.names[order[place]] : fill(words.hidden, place + 1));
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
    write();
  });

  const shuffled = () => {
    const places = [...DRAWN.keys(), ...DRAWN.keys()];
    for (let at = places.length - 1; at > 0; at -= 1) {
      const other = Math.floor(Math.random() * (at + 1));
      [places[at], places[other]] = [places[other], places[at]];
    }
    return places;
  };

  const deal = () => {
    order = shuffled();
    open = []; found = 0; tries = 0; begun = false;
    id("go").hidden = id("pass").hidden = true;
    id("say").textContent = "";
    table.replaceChildren(...order.map((drawn, place) => {
      const card = document.createElement("button");
      card.type = "button";
      card.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="' + DRAWN[drawn] + '"/></svg>';
      card.addEventListener("click", () => turn(place));
      return card;
    }));
    write();
  };

  const turn = (place) => {
    const card = table.children[place];
    if (open.length === 2 || card.classList.contains("open")) return;
    if (!begun) { begun = true; tell("started"); }
    card.classList.add("open");
    name(card, place);
    id("say").textContent = words.names[order[place]];
    open.push(place);
    if (open.length < 2) return;
    tries += 1;
    id("tries").textContent = fill(words.tries, tries);
    const [one, other] = open;
    if (order[one] === order[other]) {
      open = [];
      found += 1;
      for (const at of [one, other]) table.children[at].classList.add("found");
      id("say").textContent = fill(words.pair, words.names[order[one]]);
      if (found === DRAWN.length) end();
      return;
    }
    setTimeout(() => {
      for (const at of [one, other]) {
        table.children[at].classList.remove("open");
        name(table.children[at], at);
      }
      open = [];
    }, 800);
  };

  const end = () => {
    const score = points();
    tell("score", { score });
    tell("finished", { score });
    const beaten = hello.challenger && score > hello.challenger.score;
    id("dare").hidden = false;
    id("dare").textContent = fill(words.done, score) + (beaten ? " " + fill(words.beaten, "", hello.challenger.name) : "");
    id("say").textContent = id("dare").textContent;
    id("go").hidden = id("pass").hidden = false;
    id("go").focus();
  };

  table.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -4, ArrowDown: 4 };
    const place = [...table.children].indexOf(document.activeElement);
    const next = table.children[place + moves[event.key]];
    if (!(event.key in moves) || !next) return;
    event.preventDefault();
    next.focus();
  });
  id("go").addEventListener("click", () => { deal(); table.children[0].focus(); });
  id("pass").addEventListener("click", () => tell("share"));
  deal();
})();
