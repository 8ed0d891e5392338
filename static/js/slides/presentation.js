// Presentation mode of a lesson: each section is split into views that fit the window; keyboard and remote control
// navigate, Escape exits. A block higher than the window, a long program for example, is a view that scrolls.
import { paginate } from "./pagination.js";

const slides = document.querySelector(".slides");
const sections = [...slides.children];
const fullscreen = document.querySelector("[data-fullscreen]");
const channel = new BroadcastChannel(slides.dataset.channel);
const views = new Map(); // a section -> its views, each a list of the blocks that it shows
let current; // { section, view }, the one that is shown

const listBlocks = (section) => [...section.querySelector(".prose").children];
const isHeading = (block) => /^H[2-6]$/.test(block.nodeName);
// A heading, or a paragraph that ends with a colon, stays in the same view as the block that follows it.
const isLead = (block) =>
  isHeading(block) || (block.nodeName === "P" && block.textContent.trimEnd().endsWith(":"));

// Group the blocks of a section into views that fit the window.
function splitSection(section) {
  const blocks = listBlocks(section);
  for (const block of blocks) block.classList.remove("out-of-view");
  const footHeight = section.querySelector(".slide-nav").getBoundingClientRect().height;
  const padding = Number.parseFloat(getComputedStyle(blocks[0].parentElement).paddingBlockEnd);
  const measured = blocks.map((block) => {
    const { top, bottom } = block.getBoundingClientRect();
    return { block, top, bottom, isLead: isLead(block) };
  });
  const height = innerHeight - (measured[0].top + scrollY) - footHeight - padding;
  return paginate(measured, height).map((view) => view.map(({ block }) => block));
}

function showView(section, wanted) {
  const all = views.get(section);
  const view = Math.max(0, Math.min(wanted, all.length - 1));
  for (const block of listBlocks(section))
    block.classList.toggle("out-of-view", !all[view].includes(block));
  current = { section, view };
  section.querySelector("[data-view]").textContent =
    all.length > 1 ? `, vue ${view + 1} sur ${all.length}` : "";
  for (const [rel, step] of [
    ["prev", -1],
    ["next", 1],
  ]) {
    const link = section.querySelector(`[rel=${rel}]`);
    if (link) link.dataset.step = step;
  }
  announceView();
}

function announceView(isEnded = false) {
  channel.postMessage({
    kind: "view",
    section: current.section.id,
    view: current.view + 1,
    views: views.get(current.section).length,
    isEnded,
  });
}

// Find the view with the target of the URL; the last view when navigating backwards into a section.
let shownHash;
function showTarget(isBackwards = false) {
  shownHash = location.hash;
  const section = sections.find((each) => each.checkVisibility());
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  views.set(section, splitSection(section));
  const all = views.get(section);
  const found = all.findIndex((view) => view.some((block) => block.contains(target)));
  showView(section, isBackwards ? all.length - 1 : Math.max(found, 0));
  return section;
}

// Is there a view in this direction?
function turnView(step) {
  const { section, view } = current;
  if (views.get(section)[view + step]) {
    showView(section, view + step);
    scrollToTop(section);
    return true;
  }
  const next = sections[sections.indexOf(section) + step];
  if (next) {
    location.hash = next.id;
    scrollToTop(showTarget(step < 0)); // at once: « hashchange » comes after a frame that shows the whole section
  }
  return Boolean(next);
}

// Show a view from its top, also while smooth scrolling of the previous key continues. Any input of the user ends
// this.
const SETTLING_MS = 400;
let turnedAt = -SETTLING_MS;
function scrollToTop(section) {
  turnedAt = performance.now();
  scrollTo(0, 0);
  section.focus({ preventScroll: true });
}
addEventListener("hashchange", () => {
  if (location.hash === shownHash) return;
  const section = showTarget();
  if (location.hash === `#${section.id}`) scrollToTop(section);
});
addEventListener(
  "scroll",
  () => {
    if (scrollY && performance.now() - turnedAt < SETTLING_MS) scrollTo(0, 0);
  },
  { passive: true },
);
for (const kind of ["keydown", "pointerdown", "touchstart", "wheel"]) {
  addEventListener(
    kind,
    () => {
      turnedAt = -SETTLING_MS;
    },
    { capture: true, passive: true },
  );
}

const isAtEnd = () => scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
const KEYS = {
  ArrowRight: () => turnView(1),
  ArrowLeft: () => turnView(-1),
  // Keys of remote controls, and keys that scroll: a long view is scrolled to its end first.
  PageDown: () => isAtEnd() && turnView(1),
  " ": () => isAtEnd() && turnView(1),
  ArrowDown: () => isAtEnd() && turnView(1),
  PageUp: () => scrollY === 0 && turnView(-1),
  ArrowUp: () => scrollY === 0 && turnView(-1),
  Escape: () => document.querySelector("[data-leave]").click(),
};

document.addEventListener("keydown", (event) => {
  // In a field or a horizontal scroll area the arrow keys retain their default action.
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (
    event.key.startsWith("Arrow") &&
    event.target.closest("input, select, textarea, pre, .scroll-region")
  )
    return;
  // The space bar activates the focused element.
  if (event.key === " " && event.target.closest("button, a, summary, input, select, textarea"))
    return;
  // Keys typed into a form field do not navigate.
  if (event.target.closest(".try-panel :is(input, select, textarea)")) return;
  if (event.key === "Escape" && document.querySelector(":popover-open")) return;
  if (Object.hasOwn(KEYS, event.key) && KEYS[event.key]()) event.preventDefault();
});

slides.addEventListener("click", (event) => {
  const link = event.target.closest(".slide-nav a[data-step]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  turnView(Number(link.dataset.step));
});

channel.addEventListener("message", ({ data }) => {
  if (data.kind === "turn") turnView(data.step);
  if (data.kind === "hello") announceView();
});
addEventListener("pagehide", () => announceView(true));

// After a change of window or font size, show the view with the first block of the previous one.
addEventListener("resize", () => {
  const { section, view } = current;
  const [first] = views.get(section)[view];
  views.set(section, splitSection(section));
  showView(
    section,
    views.get(section).findIndex((blocks) => blocks.includes(first)),
  );
});

fullscreen?.addEventListener("click", () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else
    document.documentElement.requestFullscreen().catch(() => {
      fullscreen.hidden = true;
    });
});

showTarget();
document.fonts.ready.then(() => dispatchEvent(new Event("resize")));
