// The page in a frame on somebody's blog. The frame may be sandboxed to scripts alone: then there is no storage, no
// cookie, no new window and no clipboard but the old command. It works without any of them.
(() => {
  "use strict";
  const { campaign, code } = document.currentScript.dataset;
  const secret = new URLSearchParams(location.hash.replace(/^#\??/, "")).get("secret") || "";
  const isSandboxed = window.origin === "null";

  // WordPress hides a frame until it tells its height, and follows a link for it: both under the secret it gave.
  const tellHost = (message, value) => {
    if (secret) parent.postMessage({ message, value, secret }, "*");
  };
  const height = () => tellHost("height", Math.ceil(document.body.getBoundingClientRect().height));
  window.addEventListener("load", height);
  window.addEventListener("message", (event) => {
    if (event.data && event.data.message === "ready") height();
  });
  new ResizeObserver(height).observe(document.body);

  const open = document.querySelector("[data-open]");
  if (open && (secret || !isSandboxed)) {
    open.hidden = false;
    if (isSandboxed) {
      open.addEventListener("click", (event) => {
        event.preventDefault();
        tellHost("link", open.href);
      });
    }
  }

  const copy = document.querySelector("[data-copy]");
  if (copy) {
    const field = document.getElementById("link");
    const name = copy.textContent;
    copy.hidden = false;
    copy.addEventListener("click", () => {
      field.select();
      if (!document.execCommand("copy")) return;
      copy.textContent = document.querySelector("[data-status]").textContent = copy.dataset.done;
      setTimeout(() => { copy.textContent = name; }, 3000);
    });
    field.addEventListener("focus", () => field.select());
  }

  // Tell our own server, never anybody else, that the frame came into view on another site. What can be looked into is
  // a page of ours: a preview.
  const isElsewhere = () => {
    try { return !parent.document; } catch { return true; }
  };
  if (isElsewhere()) {
    const watch = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watch.disconnect();
      const touch = { kind: "view", campaign, code, via: "embed" };
      if (window.crypto && crypto.randomUUID) touch.id = crypto.randomUUID();
      navigator.sendBeacon("/t", JSON.stringify([touch]));
    }, { threshold: 0.5 });
    watch.observe(document.querySelector("h1"));
  }
})();
