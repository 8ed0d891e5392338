// Preview the files of a field below it: images, audio and video from the browser's memory (nothing is uploaded),
// other files by name. Each can be removed.
import { formatSize } from "./file_size.js";
import { isShrinkable, shrinkPhoto } from "./photo_shrink.js";

const MAX_PREVIEWS = 20; // of the files of one field; the others are counted
const blobUrls = new WeakMap(); // a list of previews -> its blob: URLs

const createElement = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

function getPreviewList(field) {
  const next = field.nextElementSibling;
  if (next?.matches(".file-previews")) return next;
  const list = createElement("ul", { className: "file-previews" });
  list.setAttribute("aria-label", "Fichiers choisis");
  field.after(list);
  return list;
}

function releaseUrls(list) {
  for (const url of blobUrls.get(list) ?? []) URL.revokeObjectURL(url);
  blobUrls.set(list, []);
}

// Fall back to the name of a file that the browser cannot display or play.
function createMedia(file, list) {
  const kind = /^(image|audio|video)\//.exec(file.type)?.[1];
  if (!kind) return [];
  const url = URL.createObjectURL(file);
  blobUrls.get(list).push(url);
  const media = createElement(kind === "image" ? "img" : kind, {
    src: url,
    onerror: () => media.remove(),
  });
  if (kind === "image") media.alt = `Aperçu de ${file.name}`;
  else
    Object.assign(media, { controls: true, preload: "metadata" }).setAttribute(
      "aria-label",
      `Aperçu de ${file.name}`,
    );
  return [media];
}

function setFiles(field, files) {
  const kept = new DataTransfer();
  for (const file of files) kept.items.add(file);
  field.files = kept.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function removeFile(field, file) {
  const place = [...field.files].indexOf(file);
  setFiles(
    field,
    [...field.files].filter((each) => each !== file),
  );
  (getPreviewList(field).querySelectorAll("[data-remove]")[place] ?? field).focus();
}

// Replace a photo by a lighter one; the focus goes to what the preview of the new one says.
async function shrinkFile(field, file, button) {
  button.disabled = true;
  const shrunk = await shrinkPhoto(file);
  const place = [...field.files].indexOf(file);
  if (place < 0) return; // removed meanwhile
  setFiles(
    field,
    [...field.files].map((each) => (each === file ? shrunk : each)),
  );
  const caption = getPreviewList(field).children[place]?.querySelector("p");
  caption?.setAttribute("tabindex", "-1");
  caption?.focus();
}

function createButton(text, name, onclick) {
  const button = createElement("button", {
    type: "button",
    className: "button button--plain",
    textContent: text,
    onclick,
  });
  button.setAttribute("aria-label", `${text} ${name}`);
  return button;
}

function createPreview(field, file, list) {
  const removeButton = createButton("Retirer", file.name, () => removeFile(field, file));
  removeButton.dataset.remove = "";
  const replaceButton = createButton("Remplacer", file.name, () => field.click());
  const shrinkButton = createButton("Alléger", file.name, () =>
    shrinkFile(field, file, shrinkButton),
  );
  const caption = createElement(
    "p",
    { className: "text-small" },
    createElement("b", { textContent: file.name }),
    `, ${formatSize(file.size)}`,
  );
  return createElement(
    "li",
    {},
    ...createMedia(file, list),
    createElement(
      "div",
      {},
      caption,
      createElement(
        "div",
        { className: "row" },
        removeButton,
        ...(field.multiple ? [] : [replaceButton]),
        ...(isShrinkable(file) ? [shrinkButton] : []),
      ),
    ),
  );
}

function showPreviews(field) {
  const list = getPreviewList(field);
  releaseUrls(list);
  const files = [...field.files];
  const left = files.length - MAX_PREVIEWS;
  list.replaceChildren(
    ...files.slice(0, MAX_PREVIEWS).map((file) => createPreview(field, file, list)),
  );
  if (left > 0)
    list.append(createElement("li", { textContent: `et ${left} autre${left > 1 ? "s" : ""}` }));
  list.hidden = !files.length;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("form[data-endpoint] [type=file]")) showPreviews(event.target);
});

// After a reload or back navigation, the browser may have restored the files of the fields.
function preparePreviews(root) {
  for (const field of root.querySelectorAll("form[data-endpoint] [type=file]"))
    if (field.files.length) showPreviews(field);
}
document.addEventListener("content:inserted", (event) => preparePreviews(event.target));
addEventListener("pageshow", () => preparePreviews(document));
