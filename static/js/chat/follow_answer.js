// Follow the answer of a turn: it grows in place, the page scrolls with a reader who is at its end, and a screen reader
// hears finished sentences.
import { followRun } from "../live/follow.js";
import { addCopyButtons } from "./code_copy.js";
import { findNewSentences } from "./sentences.js";

const END_MARGIN_PX = 120;

// How far the last message reaches below the top of the composer, which covers the end of the window; negative if it
// ends above. What follows the composer, the footer too, does not count: on a telephone it would fill the window.
function measureHiddenEnd() {
  const end = document.querySelector("[data-turns]").getBoundingClientRect().bottom;
  const composer = document.querySelector("[data-composer]");
  return end + (composer?.offsetHeight ?? 0) - innerHeight;
}

const isAtEnd = () => measureHiddenEnd() < END_MARGIN_PX;

export const isArriving = (article) => "stream" in article.dataset;

export function scrollToEnd() {
  scrollBy({ top: Math.max(0, measureHiddenEnd()), behavior: "instant" });
}

// Announce what is new in the answer; return the number of characters announced so far.
function announce(article, announcer, announced) {
  // biome-ignore lint/performance/useDomNodeTextContent: as rendered, with the line breaks between blocks
  const text = article.querySelector("[data-words]").innerText;
  const isOver = !isArriving(article);
  const sentences = findNewSentences(text, announced, isOver);
  if (sentences.trim()) {
    const words = document.createElement("span");
    words.textContent = sentences.trim();
    announcer.replaceChildren(words);
  } else if (isOver && !text.trim()) {
    announcer.textContent = article.querySelector("[data-error], .text-muted")?.textContent ?? "";
  }
  return announced + sentences.length;
}

// `onEnd` is called once the answer is complete.
export function followAnswer(article, announcer, onEnd) {
  let wasAtEnd = true;
  let announced = 0;
  const rememberPosition = () => {
    wasAtEnd = isAtEnd();
  };

  function handleChange() {
    if (wasAtEnd) scrollToEnd();
    announced = announce(article, announcer, announced);
    if (isArriving(article)) return;
    article.removeEventListener("content:inserted", handleChange);
    removeEventListener("scroll", rememberPosition);
    addCopyButtons(article);
    onEnd();
  }

  addEventListener("scroll", rememberPosition, { passive: true });
  article.addEventListener("content:inserted", handleChange);
  article.addEventListener("run:deleted", () => location.reload());
  followRun(article, { onFailure: () => location.reload() });
}
