// Fill the form with an example in place, leaving other fields unchanged; without scripts its link reloads the form.
// In a lesson try.js handles the link, because field names differ there.
const FIELD = "form[data-endpoint] .field";

const fieldOf = (root, name) =>
  [...root.querySelectorAll(FIELD)].find((field) =>
    [...field.querySelectorAll("[name]")].some((control) => control.name === name || control.name.startsWith(`${name}-`)),
  );

function takeOver(fresh, link) {
  const names = JSON.parse(link.dataset.fills).map((name) => `arg-${name}`);
  const pairs = names.map((name) => [fieldOf(document, name), fieldOf(fresh, name)]);
  const given = fresh.querySelector(".given");
  if (!given || pairs.some(([old, filled]) => !old || !filled)) return false;
  for (const [old, filled] of pairs) old.replaceWith(filled);
  const place = [...document.querySelectorAll(".examples a")].indexOf(link);
  document.getElementById("fichier-perdu")?.remove();
  const lost = fresh.getElementById("fichier-perdu");
  const current = link.closest(".given");
  given.open = current.open;
  if (lost) current.before(lost);
  current.replaceWith(given);
  given.querySelectorAll(".examples a")[place]?.focus({ preventScroll: true });
  return true;
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest(".examples a[data-fills]");
  const isForElsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
  if (!link || isForElsewhere || link.closest("[data-shown]")) return;
  event.preventDefault();
  link.setAttribute("aria-busy", "true");
  const { href } = link;
  try {
    const answer = await fetch(href, { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.ok && takeOver(fresh, link)) history.replaceState(null, "", href);
    else location.assign(href);
  } catch {
    location.assign(href);
  }
});
