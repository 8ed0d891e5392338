// Elapsed time of a run, counted by the page between two fragments.
const TICK_MS = 1000;

// As hfcourse/text/typography.py formats a duration of whole seconds.
export function formatElapsed(seconds) {
  const rest = seconds % 60;
  if (seconds < 60) return `${seconds}\u00a0s`;
  return `${(seconds - rest) / 60}\u00a0min${rest ? ` ${rest}\u00a0s` : ""}`;
}

// Returns a function that sets the clock by the fragment on show; call it after each change of the article.
export function startClock(article, signal) {
  let startedAt; // when the run began, on the clock of this page

  function setClock() {
    const time = article.querySelector("[data-elapsed]");
    if (time) startedAt = performance.now() - 1000 * time.dataset.elapsed;
  }

  function tick() {
    const time = article.querySelector("[data-elapsed]");
    if (!time || document.hidden) return;
    time.textContent = formatElapsed(Math.floor((performance.now() - startedAt) / 1000));
  }

  setClock();
  const timer = setInterval(tick, TICK_MS);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  return setClock;
}
