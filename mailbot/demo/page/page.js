// Keeps the page up to date while it is looked at. Without it everything works, with Refresh.
"use strict";

const PAUSE = 1500; // milliseconds between two looks
const shown = new Map(); // what the server last said of each region

function isTouched(region) {
  const active = document.activeElement;
  if (active && region.contains(active) && active.matches("input, textarea, select")) return true;
  return [...region.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue);
}

function swap(old, fresh) {
  if (!fresh || shown.get(old.id) === fresh.innerHTML || isTouched(old)) return;
  const open = [...old.querySelectorAll("details[id]")].map((each) => [each.id, each.open]);
  const scrolled = [...old.querySelectorAll(".mails")].map((each) => each.scrollTop);
  const focused = document.activeElement && old.contains(document.activeElement);
  shown.set(old.id, fresh.innerHTML);
  old.innerHTML = fresh.innerHTML;
  if (old.id === "docket") {
    for (const [id, wasOpen] of open) {
      const again = document.getElementById(id);
      if (again) again.open = wasOpen;
    }
  }
  old.querySelectorAll(".mails").forEach((each, at) => { each.scrollTop = scrolled[at] || 0; });
  if (focused && old.tabIndex >= -1) old.focus({ preventScroll: true });
}

async function look() {
  if (document.visibilityState === "visible") {
    try {
      const address = location.pathname + location.search;
      const answer = await fetch(address, { cache: "no-store", headers: { "X-Look": "1" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.querySelectorAll("[data-live]").forEach((old) => swap(old, fresh.getElementById(old.id)));
    } catch {
      // The demo is stopping, or starts again: the next look may go better.
    }
  }
  setTimeout(look, PAUSE);
}

document.querySelectorAll("[data-live]").forEach((region) => { shown.set(region.id, region.innerHTML); });
document.querySelectorAll("[data-plain]").forEach((button) => { button.hidden = true; });
document.querySelectorAll("[data-submit]").forEach((field) => {
  field.addEventListener("change", () => field.form.submit());
});
setTimeout(look, PAUSE);
