// Lets a page's reader switch notes on and off in this browser. Without this file there is no switch.
(() => {
  "use strict";
  const form = document.querySelector("[data-push]");
  if (!form || !("serviceWorker" in navigator) || !("PushManager" in window)) return;
  const button = form.querySelector("button");
  const status = form.querySelector("[role=status]");
  const key = Uint8Array.from(atob(form.dataset.push.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const worker = () => navigator.serviceWorker.register("/push.js");
  const subscription = async () => (await worker()).pushManager.getSubscription();
  let isOn = false;
  const show = (is) => {
    isOn = is;
    button.textContent = isOn ? button.dataset.off : button.dataset.on;
    form.hidden = false;
  };

  const send = async (to, one) => {
    const body = new FormData(form);
    body.set("to", to);
    body.set("subscription", JSON.stringify(one));
    const answer = await fetch(form.action, { method: "POST", body });
    if (answer.redirected) { // whoever had signed in is so no more: the page itself sends them there
      location.reload();
      return false;
    }
    status.textContent = (await answer.json()).said;
    return answer.ok;
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.setAttribute("aria-busy", "true");
    try {
      const known = await subscription();
      if (isOn && known) {
        show(!await send("off", known));
      } else {
        const made = await (await worker()).pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
        const kept = await send("on", made);
        show(kept);
      }
    } catch {
      status.textContent = button.dataset.denied;
    }
    button.removeAttribute("aria-busy");
  });

  // A browser has one address for all pages of ours: whether this page's notes go there, the page knows by its hash.
  const mark = async (one) => {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(one.endpoint));
    return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  // Looking costs no permission; the worker is only registered once somebody presses the button or has before.
  navigator.serviceWorker.getRegistration("/").then(async (known) => {
    const one = known && await known.pushManager.getSubscription();
    show(Boolean(one) && form.dataset.has.split(" ").includes(await mark(one)));
  });
})();
