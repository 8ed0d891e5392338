// Entry of a page whose Space is waking: fetch the page again until it no longer says that it will change.
import { morphNode } from "./morph.js";
import { startPolling } from "./poll.js";
import { keepScrollPosition } from "./scroll_anchor.js";

const REFRESH_INTERVAL_MS = 1_000;
const part = document.querySelector("[data-refresh]");
const controller = new AbortController();

function showPage({ status, text }) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const fresh = page.getElementById(part.id);
  if (status !== 200 || !fresh) return;
  keepScrollPosition(part, () => morphNode(part, document.adoptNode(fresh)));
  document.title = page.title;
  part.dispatchEvent(new CustomEvent("content:inserted", { bubbles: true }));
  if (!("refresh" in part.dataset)) controller.abort();
}

if (part) {
  startPolling({
    url: part.dataset.refresh,
    intervalMs: REFRESH_INTERVAL_MS,
    signal: controller.signal,
    isDue: () => !document.hidden,
    onResponse: showPage,
  });
}
