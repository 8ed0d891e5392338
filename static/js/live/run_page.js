// Entry of the page of a run that has not ended. If the run cannot be followed, because a module is missing or a
// fragment could not be merged, the whole fragment is replaced at intervals.
import { startPolling } from "./poll.js";

const POLL_INTERVAL_MS = 2_000;

function replaceAtIntervals(initial) {
  const controller = new AbortController();
  let article = initial;

  function replaceArticle({ status, text }) {
    if (status === 404) location.reload();
    if (status !== 200) return;
    const page = new DOMParser().parseFromString(text, "text/html");
    const fresh = document.adoptNode(page.querySelector("article[data-run]"));
    article.replaceWith(fresh);
    article = fresh;
    document.title = page.title;
    article.dispatchEvent(new CustomEvent("content:inserted", { bubbles: true }));
    if (!("poll" in article.dataset)) controller.abort();
  }

  startPolling({
    url: article.dataset.poll,
    intervalMs: POLL_INTERVAL_MS,
    signal: controller.signal,
    isDue: () => !document.hidden,
    onResponse: replaceArticle,
  });
}

const article = document.querySelector("article[data-poll]");
if (article) {
  article.addEventListener("run:deleted", () => location.reload());
  import("./follow.js")
    .then(({ followRun }) => followRun(article, { onFailure: () => replaceAtIntervals(article) }))
    .catch(() => replaceAtIntervals(article));
}
