// Follow a run in place: an event stream sends the changed fragment, which is merged into the page. While no stream
// delivers, the same fragment is polled.
import { startClock } from "./clock.js";
import { morphNode } from "./morph.js";
import { startPolling } from "./poll.js";
import { keepScrollPosition } from "./scroll_anchor.js";
import { followStream } from "./stream.js";

const FIRST_POLL_MS = 700;
const POLL_INTERVAL_MS = 2_000;

// Follow the run of `article` until it has ended or the returned function is called; nothing is left behind then.
// `adaptFragment` adapts a received fragment to its page; `onFailure` is called if a fragment cannot be merged.
// Dispatches `content:inserted` after each change, `run:deleted` if the run no longer exists.
export function followRun(article, { adaptFragment = (fresh) => fresh, onFailure } = {}) {
  const controller = new AbortController();
  const { signal } = controller;
  const stop = () => controller.abort();
  const isRunning = () => article.isConnected && "stream" in article.dataset;
  if (!isRunning()) return stop;
  const setClock = startClock(article, signal);

  function showFragment(html) {
    if (!article.isConnected) return stop();
    try {
      mergeFragment(article, html, adaptFragment);
    } catch (error) {
      stop();
      onFailure?.();
      throw error;
    }
    setClock();
    if (!isRunning()) stop();
  }

  const stream = followStream({
    getUrl: () => getStreamUrl(article),
    isWanted: isRunning,
    onMessage: showFragment,
    signal,
  });
  const isPollDue = () => !stream.isReceiving && !document.hidden && isRunning();

  function handleResponse({ status, text }) {
    if (status === 404) article.dispatchEvent(new CustomEvent("run:deleted", { bubbles: true }));
    if (status === 200 && isPollDue()) showFragment(text);
  }

  startPolling({
    url: article.dataset.poll,
    delayMs: FIRST_POLL_MS,
    intervalMs: POLL_INTERVAL_MS,
    signal,
    isDue: () => (article.isConnected ? isPollDue() : stop()),
    getHeaders: () => ({ "Last-Event-ID": article.dataset.cursor }),
    onResponse: handleResponse,
  });
  article.addEventListener("submit", stopInPlace, { signal });
  return stop;
}

function getStreamUrl(article) {
  const url = new URL(article.dataset.stream, location.href);
  url.searchParams.set("depuis", article.dataset.cursor);
  return url;
}

function mergeFragment(article, html, adaptFragment) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = adaptFragment(page.querySelector("article[data-run]"));
  const focused = document.activeElement;
  const hadFocus = article.contains(focused);
  keepScrollPosition(article, () => morphNode(article, document.adoptNode(fresh)));
  if (page.title) document.title = page.title;
  // The pressed button is removed: move the focus to the heading with the result.
  if (hadFocus && !article.contains(focused)) {
    article.querySelector("[data-run-state] [tabindex]").focus({ preventScroll: true });
  }
  article.dispatchEvent(new CustomEvent("content:inserted", { bubbles: true }));
}

// Stop the run without leaving the page; its result arrives like any other change.
async function stopInPlace(event) {
  const form = event.target;
  if (!form.matches("[data-stop]")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  try {
    const response = await fetch(form.action, { method: "POST", body, redirect: "manual" });
    if (response.type !== "opaqueredirect") throw new Error(response.status);
  } catch {
    form.submit();
  }
}
