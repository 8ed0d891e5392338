// Presentation mode of a lesson: each section is split into views that fit the window; keyboard and remote control
// navigate, Escape exits. A block higher than the window, a long program for example, is a view that scrolls.
const slides = document.querySelector(".slides");
const sections = [...slides.children];
const fullscreen = document.querySelector("[data-fullscreen]");
const channel = new BroadcastChannel(slides.dataset.channel);
const views = new Map(); // a section -> its views, each a list of the blocks that it shows
let current; // { section, view }, the one that is shown

const blocksOf = (section) => [...section.querySelector(".prose").children];
const isHeading = (block) => /^H[2-6]$/.test(block.nodeName);
// A heading, or a paragraph that ends with a colon, stays in the same view as the block that follows it.
const isLead = (block) => isHeading(block) || (block.nodeName === "P" && block.textContent.trimEnd().endsWith(":"));

// Group the blocks of a section that belong together, each group at most as high as the window.
function cut(section) {
  const blocks = blocksOf(section);
  for (const block of blocks) block.classList.remove("elsewhere");
  const foot = section.querySelector(".turn").getBoundingClientRect().height;
  const padding = Number.parseFloat(getComputedStyle(blocks[0].parentElement).paddingBlockEnd);
  const top = blocks[0].getBoundingClientRect().top + scrollY;
  const room = innerHeight - top - foot - padding;
  const found = [];
  let begun = [];
  for (const block of blocks) {
    const from = begun[0] ?? block;
    const height = block.getBoundingClientRect().bottom - from.getBoundingClientRect().top;
    if (height > room && !begun.every(isLead)) {
      const carried = [];
      while (isLead(begun.at(-1))) carried.unshift(begun.pop());
      found.push(begun);
      begun = carried;
    }
    begun.push(block);
  }
  found.push(begun);
  return found;
}

function show(section, wanted) {
  const all = views.get(section);
  const view = Math.max(0, Math.min(wanted, all.length - 1));
  for (const block of blocksOf(section)) block.classList.toggle("elsewhere", !all[view].includes(block));
  current = { section, view };
  section.querySelector("[data-view]").textContent = all.length > 1 ? `, vue ${view + 1} sur ${all.length}` : "";
  for (const [rel, step] of [["prev", -1], ["next", 1]]) {
    const link = section.querySelector(`[rel=${rel}]`);
    if (link) link.dataset.step = step;
  }
  tell();
}

function tell(isEnded = false) {
  channel.postMessage({ kind: "view", section: current.section.id, view: current.view + 1, views: views.get(current.section).length, isEnded });
}

// Find the view with the target of the URL; the last view when navigating backwards into a section.
let isBackwards = false;
function arrive() {
  const section = sections.find((each) => each.checkVisibility());
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  views.set(section, cut(section));
  const all = views.get(section);
  const found = all.findIndex((view) => view.some((block) => block.contains(target)));
  show(section, isBackwards ? all.length - 1 : Math.max(found, 0));
  isBackwards = false;
  return section;
}

// Is there a view in this direction?
function turn(step) {
  const { section, view } = current;
  if (views.get(section)[view + step]) {
    show(section, view + step);
    settle(section);
    return true;
  }
  const next = sections[sections.indexOf(section) + step];
  isBackwards = Boolean(next) && step < 0;
  if (next) location.hash = next.id;
  return Boolean(next);
}

// Show a view from its top, also while smooth scrolling of the previous key continues. Any input of the user ends
// this.
const SETTLING_MS = 400;
let turnedAt = -SETTLING_MS;
function settle(section) {
  turnedAt = performance.now();
  scrollTo(0, 0);
  section.focus({ preventScroll: true });
}
addEventListener("hashchange", () => {
  const section = arrive();
  if (location.hash === `#${section.id}`) settle(section);
});
addEventListener("scroll", () => {
  if (scrollY && performance.now() - turnedAt < SETTLING_MS) scrollTo(0, 0);
}, { passive: true });
for (const kind of ["keydown", "pointerdown", "touchstart", "wheel"]) {
  addEventListener(kind, () => { turnedAt = -SETTLING_MS; }, { capture: true, passive: true });
}

const isAtEnd = () => scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
const KEYS = {
  ArrowRight: () => turn(1),
  ArrowLeft: () => turn(-1),
  // Keys of remote controls, and keys that scroll: a long view is scrolled to its end first.
  PageDown: () => isAtEnd() && turn(1),
  " ": () => isAtEnd() && turn(1),
  ArrowDown: () => isAtEnd() && turn(1),
  PageUp: () => scrollY === 0 && turn(-1),
  ArrowUp: () => scrollY === 0 && turn(-1),
  Escape: () => document.querySelector("[data-leave]").click(),
};

document.addEventListener("keydown", (event) => {
  // In a field or a horizontal scroll area the arrow keys retain their default action.
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (event.key.startsWith("Arrow") && event.target.closest("input, select, textarea, pre, .scroll")) return;
  // The space bar activates the focused element.
  if (event.key === " " && event.target.closest("button, a, summary, input, select, textarea")) return;
  // Keys typed into a form field do not navigate.
  if (event.target.closest(".tried :is(input, select, textarea)")) return;
  if (event.key === "Escape" && document.querySelector(":popover-open")) return;
  if (Object.hasOwn(KEYS, event.key) && KEYS[event.key]()) event.preventDefault();
});

slides.addEventListener("click", (event) => {
  const link = event.target.closest(".turn a[data-step]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  turn(Number(link.dataset.step));
});

channel.addEventListener("message", ({ data }) => {
  if (data.kind === "turn") turn(data.step);
  if (data.kind === "hello") tell();
});
addEventListener("pagehide", () => tell(true));

// After a change of window or font size, show the view with the first block of the previous one.
addEventListener("resize", () => {
  const { section, view } = current;
  const [first] = views.get(section)[view];
  views.set(section, cut(section));
  show(section, views.get(section).findIndex((blocks) => blocks.includes(first)));
});

fullscreen?.addEventListener("click", () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen().catch(() => { fullscreen.hidden = true; });
});

arrive();
document.fonts.ready.then(() => dispatchEvent(new Event("resize")));
