// The answer beside a form: the block of a run, followed until the run has ended, and the list of the latest runs.
import { buildStripUrl } from "./navigation.js";
import { HEADERS, parsePage, replaceRegions } from "./regions.js";

const STRIP = "derniers-essais";
let stopFollowing = () => {};
let isFollowed = false;

const getRegion = () => document.getElementById("reponse");
const getAnswer = () => getRegion()?.querySelector("article[data-run]");

// Follow the run on show, if it has not ended; without the module, the link to its page remains.
export async function followAnswer() {
  stopFollowing();
  stopFollowing = () => {};
  const article = getAnswer();
  if (!article || !("stream" in article.dataset)) return;
  try {
    const { followRun } = await import("../live/follow.js");
    if (!article.isConnected) return;
    isFollowed = true;
    stopFollowing = followRun(article);
  } catch {
    // The answer stays as it is.
  }
}

export function focusAnswer() {
  const article = getAnswer();
  article?.querySelector("[data-run-state] [tabindex]").focus({ preventScroll: true });
  article?.scrollIntoView({ block: "nearest", behavior: "instant" });
}

export function showAnswer(article) {
  getRegion().replaceChildren(article);
  article.dispatchEvent(new CustomEvent("content:inserted", { bubbles: true }));
  focusAnswer();
  refreshStrip();
  followAnswer();
}

const fetchFragment = (url) => fetch(url, { cache: "no-store", headers: HEADERS });

// List the run on show among the latest ones, with its state; if that fails, the list stays as it is.
async function refreshStrip() {
  const strip = document.getElementById(STRIP);
  if (!strip?.dataset.recent) return;
  try {
    const url = buildStripUrl(strip.dataset.recent, location.href, getAnswer()?.dataset.run);
    const response = await fetchFragment(url);
    if (response.ok) replaceRegions(parsePage(await response.text()), [STRIP]);
  } catch {
    // Offline: the answer is shown.
  }
}

function showMissing() {
  const message = document.createElement("p");
  message.className = "message";
  message.textContent = "Cet essai n’existe plus.";
  getRegion().replaceChildren(message);
}

// Remove the answer and the list if they are those of another visitor, or were deleted meanwhile.
export async function verifyAnswer() {
  const answer = getAnswer();
  refreshStrip();
  if (!answer) return;
  const response = await fetchFragment(answer.dataset.url).catch(() => {});
  if (response?.status === 404 && answer.isConnected) showMissing();
}

// After the last fragment of a run, which has no stream any more.
document.addEventListener("content:inserted", ({ target }) => {
  if (target === getAnswer() && isFollowed && !("stream" in target.dataset)) {
    isFollowed = false;
    refreshStrip();
  }
});

// The run was deleted in another tab.
document.addEventListener("run:deleted", ({ target }) => {
  if (getRegion()?.contains(target)) showMissing();
});
