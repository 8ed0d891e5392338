// Scroll anchoring: the visible element stays at its position when content above it changes.
const PROBED_HEIGHTS = [0.3, 0.5, 0.1, 0.7, 0.9]; // shares of the window's height, in order of preference

// Apply a change of `part` while the element that is being read keeps its position, if it is still there.
export function keepScrollPosition(part, applyChange) {
  const heights = scrollY ? PROBED_HEIGHTS : []; // at its top the page is not being read, but watched
  const main = part.closest("main");
  const anchors = heights
    .map((height) => document.elementFromPoint(innerWidth / 2, height * innerHeight))
    .filter((element) => main.contains(element) && !element.contains(part));
  const tops = anchors.map((element) => element.getBoundingClientRect().top);
  applyChange();
  const kept = anchors.findIndex((element) => element.isConnected);
  if (kept < 0) return;
  const moved = anchors[kept].getBoundingClientRect().top - tops[kept];
  scrollBy({ top: moved, behavior: "instant" });
}
