// Large files go up in pieces before the form does, so that nothing has to hold a whole one. Small files, and browsers
// without this script, send theirs with the form.
(() => {
  "use strict";
  const PIECE = 4 * 1024 * 1024;
  const form = document.querySelector("[data-upload-form]");
  const file = form && form.querySelector("input[name=file]");
  if (!file) return;
  const [progress, says, mark] = ["[data-progress]", "[data-says]", "[data-mark]"].map((name) => form.querySelector(name));
  const refused = form.querySelector("[data-refused]");
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const send = async (query, body) => {
    const address = form.dataset.pieces + "?" + new URLSearchParams(query);
    const headers = { "X-CSRFToken": token, "Content-Type": "application/octet-stream" };
    const answer = await fetch(address, { method: "POST", headers, body });
    const said = await answer.json().catch(() => ({ error: form.dataset.failed }));
    if (!answer.ok) throw new Error(said.error);
    return said;
  };
  const upload = async (chosen) => {
    const known = await send({ kind: form.dataset.kind, size: chosen.size }, "");
    const bar = progress.querySelector("progress");
    progress.hidden = false;
    for (let at = 0; at < chosen.size; at += PIECE) {
      await send({ mark: known.mark, at }, chosen.slice(at, at + PIECE));
      bar.value = (100 * Math.min(at + PIECE, chosen.size)) / chosen.size;
      says.textContent = form.dataset.busy + " " + Math.round(bar.value) + "%";
    }
    return known.mark;
  };
  let sending = false;
  form.addEventListener("submit", async (event) => {
    const chosen = file.files[0];
    if (!chosen || chosen.size <= PIECE) return;
    event.preventDefault();
    if (sending) return;
    sending = true;
    refused.hidden = true;
    file.removeAttribute("aria-invalid");
    const pressed = event.submitter;
    try {
      mark.value = await upload(chosen);
      file.value = "";
      form.requestSubmit(pressed);
    } catch (error) {
      refused.textContent = error.message || form.dataset.failed;
      refused.hidden = false;
      file.setAttribute("aria-invalid", "true");
      file.focus();
      says.textContent = "";
      progress.hidden = true;
    } finally {
      sending = false;
    }
  });
})();
