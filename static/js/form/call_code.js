// The code of a call follows the form as it is typed: once the student pauses, the server renders it again.
// Files are posted by name alone. Without scripts a button posts the form and the page comes back with its code.
const PAUSE_MS = 400;
const RETRY_MS = 3_000;
const MAX_TEXT_CHARACTERS = 100_000; // a longer form is posted by the button only
const HEADERS = { "X-Fragment": "code" };
const FAILED =
  "Le code n’a pas pu suivre votre dernier changement\u00a0: le bouton ci-dessous le met à jour.";
const TOO_LONG = "Vos valeurs sont longues\u00a0: le bouton ci-dessous met le code à jour.";

const FORM = "form[data-endpoint]#formulaire";
let timer = 0;
let pending = null; // the controller of the request under way
let posted = ""; // the values of the code that is shown: an event without a change keeps its marks

// The fields as a browser would submit them, with an empty file of the same name for each chosen one.
function collectFields(form) {
  const fields = new FormData();
  for (const [name, value] of new FormData(form)) {
    if (value instanceof File)
      fields.append(name, new File([], value.name, { type: value.type }), value.name);
    else fields.append(name, value);
  }
  return fields;
}

function serializeFields(fields) {
  const entries = [...fields].filter(([name]) => name !== "code-lines");
  return JSON.stringify(
    entries.map(([name, value]) => [name, value instanceof File ? value.name : value]),
  );
}

function countCharacters(fields) {
  return [...fields.values()].reduce(
    (sum, value) => sum + (typeof value === "string" ? value.length : 0),
    0,
  );
}

// The panel comes with the form, which may be inserted when its Space has woken.
const findPanel = () => document.querySelector("[data-call-code]");

function showButton(isShown) {
  findPanel().querySelector("[data-code-update]").toggleAttribute("data-needed", isShown);
}

function say(words) {
  findPanel().querySelector("[data-code-status]").textContent = words;
  showButton(true);
}

// Replace what differs, in place: the tab, the focus and the scroll position of each listing stay.
function replaceLive(fresh) {
  const live = findPanel().querySelector("[data-code-live]");
  const part = (selector) => [live.querySelector(selector), fresh.querySelector(selector)];
  const [listings, freshListings] = part(".call-code");
  if (!listings || !freshListings) return live.replaceWith(fresh);
  for (const pre of freshListings.querySelectorAll("pre")) {
    const shown = listings.querySelector(`pre[data-lang="${pre.dataset.lang}"]`);
    if (shown.innerHTML !== pre.innerHTML) shown.replaceChildren(...pre.childNodes);
  }
  const [digests, freshDigests] = part("[name=code-lines]");
  digests.value = freshDigests.value;
  const [status, freshStatus] = part("[data-code-status]");
  status.textContent = freshStatus.textContent; // a live region: a screen reader announces its change
  const [notes, freshNotes] = part("[data-code-notes]");
  notes.replaceWith(freshNotes);
}

async function update(form) {
  const fields = collectFields(form);
  if (countCharacters(fields) > MAX_TEXT_CHARACTERS) return say(TOO_LONG);
  const values = serializeFields(fields);
  if (values === posted) return;
  pending?.abort();
  pending = new AbortController();
  const { signal } = pending;
  try {
    const answer = await fetch(findPanel().dataset.update, {
      method: "POST",
      body: fields,
      headers: HEADERS,
      signal,
    });
    if (answer.status === 429) return schedule(form, RETRY_MS);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = answer.ok && page.querySelector("[data-code-live]");
    if (!fresh) return say(FAILED);
    replaceLive(document.adoptNode(fresh));
    posted = values;
    showButton(false);
  } catch (error) {
    if (error.name !== "AbortError") say(FAILED);
  }
}

function schedule(form, delay = PAUSE_MS) {
  clearTimeout(timer);
  timer = setTimeout(() => update(form), delay);
}

function isRestored(form) {
  return [...form.elements].some((field) => {
    if (!field.name?.startsWith("arg-") || field.type === "hidden") return false;
    if (["checkbox", "radio"].includes(field.type)) return field.checked !== field.defaultChecked;
    return "defaultValue" in field && field.type !== "file" && field.value !== field.defaultValue;
  });
}

function follow({ target }) {
  const form = target.closest?.(FORM);
  if (form && target.type !== "hidden" && findPanel()) schedule(form);
}

// Another form was inserted, with the code of its own values.
document.addEventListener("content:inserted", ({ target }) => {
  if (!target.matches?.("[data-call-code]")) return;
  clearTimeout(timer);
  pending?.abort();
  posted = "";
});

for (const kind of ["input", "change"]) document.addEventListener(kind, follow);

// A browser restores typed values when it reloads or comes back to a page.
addEventListener("pageshow", () => {
  const form = document.querySelector(FORM);
  if (form && findPanel() && isRestored(form)) schedule(form);
});
