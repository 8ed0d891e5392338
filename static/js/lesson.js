// What there is to do in a lesson, answered in place. Without scripts the same forms are sent, and the page says the same.
const waiting = [];
let underway;

// One after another: the first answer makes the visitor known, and the last list of ticks is the one that counts.
async function send(form) {
  waiting.push({ address: form.action, body: String(new URLSearchParams(new FormData(form))) });
  if (underway) return;
  while ((underway = waiting.shift())) {
    // Not keepalive, which goes on when it is broken off, and then makes the visitor another one.
    underway.broken = new AbortController();
    const options = { method: "POST", body: new URLSearchParams(underway.body), redirect: "manual" };
    await fetch(underway.address, { ...options, signal: underway.broken.signal }).catch(() => {});
  }
}

// A page that is left waits for no answer: all that has none yet goes at once and together, so that it makes one visitor.
function sendRest() {
  if (!underway) return;
  const rest = [underway, ...waiting.splice(0)];
  underway.broken.abort();
  underway = undefined;
  for (const address of new Set(rest.map((each) => each.address))) {
    const bodies = rest.filter((each) => each.address === address).map(({ body }) => ["suite", body]);
    navigator.sendBeacon(address, new URLSearchParams(bodies));
  }
}
document.addEventListener("visibilitychange", () => document.hidden && sendRest());
addEventListener("pagehide", sendRest);

function showVerdict(form) {
  const boxes = [...form.querySelectorAll("[name=choix]")];
  const chosen = boxes.filter((box) => box.checked);
  const isRight = (box) => "right" in box.dataset;
  for (const box of boxes) {
    const answer = box.closest(".answer");
    for (const part of answer.querySelectorAll(".verdict, .why > div")) part.hidden = !box.checked;
    box.closest(".choice").classList.toggle(isRight(box) ? "right" : "wrong", box.checked);
  }
  const isIncomplete = chosen.every(isRight) && boxes.some((box) => isRight(box) && !box.checked);
  form.querySelector("[data-say=none]").hidden = chosen.length > 0;
  form.querySelector("[data-say=incomplete]").hidden = !chosen.length || !isIncomplete;
  form.querySelector("[type=submit]").textContent = "Répondre à nouveau";
}

// What moves and judges lines to put in order comes when a reader begins; in the exported file it is there already.
const { ordering } = document.currentScript.dataset;

async function loadOrdering() {
  if (!globalThis.orderingTools) await import(ordering);
  return globalThis.orderingTools;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-move]");
  if (button) (await loadOrdering()).moveLine(button);
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches(".quiz")) return;
  event.preventDefault();
  if (form.matches(".ordering")) (await loadOrdering()).showOrder(form);
  else showVerdict(form);
  if (form.method === "post") send(form);
});

document.addEventListener("change", (event) => {
  const list = event.target.closest(".checklist");
  if (list?.method === "post") send(list);
});

// The section that is being read, in the list of them: the last whose title has passed the upper third of the window.
const links = [...document.querySelectorAll(".toc a")];
const titles = links.map((link) => document.getElementById(link.hash.slice(1)));
const spy = new IntersectionObserver(() => {
  const here = titles.findLastIndex((title) => title?.getBoundingClientRect().top < innerHeight / 3);
  for (const link of links) link.removeAttribute("aria-current");
  links[here]?.setAttribute("aria-current", "true");
}, { rootMargin: "9999px 0px -66%" });
for (const title of titles) if (title) spy.observe(title);

// A form is tried in place; what that takes comes when a reader asks for it. If it does not, its page does as well.
const { try: tools, tryStyle } = document.currentScript.dataset;

// The style sheet of forms and answers is there before they are shown.
function addStyle() {
  if (document.querySelector(`link[href="${tryStyle}"]`)) return null;
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: tryStyle, onload: resolve, onerror: reject });
    document.head.append(link);
  });
}

async function loadTools() {
  await addStyle();
  return import(tools);
}

document.addEventListener("click", async (event) => {
  const block = event.target.closest("[data-try]")?.closest(".try");
  if (!block) return;
  try {
    await (await loadTools()).open(block);
  } catch {
    location.href = block.querySelector("a").href;
  }
});

// The definition of a word is shown beside it; with a key held down the link stays a link.
document.addEventListener("click", (event) => {
  const word = event.target.closest("a.term");
  const definition = word && document.getElementById(`terme-${word.hash.slice(1)}`);
  if (!definition?.showPopover || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  for (const other of document.querySelectorAll("a.term")) other.style.anchorName = other === word ? "--word" : "";
  definition.showPopover({ source: word });
});

document.querySelector("[data-print]")?.addEventListener("click", () => print());

// Paper has no folds: what is folded is printed too, and folded again afterwards.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll(".solution:not([open]), .edition:not([open])")) folded.open = folded.dataset.folded = true;
});
addEventListener("afterprint", () => {
  for (const opened of document.querySelectorAll("[data-folded]")) {
    opened.open = false;
    delete opened.dataset.folded;
  }
});

// Who comes back finds the blocks as they were. Last, because a browser may forbid to look.
const isBack = ["back_forward", "reload"].includes(performance.getEntriesByType("navigation")[0]?.type);
if (tools && isBack && sessionStorage.getItem(`essais ${location.pathname}`)) loadTools().then(({ reopen }) => reopen());
