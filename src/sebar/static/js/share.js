// Everything on these pages works without this file. It adds the device's share sheet, copying, and tells our own
// server (never anybody else) that a page was seen or passed on.
(() => {
  "use strict";
  const { campaign, code, via, c, view } = document.currentScript.dataset;

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

  if (view !== undefined) {
    const seen = () => {
      if (document.visibilityState !== "visible") return;
      document.removeEventListener("visibilitychange", seen);
      tell("view", via);
    };
    document.addEventListener("visibilitychange", seen);
    seen();
  }

  for (const door of document.querySelectorAll("[data-way]")) {
    door.addEventListener("click", () => passedOn(door.dataset.way, door.dataset.kind));
  }

  const sheet = document.querySelector("[data-sheet]");
  if (sheet && navigator.share) {
    sheet.hidden = false;
    for (const twin of document.querySelectorAll("[data-twin]")) twin.hidden = false;
    document.querySelector(".ways").classList.remove("few");
    document.querySelector("[data-first]").hidden = true;
    sheet.addEventListener("click", () => {
      const { sheet: url, words: text, title } = sheet.dataset;
      navigator.share({ title, text, url }).then(() => passedOn("share"), () => {});
    });
  }

  const copy = document.querySelector("[data-copy]");
  if (copy) {
    const field = document.getElementById("link");
    const name = copy.textContent;
    const done = () => {
      copy.textContent = copy.dataset.done;
      document.querySelector("[data-status]").textContent = copy.dataset.done;
      setTimeout(() => { copy.textContent = name; }, 3000);
      passedOn("copy");
    };
    // Where the page is not served by HTTPS there is no clipboard to write to: select, and use the old command.
    const byHand = () => {
      const shown = field.value;
      field.value = copy.dataset.copy;
      field.select();
      if (document.execCommand("copy")) done();
      field.value = shown;
    };
    copy.hidden = false;
    copy.addEventListener("click", () => {
      if (navigator.clipboard) navigator.clipboard.writeText(copy.dataset.copy).then(done, byHand);
      else byHand();
    });
    field.addEventListener("focus", () => field.select());
  }
})();
