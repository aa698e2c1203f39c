// Small comforts; every page works without them.
"use strict";
// A form is sent once: a second click waits for the first answer (the server also answers a repeated key only once).
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  window.setTimeout(() => { delete form.dataset.sent; }, 8000);
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) {
    document.querySelectorAll("details").forEach((part) => { part.open = true; });
    window.print();
  }
  const all = event.target.closest("[data-open]");
  if (all) document.querySelectorAll(`${all.dataset.open} details`).forEach((part) => { part.open = !all.dataset.shut; });
});
// A wrong form: put the reader at the list of what is wrong.
document.querySelector("[data-focus]")?.focus();
// Long work goes on by itself; without scripts its button does the same.
const goOn = document.querySelector("form[data-go-on]");
if (goOn) window.setTimeout(() => goOn.requestSubmit(), 300);
// A select that filters sends its form at once.
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-send]")) event.target.form.requestSubmit();
});
