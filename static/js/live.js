// A run is followed in place: the server sends the part of the page that changes, and it is laid over what is there.
// Where there is no stream to be had htmx goes on asking for the same part; if this script fails, it replaces it.
const TRY_AGAIN_MS = 30_000;
const MOST_PAIRS = 100_000; // to compare; beyond it the children are replaced
const article = document.querySelector("article[data-stream]");
let stream; // open, or being opened
let isHeard = false; // has it told anything? A proxy may open it and keep what it says
let hasFailed = false;
let begunAt; // when the run began, on the clock of this page

const goesOn = () => article.isConnected && "stream" in article.dataset;

function show(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.querySelector("article[data-run]");
  const focused = document.activeElement;
  const isInside = article.contains(focused);
  hold(() => morph(article, document.adoptNode(fresh)));
  document.title = page.title;
  // The button that was pressed is gone: the next key goes on from the heading that says what came of it.
  if (isInside && !article.contains(focused)) article.querySelector("h1").focus({ preventScroll: true });
  article.dispatchEvent(new CustomEvent("live:shown", { bubbles: true }));
  setClock();
  if (!goesOn()) leave();
}

// What is being read stays where it is in the window, whatever comes or goes above it.
function hold(change) {
  const heights = scrollY ? [0.3, 0.5, 0.1, 0.7, 0.9] : []; // at its top the page is not being read, but watched
  const seen = heights.map((part) => document.elementFromPoint(innerWidth / 2, part * innerHeight));
  const held = seen.filter((element) => element !== article && article.contains(element));
  const before = held.map((element) => element.getBoundingClientRect().top);
  change();
  const kept = held.findIndex((element) => element.isConnected);
  if (kept >= 0) scrollBy({ top: held[kept].getBoundingClientRect().top - before[kept], behavior: "instant" });
}

function follow() {
  if (stream || hasFailed || document.hidden || !goesOn()) return;
  stream = new EventSource(`${article.dataset.stream}?depuis=${article.dataset.cursor}`);
  stream.addEventListener("suivi", () => { isHeard = true; });
  stream.addEventListener("message", ({ data }) => {
    try {
      show(data);
    } catch (error) {
      hasFailed = true;
      leave();
      throw error;
    }
  });
  stream.addEventListener("error", () => {
    isHeard = false;
    if (stream?.readyState !== EventSource.CLOSED) return; // the browser opens it again by itself
    leave();
    setTimeout(follow, TRY_AGAIN_MS);
  });
}

function leave() {
  stream?.close();
  stream = undefined;
  isHeard = false;
}

// A page that nobody looks at costs nothing.
document.addEventListener("visibilitychange", () => (document.hidden ? leave() : follow()));
addEventListener("pagehide", leave);
addEventListener("pageshow", follow);

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target === article && (isHeard || document.hidden || !goesOn())) event.preventDefault();
});
document.addEventListener("htmx:configRequest", (event) => {
  if (event.target === article && !hasFailed) event.detail.headers["Last-Event-ID"] = article.dataset.cursor;
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target !== article || hasFailed || event.detail.xhr.status !== 200) return;
  show(event.detail.serverResponse);
  event.detail.shouldSwap = false;
});

// What comes of it is told like everything else.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.id !== "arret" || !goesOn()) return;
  event.preventDefault();
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
    if (answer.type !== "opaqueredirect") throw new Error(answer.status);
  } catch {
    form.submit();
  }
});

function setClock() {
  const time = article.querySelector("[data-elapsed]");
  if (time) begunAt = performance.now() - 1000 * time.dataset.elapsed;
}

function tick() {
  const time = article.querySelector("[data-elapsed]");
  if (!time || document.hidden) return;
  const seconds = Math.floor((performance.now() - begunAt) / 1000);
  const rest = seconds % 60;
  time.textContent = seconds < 60 ? `${seconds}\u00a0s` : `${(seconds - rest) / 60}\u00a0min${rest ? ` ${rest}\u00a0s` : ""}`;
}

// Makes a part of the page like another, and leaves alone what is alike already: what the reader has put the focus on,
// opened, selected or scrolled stays as it is, a text grows where it stands, a picture waits for the next one.
// Two nodes with the same key stand for the same thing; a link is the same if it leads to the same place.
function key(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return node.nodeName;
  return `${node.nodeName} ${node.id || node.dataset?.output || node.getAttribute("href") || ""}`;
}

function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (key(old) !== key(fresh)) old.replaceWith(fresh);
  else if (old.nodeType !== Node.ELEMENT_NODE) say(old, fresh.data);
  else {
    dress(old, fresh);
    morphChildren(old, fresh);
  }
}

// Added to and not replaced, so that a selection survives.
function say(old, words) {
  if (words.startsWith(old.data)) old.appendData(words.slice(old.length));
  else old.data = words;
}

function dress(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !isReaders(old, name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !isReaders(old, name)) old.setAttribute(name, value);
  }
}

// Whether something is unfolded is up to whoever reads.
const isReaders = (element, name) => element.nodeName === "DETAILS" && name === "open";

function morphChildren(parent, fresh) {
  const olds = [...parent.childNodes];
  const news = [...fresh.childNodes];
  let start = 0;
  while (start < Math.min(olds.length, news.length) && key(olds[start]) === key(news[start])) start++;
  let end = 0;
  while (end < Math.min(olds.length, news.length) - start && key(olds.at(-1 - end)) === key(news.at(-1 - end))) end++;
  const after = olds[olds.length - end] ?? null;
  const [gone, come] = [olds.slice(start, olds.length - end), news.slice(start, news.length - end)];
  const pairs = new Map(paired(gone, come));
  const kept = new Set(pairs.values());
  for (const node of gone) if (!kept.has(node)) node.remove();
  let place = kept.size ? gone.find((node) => kept.has(node)) : after;
  for (const node of come) {
    const old = pairs.get(node);
    if (!old) parent.insertBefore(node, place);
    else {
      place = old.nextSibling;
      morph(old, node);
    }
  }
  for (let n = 0; n < start; n++) morph(olds[n], news[n]);
  for (let n = 1; n <= end; n++) morph(olds.at(-n), news.at(-n));
}

// The longest row of nodes that stand in the same order in both lists, as pairs of a new one and its old one.
function paired(olds, news) {
  if (olds.length * news.length > MOST_PAIRS) return [];
  const lengths = Array.from({ length: olds.length + 1 }, () => new Array(news.length + 1).fill(0));
  for (let o = olds.length - 1; o >= 0; o--) {
    for (let n = news.length - 1; n >= 0; n--) {
      lengths[o][n] = key(olds[o]) === key(news[n]) ? lengths[o + 1][n + 1] + 1 : Math.max(lengths[o + 1][n], lengths[o][n + 1]);
    }
  }
  const pairs = [];
  for (let o = 0, n = 0; o < olds.length && n < news.length; ) {
    if (key(olds[o]) === key(news[n])) pairs.push([news[n++], olds[o++]]);
    else if (lengths[o + 1][n] >= lengths[o][n + 1]) o++;
    else n++;
  }
  return pairs;
}

if (article) {
  setClock();
  setInterval(tick, 1000);
  follow();
}
