// Follow a run in place: an event stream sends the changed fragment, which is merged into the page.
// If no stream is available, the same fragment is polled: by htmx on the page of a run, which also replaces it if this
// script fails, and by this script in a lesson.
const TRY_AGAIN_MS = 30_000;
const ASK_MS = 2_000;
const MOST_PAIRS = 100_000; // to compare; beyond it the children are replaced

// `adopt` adapts a received fragment to its page.
export function follow(article, adopt = (fresh) => fresh) {
  let stream; // open, or being opened
  let isHeard = false; // any message yet? A proxy may buffer the stream
  let hasFailed = false;
  let begunAt; // when the run began, on the clock of this page

  const goesOn = () => article.isConnected && "stream" in article.dataset;
  const needsAsking = () => !isHeard && !document.hidden && goesOn();

  function show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = adopt(page.querySelector("article[data-run]"));
    const focused = document.activeElement;
    const isInside = article.contains(focused);
    hold(article, () => morph(article, document.adoptNode(fresh)));
    if (page.title) document.title = page.title;
    // The pressed button is removed: move the focus to the heading with the result.
    if (isInside && !article.contains(focused)) article.querySelector(".run-state [tabindex]").focus({ preventScroll: true });
    article.dispatchEvent(new CustomEvent("live:shown", { bubbles: true }));
    setClock();
    if (!goesOn()) leave();
  }

  function open() {
    if (stream || hasFailed || document.hidden || !goesOn()) return;
    const address = new URL(article.dataset.stream, location.href);
    address.searchParams.set("depuis", article.dataset.cursor);
    stream = new EventSource(address);
    stream.addEventListener("suivi", () => { isHeard = true; });
    stream.addEventListener("message", ({ data }) => {
      if (!article.isConnected) return leave();
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
      if (stream?.readyState !== EventSource.CLOSED) return; // the browser reconnects
      leave();
      setTimeout(open, TRY_AGAIN_MS);
    });
  }

  function leave() {
    stream?.close();
    stream = undefined;
    isHeard = false;
  }

  async function ask() {
    if (!article.isConnected) return clearInterval(asking);
    if (hasFailed || !needsAsking()) return;
    const answer = await fetch(article.dataset.ask, { headers: { "Last-Event-ID": article.dataset.cursor } }).catch(() => {});
    if (answer?.status === 404) article.dispatchEvent(new CustomEvent("live:gone", { bubbles: true }));
    const html = answer?.status === 200 ? await answer.text() : "";
    if (html && needsAsking()) show(html);
  }
  const asking = "ask" in article.dataset && setInterval(ask, ASK_MS);

  // Close the stream of a hidden page.
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : open()));
  addEventListener("pagehide", leave);
  addEventListener("pageshow", open);

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target === article && !needsAsking()) event.preventDefault();
  });
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.target === article && !hasFailed) event.detail.headers["Last-Event-ID"] = article.dataset.cursor;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target !== article || hasFailed || event.detail.xhr.status !== 200) return;
    show(event.detail.serverResponse);
    event.detail.shouldSwap = false;
  });

  // Its result arrives by the stream.
  article.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-stop]") || !goesOn()) return;
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
    if (!article.isConnected) {
      clearInterval(ticking);
      leave();
    }
    if (!time || document.hidden) return;
    const seconds = Math.floor((performance.now() - begunAt) / 1000);
    const rest = seconds % 60;
    time.textContent = seconds < 60 ? `${seconds}\u00a0s` : `${(seconds - rest) / 60}\u00a0min${rest ? ` ${rest}\u00a0s` : ""}`;
  }

  setClock();
  const ticking = setInterval(tick, 1000);
  open();
}

// Scroll anchoring: the visible element stays at its position when content above it changes.
function hold(article, change) {
  const heights = scrollY ? [0.3, 0.5, 0.1, 0.7, 0.9] : []; // at its top the page is not being read, but watched
  const main = article.closest("main");
  const seen = heights.map((part) => document.elementFromPoint(innerWidth / 2, part * innerHeight));
  const held = seen.filter((element) => main.contains(element) && !element.contains(article));
  const before = held.map((element) => element.getBoundingClientRect().top);
  change();
  const kept = held.findIndex((element) => element.isConnected);
  if (kept >= 0) scrollBy({ top: held[kept].getBoundingClientRect().top - before[kept], behavior: "instant" });
}

// Morph a DOM subtree into another, leaving equal nodes unchanged: focus, open details, selection and scroll position
// are preserved, text grows in place, and an image stays until the next one has loaded.
// Nodes with the same key match; links match by URL, except those around an image, which is replaced together with
// its link.
function key(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return node.nodeName;
  return `${node.nodeName} ${node.id || node.dataset?.output || ("large" in (node.dataset ?? {}) ? "" : node.getAttribute("href")) || ""}`;
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

// Appended, not replaced, so that a selection survives.
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

// The reader's open or closed state is preserved.
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

// Longest common subsequence of the nodes of both lists, as pairs of a new node and its old one.
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

const article = document.querySelector(".page > article[data-stream]");
if (article) follow(article);
