// Submit the exercises of a lesson in place. Without scripts the same forms are submitted, with the same result.
const waiting = [];
let underway;

// Queue of requests, sent in sequence: the first response sets the visitor's cookie, and the last checklist wins.
async function send(form) {
  waiting.push({ address: form.action, body: String(new URLSearchParams(new FormData(form))) });
  if (underway) return;
  while ((underway = waiting.shift())) {
    // Not keepalive: such a request continues after abort(), and would create a second visitor.
    underway.broken = new AbortController();
    const options = { method: "POST", body: new URLSearchParams(underway.body), redirect: "manual" };
    await fetch(underway.address, { ...options, signal: underway.broken.signal }).catch(() => {});
  }
}

// When the page is left, send all pending requests at once, one beacon per URL, so that they create only one visitor.
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

// Load the script of ordering exercises on first use; the exported file already contains it.
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

// Mark the current section in the contents: the last whose title is above the upper third of the window.
const links = [...document.querySelectorAll(".toc a")];
const titles = links.map((link) => document.getElementById(link.hash.slice(1)));
const spy = new IntersectionObserver(() => {
  const here = titles.findLastIndex((title) => title?.getBoundingClientRect().top < innerHeight / 3);
  for (const link of links) link.removeAttribute("aria-current");
  links[here]?.setAttribute("aria-current", "true");
}, { rootMargin: "9999px 0px -66%" });
for (const title of titles) if (title) spy.observe(title);

// Open a try-it form in place and load its script on demand; if that fails, follow its link.
const { try: tools, tryStyle } = document.currentScript.dataset;

// Wait for the style sheet of forms and outputs before they are shown.
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

// Show the definition of a term beside it; with a modifier key the link works as usual.
document.addEventListener("click", (event) => {
  const word = event.target.closest("a.term");
  const definition = word && document.getElementById(`terme-${word.hash.slice(1)}`);
  if (!definition?.showPopover || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  for (const other of document.querySelectorAll("a.term")) other.style.anchorName = other === word ? "--word" : "";
  definition.showPopover({ source: word });
});

document.querySelector("[data-print]")?.addEventListener("click", () => print());

// Open folded content for printing, and close it again afterwards.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll(".solution:not([open]), .edition:not([open])")) folded.open = folded.dataset.folded = true;
});
addEventListener("afterprint", () => {
  for (const opened of document.querySelectorAll("[data-folded]")) {
    opened.open = false;
    delete opened.dataset.folded;
  }
});

// Restore the open blocks. Last, because access to the storage may throw.
const isBack = ["back_forward", "reload"].includes(performance.getEntriesByType("navigation")[0]?.type);
if (tools && isBack && sessionStorage.getItem(`essais ${location.pathname}`)) loadTools().then(({ reopen }) => reopen());
