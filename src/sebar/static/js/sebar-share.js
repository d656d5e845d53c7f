// <sebar-share code="k7m2fqx"> for any website: what a campaign offers, in the name of whoever has this code.
//
// It needs nothing but a policy that allows scripts from here: no styles, no pictures, no connections, no storage.
// What stands between its tags is shown until it is ready, without scripts, and when nobody has the code.
(() => {
  "use strict";
  if (customElements.get("sebar-share")) return;
  const home = new URL(document.currentScript.src).origin;

  const LOOK = `
    :host { display: block; max-width: 34rem; color-scheme: light dark; }
    :host([hidden]) { display: none; }
    section { --text: #1c1d1a; --muted: #5c5e57; --line: #dededa; --ground: #fff; --brand: var(--light-brand);
      --ink: var(--light-ink); --rim: var(--light-rim); box-sizing: border-box; display: grid; gap: 12px; padding: 18px;
      border: 1px solid var(--line); border-top: 6px solid var(--brand); border-radius: 12px; background: var(--ground);
      color: var(--text); font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
      text-align: start; overflow-wrap: anywhere; }
    @media (prefers-color-scheme: dark) { section { --text: #ecede8; --muted: #a8aba2; --line: #363833;
      --ground: #1b1c1a; --brand: var(--dark-brand); --ink: var(--dark-ink); --rim: var(--dark-rim); } }
    p { margin: 0; }
    .brand { display: flex; gap: 10px; align-items: center; font-weight: 650; }
    i { flex: none; display: grid; place-items: center; width: 30px; height: 30px; border-radius: 9px; font-style: normal;
      font-weight: 700; line-height: 1; background: var(--brand); color: var(--ink); box-shadow: inset 0 0 0 1.5px var(--rim); }
    .headline { font-size: 22px; font-weight: 700; line-height: 1.2; letter-spacing: -.01em; }
    .muted { color: var(--muted); font-size: 14px; }
    .row { display: flex; flex-wrap: wrap; gap: 10px; }
    a, button { flex: 1 1 10rem; box-sizing: border-box; display: grid; place-items: center; min-height: 48px; padding: 8px 16px;
      border: 2px solid var(--rim); border-radius: 12px; font: inherit; font-weight: 650; text-decoration: none;
      cursor: pointer; background: var(--brand); color: var(--ink); }
    button { border: 1px solid var(--muted); background: none; color: var(--text); }
    :focus-visible { outline: 3px solid currentColor; outline-offset: 3px; }`;

  const sheet = (css) => {
    const made = new CSSStyleSheet();
    made.replaceSync(css);
    return made;
  };
  const look = sheet(LOOK);

  const element = (name, words, css) => {
    const made = document.createElement(name);
    made.textContent = words;
    made.dir = "auto";
    if (css) made.className = css;
    return made;
  };

  const passOn = (said, button) => {
    if (navigator.share) {
      navigator.share(said.share).catch(() => {});
      return;
    }
    const done = () => {
      button.textContent = said.copied;
      setTimeout(() => { button.textContent = said.pass; }, 3000);
    };
    const byHand = () => {
      const field = document.createElement("textarea");
      field.value = said.copy;
      button.after(field);
      field.select();
      if (document.execCommand("copy")) done();
      field.remove();
    };
    if (navigator.clipboard) navigator.clipboard.writeText(said.copy).then(done, byHand);
    else byHand();
  };

  const card = (said) => {
    const made = document.createElement("section");
    made.lang = said.language;
    const brand = element("p", "", "brand");
    const tile = element("i", said.initial);
    tile.ariaHidden = "true";
    brand.append(tile, element("span", said.brand));
    made.append(brand);
    if (said.who) made.append(element("p", said.who, "muted"));
    made.append(element("p", said.headline, "headline"));
    if (said.statement) made.append(element("p", said.statement));
    if (said.text) made.append(element("p", said.text, "muted"));
    if (said.closed) {
      made.append(element("p", said.closed));
      return made;
    }
    const join = element("a", said.call);
    join.href = said.link;
    join.target = "_blank";
    join.rel = "noopener";
    const pass = element("button", said.pass);
    pass.type = "button";
    pass.addEventListener("click", () => passOn(said, pass));
    const row = element("div", "", "row");
    row.append(join, pass);
    made.append(row);
    return made;
  };

  const tones = (said) => [["light", said.light], ["dark", said.dark]].flatMap(
    ([theme, colours]) => Object.entries(colours).map(([name, colour]) => `--${theme}-${name}:${colour};`),
  ).join("");

  customElements.define("sebar-share", class extends HTMLElement {
    static observedAttributes = ["code", "lang"];

    constructor() {
      super();
      this.attachShadow({ mode: "open" }).append(document.createElement("slot"));
    }

    connectedCallback() { this.show(); }

    attributeChangedCallback() { if (this.isConnected) this.show(); }

    async show() {
      const code = (this.getAttribute("code") || "").trim().toLowerCase();
      const around = this.closest("[lang]");
      const wanted = `${code} ${around ? around.lang : ""}`;
      if (!code || this.wanted === wanted) return;
      this.wanted = wanted;
      const query = around ? `?in=${encodeURIComponent(around.lang)}` : "";
      let said = null;
      try {
        said = (await import(`${home}/e/${encodeURIComponent(code)}.js${query}`)).default;
      } catch { return; }
      if (!said || this.wanted !== wanted) return;
      this.shadowRoot.adoptedStyleSheets = [look, sheet(`:host{${tones(said)}}`)];
      this.shadowRoot.replaceChildren(card(said));
    }
  });
})();
