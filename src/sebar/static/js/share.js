// Everything on these pages works without this file. It adds the device's share sheet, copying, and tells our own
// server (never anybody else) that a page was seen or passed on.
(() => {
  "use strict";
  const { campaign, code, via, c, view, network } = document.currentScript.dataset;
  const all = (selector, act) => document.querySelectorAll(selector).forEach(act);

  const tell = (kind, channel) => {
    const touch = { kind, campaign, code: code || "", via: channel || "", c: c || "" };
    if (window.crypto && crypto.randomUUID) touch.id = crypto.randomUUID();
    navigator.sendBeacon("/t", JSON.stringify([touch]));
  };
  const once = {};
  const passedOn = (way, kind) => {
    if (!once[way]) tell(kind || "share", way);
    once[way] = true;
  };
  const say = (words) => all("[data-status]", (status) => { status.textContent = words; });

  if (view !== undefined) {
    const seen = () => {
      if (document.visibilityState !== "visible") return;
      document.removeEventListener("visibilitychange", seen);
      tell("view", via);
    };
    document.addEventListener("visibilitychange", seen);
    seen();
  }

  all("[data-way]", (door) => {
    door.addEventListener("click", () => passedOn(door.dataset.way, door.dataset.kind));
  });

  // On which server somebody is, only this browser remembers; it may also refuse to.
  const kept = (name, server) => {
    try {
      if (server) localStorage.setItem("sebar." + name, server);
      return localStorage.getItem("sebar." + name) || "";
    } catch { return ""; }
  };
  all("[data-on]", (door) => { kept(network, door.dataset.on); });
  all("[data-server]", (door) => {
    const server = kept(door.dataset.server);
    if (server) door.search = new URLSearchParams({ server });
  });
  if (network) all("#server", (field) => { field.value = field.value || kept(network); });

  // Who closes the sheet again has changed their mind: that is no error, and nothing was shared.
  const share = (what, otherwise) => navigator.share(what).then(
    () => passedOn("share"),
    (error) => { if (error.name !== "AbortError") otherwise(); },
  );

  const sheet = document.querySelector("[data-sheet]");
  const what = sheet && { title: sheet.dataset.title, text: sheet.dataset.words, url: sheet.dataset.sheet };
  const noSheet = () => {
    sheet.hidden = true;
    all("[data-first]", (door) => { door.hidden = false; });
    say(sheet.dataset.failed);
  };
  if (sheet && navigator.share) {
    sheet.hidden = false;
    all("[data-twin]", (twin) => { twin.hidden = false; });
    all(".ways.few", (ways) => ways.classList.remove("few"));
    all("[data-first]", (door) => { door.hidden = true; });
    sheet.addEventListener("click", () => share(what, noSheet));
  }

  // The picture is fetched when somebody looks for more ways, so that it is there when they press: a browser opens the
  // sheet only at once. Many programs take the picture alone, so the link is copied for them to paste.
  const picture = document.querySelector("[data-picture]");
  if (picture && sheet && navigator.canShare) {
    picture.closest("details").addEventListener("toggle", async () => {
      const answer = await fetch(picture.dataset.picture);
      const files = [new File([await answer.blob()], "picture.jpg", { type: "image/jpeg" })];
      if (!answer.ok || !navigator.canShare({ files })) return;
      picture.hidden = false;
      picture.addEventListener("click", () => {
        const text = what.text + " " + what.url;
        if (navigator.clipboard) navigator.clipboard.writeText(what.url).catch(() => {});
        share({ files, title: what.title, text }, noSheet);
      });
    }, { once: true });
  }

  all("[data-copy]", (copy) => {
    const field = document.getElementById(copy.dataset.from);
    const name = copy.textContent;
    const done = () => {
      copy.textContent = copy.dataset.done;
      say(copy.dataset.done);
      setTimeout(() => { copy.textContent = name; }, 3000);
      passedOn(copy.dataset.counts || "copy");
    };
    // Where the page is not served by HTTPS there is no clipboard to write to: select, and use the old command.
    const byHand = () => {
      const shown = field.value;
      field.value = copy.dataset.copy || shown;
      field.select();
      if (document.execCommand("copy")) done();
      field.value = shown;
    };
    copy.hidden = false;
    copy.addEventListener("click", () => {
      if (navigator.clipboard) navigator.clipboard.writeText(copy.dataset.copy || field.value).then(done, byHand);
      else byHand();
    });
    field.addEventListener("focus", () => field.select());
  });
})();
