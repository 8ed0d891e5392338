// Preview the files of a field below it: images, audio and video from the browser's memory (nothing is uploaded),
// other files by name. Each can be removed.
const MAX_PREVIEWS = 20; // of the files of one field; the others are counted
const addresses = new WeakMap(); // a list of previews -> its blob: URLs

const made = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const number = new Intl.NumberFormat("fr", { maximumFractionDigits: 1 });

function size(bytes) {
  const [unit, divisor] = bytes < 1e3 ? [bytes > 1 ? "octets" : "octet", 1] : bytes < 1e6 ? ["ko", 1e3] : ["Mo", 1e6];
  return `${number.format(bytes / divisor)}\u00a0${unit}`;
}

function listOf(field) {
  const next = field.nextElementSibling;
  if (next?.matches(".previews")) return next;
  const list = made("ul", { className: "previews" });
  list.setAttribute("aria-label", "Fichiers choisis");
  field.after(list);
  return list;
}

function release(list) {
  for (const address of addresses.get(list) ?? []) URL.revokeObjectURL(address);
  addresses.set(list, []);
}

// Fall back to the name of a file that the browser cannot display or play.
function mediaOf(file, list) {
  const kind = /^(image|audio|video)\//.exec(file.type)?.[1];
  if (!kind) return [];
  const address = URL.createObjectURL(file);
  addresses.get(list).push(address);
  const media = made(kind === "image" ? "img" : kind, { src: address, onerror: () => media.remove() });
  if (kind === "image") media.alt = `Aperçu de ${file.name}`;
  else Object.assign(media, { controls: true, preload: "metadata" }).setAttribute("aria-label", `Aperçu de ${file.name}`);
  return [media];
}

function keep(field, files) {
  const kept = new DataTransfer();
  for (const file of files) kept.items.add(file);
  field.files = kept.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function remove(field, file) {
  const place = [...field.files].indexOf(file);
  keep(field, [...field.files].filter((each) => each !== file));
  (listOf(field).querySelectorAll("[data-remove]")[place] ?? field).focus();
}

function entryOf(field, file, list) {
  const out = made("button", { type: "button", className: "button plain", textContent: "Retirer", onclick: () => remove(field, file) });
  out.dataset.remove = "";
  out.setAttribute("aria-label", `Retirer ${file.name}`);
  const change = made("button", { type: "button", className: "button plain", textContent: "Remplacer", onclick: () => field.click() });
  change.setAttribute("aria-label", `Remplacer ${file.name}`);
  const words = made("p", { className: "small" }, made("b", { textContent: file.name }), `, ${size(file.size)}`);
  return made("li", {}, ...mediaOf(file, list), made("div", {}, words, made("div", { className: "row" }, out, ...(field.multiple ? [] : [change]))));
}

function show(field) {
  const list = listOf(field);
  release(list);
  const files = [...field.files];
  const left = files.length - MAX_PREVIEWS;
  list.replaceChildren(...files.slice(0, MAX_PREVIEWS).map((file) => entryOf(field, file, list)));
  if (left > 0) list.append(made("li", { textContent: `et ${left} autre${left > 1 ? "s" : ""}` }));
  list.hidden = !files.length;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("form[data-endpoint] [type=file]")) show(event.target);
});

// After a reload or back navigation, the browser may have restored the files of the fields.
function prepare(root) {
  for (const field of root.querySelectorAll("form[data-endpoint] [type=file]")) if (field.files.length) show(field);
}
for (const come of ["htmx:load", "live:shown"]) document.addEventListener(come, (event) => prepare(event.target));
addEventListener("pageshow", () => prepare(document));
