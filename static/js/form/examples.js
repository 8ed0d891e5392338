// Fill the form with an example in place, leaving other fields unchanged; without scripts its link reloads the form.
// In a lesson try/panel.js handles the link, because field names differ there.
const HEADERS = { "X-Fragment": "espace" }; // sent so, the response keeps the page for the back button
const FIELD = "form[data-endpoint] .field";

const findField = (root, name) =>
  [...root.querySelectorAll(FIELD)].find((field) =>
    [...field.querySelectorAll("[name]")].some(
      (control) => control.name === name || control.name.startsWith(`${name}-`),
    ),
  );

function replaceFields(fresh, link) {
  const names = JSON.parse(link.dataset.fills).map((name) => `arg-${name}`);
  const pairs = names.map((name) => [findField(document, name), findField(fresh, name)]);
  const given = fresh.querySelector(".examples-panel");
  if (!given || pairs.some(([old, filled]) => !old || !filled)) return false;
  for (const [old, filled] of pairs) old.replaceWith(filled);
  const place = [...document.querySelectorAll(".examples a")].indexOf(link);
  document.getElementById("fichier-perdu")?.remove();
  const lost = fresh.getElementById("fichier-perdu");
  const current = link.closest(".examples-panel");
  given.open = current.open;
  if (lost) current.before(lost);
  current.replaceWith(given);
  given.querySelectorAll(".examples a")[place]?.focus({ preventScroll: true });
  return true;
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest(".examples a[data-fills]");
  const hasModifier = event.ctrlKey || event.metaKey || event.shiftKey;
  if (!link || hasModifier || link.closest("[data-shown]")) return;
  event.preventDefault();
  link.setAttribute("aria-busy", "true");
  const { href } = link;
  try {
    const response = await fetch(href, { cache: "no-store", headers: HEADERS });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!response.ok || !replaceFields(fresh, link)) return location.assign(href);
    history.replaceState(history.state, "", href);
    document.dispatchEvent(new CustomEvent("url:replaced"));
  } catch {
    location.assign(href);
  }
});
