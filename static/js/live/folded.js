// Load a folded part of a run when it is opened: its trace, or the code of its call. A trace is loaded again while its
// last messages are being written.
import { loadStyles } from "../style_sheets.js";
import { morphNode } from "./morph.js";

const ROOTS = { trace: "[data-trace-state]", code: "[data-run-code]" }; // of each fragment, by its name
const RETRY_MS = 1_000;
const MAX_RETRIES = 10;

const loading = new WeakSet(); // parts that a request is under way for

async function fetchPart({ fragment, address }) {
  const response = await fetch(address, { headers: { "X-Fragment": fragment } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const part = page.querySelector(ROOTS[fragment]);
  if (!response.ok || !part) throw new Error(response.status);
  return document.adoptNode(part);
}

// The icons of several parts on one page have the same ids: the page keeps one copy of them.
function moveSprite(part) {
  const sprite = part.querySelector(".icon-sprite");
  sprite?.remove();
  if (sprite && !document.getElementById(sprite.querySelector("symbol").id))
    document.body.append(sprite);
}

// What the reader has opened of an earlier version stays open.
function showPart(content, part) {
  const [earlier] = content.querySelectorAll(Object.values(ROOTS).join());
  moveSprite(part);
  if (earlier) morphNode(earlier, part);
  else content.replaceChildren(part);
}

// A part that arrives late must not push the summary that has the focus, of another part, out of the window.
function keepFocusInView(insertContent) {
  const summary = document.activeElement?.closest("summary");
  const { top, bottom } = summary?.getBoundingClientRect() ?? { top: 0, bottom: 0 };
  insertContent();
  if (bottom > 0 && top < innerHeight)
    summary?.scrollIntoView({ block: "nearest", behavior: "instant" });
}

async function loadPart(folded, retries = MAX_RETRIES) {
  loading.add(folded);
  try {
    const [part] = await Promise.all([
      fetchPart(folded.dataset),
      loadStyles(folded.dataset.styles),
    ]);
    const isPending = part.dataset.traceState === "pending";
    keepFocusInView(() => showPart(folded.querySelector("[data-folded-content]"), part));
    if (!isPending) folded.dataset.loaded = "";
    else if (retries > 0 && folded.open) setTimeout(loadPart, RETRY_MS, folded, retries - 1);
  } catch {
    // The link to the page of this part stays.
  } finally {
    loading.delete(folded);
  }
}

function loadIfOpen(folded) {
  if (folded.open && !("loaded" in folded.dataset) && !loading.has(folded)) loadPart(folded);
}

// `toggle` does not bubble; a page receives the parts of a run when it has ended.
document.addEventListener(
  "toggle",
  ({ target }) => {
    if (!target.matches("[data-fragment]")) return;
    // The answers of a try-it are no longer side by side: this one may have moved.
    target.querySelector("summary").scrollIntoView({ block: "nearest", behavior: "instant" });
    loadIfOpen(target);
  },
  true,
);

// On a slow network a reader opens a part before this script has arrived.
document.querySelectorAll("[data-fragment]").forEach(loadIfOpen);
