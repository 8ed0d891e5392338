// A lesson for a room: the keys of a keyboard or of a remote control turn its sections, Escape leaves.
const sections = [...document.querySelectorAll(".slides > section")];
const fullscreen = document.querySelector("[data-fullscreen]");

// Is there one to turn to?
function turn(step) {
  const next = sections[sections.findIndex((section) => section.checkVisibility()) + step];
  if (next) location.hash = next.id;
  return Boolean(next);
}

// A section is read from its top, whatever was scrolled in the one before: what the key before began to scroll goes
// on for a moment. Whoever does something scrolls by themselves from then on.
const SETTLING_MS = 400;
let turnedAt = -SETTLING_MS;
addEventListener("hashchange", () => {
  const section = sections.find((each) => `#${each.id}` === location.hash);
  if (!section) return;
  turnedAt = performance.now();
  scrollTo(0, 0);
  section.focus({ preventScroll: true });
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
  // What remote controls send: a long section is read to its end first.
  PageDown: () => isAtEnd() && turn(1),
  PageUp: () => scrollY === 0 && turn(-1),
  Escape: () => document.querySelector("[data-leave]").click(),
};

document.addEventListener("keydown", (event) => {
  // In a field or in something that scrolls sideways the arrows have a meaning of their own.
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (event.key.startsWith("Arrow") && event.target.closest("input, select, textarea, pre, .scroll")) return;
  // What is being typed into a form is not left by one key.
  if (event.target.closest(".tried :is(input, select, textarea)")) return;
  if (event.key === "Escape" && document.querySelector(":popover-open")) return;
  if (Object.hasOwn(KEYS, event.key) && KEYS[event.key]()) event.preventDefault();
});

fullscreen?.addEventListener("click", () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen().catch(() => { fullscreen.hidden = true; });
});
