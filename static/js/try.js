// Try-it block of a lesson: the form of an endpoint, and below it the latest result beside the previous one, so that
// the effect of a changed value is visible. lesson.js loads this script when a reader opens a block. The site's pages
// return their fragments for it.
const HEADERS = { "X-Fragment": "lecon" };
const WAKE_MS = 1_500;
const NAMING = ["id", "for", "list", "aria-labelledby", "aria-describedby", "data-into"];
const MAX_ANSWERS = 2; // the latest, and the one before it to compare with
const SLOT = `essais ${location.pathname}`;
const HERE = "Le formulaire est là.";
const AWAKE = "Le Space est réveillé\u00a0: le formulaire est là.";
const GONE = "Cet essai n’existe plus.";
const SILENT = "Le site ne répond pas. Vérifiez le réseau, puis recommencez.";
const KEPT = "Ce que vous avez saisi est encore là.";
const panels = new Map(); // the id of a block's title -> its content

const made = (html) => document.createRange().createContextualFragment(html).firstElementChild;
const isTyped = (field) => field.name?.startsWith("arg-") && !["file", "password", "hidden"].includes(field.type);
const isTicked = (field) => ["checkbox", "radio"].includes(field.type);

// Fetch the fragment of a URL or form, and its final URL after redirects.
async function asked(address, options) {
  const answer = await fetch(address, { ...options, headers: HEADERS, cache: "no-store" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const part = page.querySelector("[data-scripts], .trouble");
  if (!part) throw new Error(`${answer.status} ${answer.url}`);
  return { part: document.adoptNode(part), address: answer.url };
}

// Load the scripts that a fragment needs; the script of a run exports a function that follows it.
async function importScripts(part) {
  const scripts = (part.dataset.scripts ?? "").split(" ").filter(Boolean);
  return Object.assign({}, ...(await Promise.all(scripts.map((script) => import(script)))));
}

class Panel {
  constructor(block) {
    this.block = block;
    this.title = block.querySelector("h3").id;
    this.start = block.querySelector(".submit a").href;
    this.element = made(`<div class="tried" role="group" aria-labelledby="${this.title}" tabindex="-1">
      <p class="soft" role="status"></p><div data-shown></div><div class="answers" data-answers></div>
      <p class="row"><button class="button plain" type="button" data-fold>Refermer</button><a class="button plain">Ouvrir sur sa page</a></p></div>`);
    this.element.lastElementChild.lastElementChild.href = this.start;
    this.shown = this.element.querySelector("[data-shown]");
    this.answers = this.element.querySelector("[data-answers]");
    this.element.addEventListener("submit", (event) => this.send(event));
    this.element.addEventListener("click", (event) => this.click(event));
    this.element.addEventListener("live:gone", (event) => this.removeAnswer(event.target));
    block.append(this.element);
    panels.set(this.title, this);
  }

  get isWaking() {
    return this.shown.querySelector("[data-waking]") !== null;
  }

  get form() {
    return this.shown.querySelector("form:not([data-stop])");
  }

  fold(isFolded) {
    this.element.hidden = isFolded;
    this.block.querySelector(".submit").hidden = !isFolded;
    remember();
  }

  // For screen readers; visible only while the block is empty.
  say(words, isWaiting = false) {
    const status = this.element.querySelector("[role=status]");
    status.textContent = words;
    status.classList.toggle("vh", !isWaiting);
    this.shown.setAttribute("aria-busy", isWaiting);
  }

  async load(address, { words = HERE, isQuiet = false, typed = [] } = {}) {
    if (!isQuiet) this.say("Le formulaire arrive…", true);
    try {
      const { part } = await asked(address);
      await this.show(part, address, { words, isQuiet });
      this.fill(typed);
    } catch {
      this.complain({ isQuiet });
      this.wait(address);
    }
  }

  async send(event) {
    const form = event.target;
    if (form !== this.form) return;
    event.preventDefault();
    if (this.isSending) return;
    this.isSending = true;
    this.say("Votre essai part…", true);
    try {
      const { part, address } = await asked(form.action, { method: "POST", body: new FormData(form, event.submitter) });
      if (part.matches("article")) await this.showAnswer(part, address);
      else await this.show(part, this.address);
    } catch {
      this.complain();
    }
    this.isSending = false;
  }

  // Follow links to this Space in place: an example, a run's values, a retry.
  click(event) {
    if (event.target.closest("[data-fold]")) {
      this.fold(true);
      this.block.querySelector("[data-try]").focus();
    }
    const link = event.target.closest(".tried :is([data-shown], [data-answers]) a");
    const isForElsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
    if (!link || isForElsewhere || link.pathname !== new URL(this.start).pathname) return;
    event.preventDefault();
    this.load(link.href);
  }

  async show(part, address, { words = "", isQuiet = false } = {}) {
    await importScripts(part);
    const isWaking = "waking" in part.dataset;
    // The form holds the only copy of the input: an error without a form is inserted above it.
    if (this.form && !isWaking && !part.querySelector("form")) return this.complain({ told: this.adopt(part) });
    if (isWaking) this.wait(address);
    if (isWaking && this.isWaking) return this.say("");
    const hadFocus = this.shown.contains(document.activeElement);
    this.shown.replaceChildren(this.adopt(part));
    this.address = address;
    this.say(isWaking ? "" : words);
    part.dispatchEvent(new CustomEvent("live:shown", { bubbles: true }));
    if (!isQuiet || hadFocus) this.focus(part.querySelector(":scope > .trouble [data-error]") ?? part.querySelector("[data-error], h4"));
    remember();
  }

  // Insert the latest result first, keep the previous one beside it, and remove older ones.
  async showAnswer(article, address, { isQuiet = false } = {}) {
    const { follow } = await importScripts(article);
    const prefix = `${this.title}-${article.dataset.run}`;
    const answer = made(`<div class="answer"><p class="kind" hidden>Réponse précédente</p></div>`);
    answer.dataset.address = address;
    answer.append(this.adopt(article, prefix));
    this.shown.querySelector(".complaint")?.remove();
    this.answers.prepend(answer);
    this.arrangeAnswers();
    this.say("");
    article.dispatchEvent(new CustomEvent("live:shown", { bubbles: true }));
    follow(article, (fresh) => this.adopt(fresh, prefix));
    if (!isQuiet) {
      this.focus(article.querySelector(":scope > .trouble [data-error]") ?? article.querySelector("[data-error], h4"));
      answer.scrollIntoView({ block: "nearest", behavior: "instant" });
    }
    remember();
  }

  removeAnswer(article) {
    article.closest(".answer")?.remove();
    this.arrangeAnswers();
    this.say(GONE, true);
    if (!this.form) this.load(this.start, { words: GONE });
    remember();
  }

  arrangeAnswers() {
    [...this.answers.children].forEach((answer, place) => {
      if (place >= MAX_ANSWERS) answer.remove();
      answer.classList.toggle("former", place > 0);
      answer.querySelector(":scope > .kind").hidden = place === 0;
    });
  }

  // Restore the results from before navigation, oldest first.
  async restore({ address, typed, answers }) {
    await this.load(address, { isQuiet: true, typed });
    for (const each of [...answers].reverse()) {
      const { part } = await asked(each).catch(() => ({}));
      if (part?.matches("article")) await this.showAnswer(part, each, { isQuiet: true });
    }
  }

  complain({ told = this.silence(), isQuiet = false } = {}) {
    told.classList.add("complaint");
    this.shown.querySelector(".complaint")?.remove();
    this.shown.prepend(told);
    this.say("");
    if (!isQuiet) this.focus(told.querySelector("[data-error]"));
  }

  silence() {
    const told = made(`<p class="message bad"><span data-error="connection-lost"></span></p>`);
    told.firstElementChild.textContent = this.form ? `${SILENT} ${KEPT}` : SILENT;
    return told;
  }

  // Do not move the focus if the reader has moved it elsewhere.
  focus(target) {
    const { activeElement } = document;
    if (activeElement !== document.body && !this.block.contains(activeElement)) return;
    target?.setAttribute("tabindex", "-1");
    target?.focus();
  }

  // Prefix ids: those of a fragment may already exist in the lesson or in another block.
  adopt(part, prefix = this.title) {
    for (const name of NAMING) {
      for (const element of [part, ...part.querySelectorAll(`[${name}]`)]) {
        const names = element.getAttribute(name)?.split(" ") ?? [];
        if (names.length) element.setAttribute(name, names.map((each) => `${prefix}-${each}`).join(" "));
      }
    }
    for (const link of part.querySelectorAll("a[data-fault]")) {
      const names = decodeURIComponent(link.hash.slice(1)).split(" ").map((each) => `${prefix}-${each}`);
      link.setAttribute("href", `#${encodeURIComponent(names.join(" "))}`);
    }
    return part;
  }

  wait(address) {
    setTimeout(() => {
      if (!this.isWaking) return;
      if (document.hidden || this.element.hidden) this.wait(address);
      else this.load(address, { words: AWAKE, isQuiet: true });
    }, WAKE_MS);
  }

  // Collect unsent input, except files and passwords.
  get typed() {
    const fields = [...(this.form?.elements ?? [])].filter(isTyped);
    return fields.filter((field) => !isTicked(field) || field.checked).map(({ name, value }) => [name, value]);
  }

  fill(typed) {
    if (!typed.length) return;
    for (const field of [...(this.form?.elements ?? [])].filter(isTyped)) {
      if (isTicked(field)) field.checked = typed.some(([name, value]) => name === field.name && value === field.value);
      else field.value = typed.find(([name]) => name === field.name)?.[1] ?? field.value;
      field.dispatchEvent(new Event("input", { bubbles: true })); // a slider stands where its number says
    }
  }
}

// Save the state for back navigation and reload.
function remember() {
  const open = [...panels].filter(([, panel]) => panel.address && !panel.element.hidden);
  const kept = open.map(([title, { address, typed, answers }]) => {
    return [title, { address, typed, answers: [...answers.children].map((answer) => answer.dataset.address) }];
  });
  try {
    sessionStorage.setItem(SLOT, JSON.stringify(kept));
  } catch {
    // Storage is disabled or its quota exceeded: the blocks are closed after navigation.
  }
}
addEventListener("pagehide", remember);

export async function open(block) {
  const known = panels.get(block.querySelector("h3").id);
  const panel = known ?? new Panel(block);
  panel.fold(false);
  panel.element.focus({ preventScroll: true });
  if (!panel.shown.querySelector("[data-scripts]")) await panel.load(panel.start);
}

export function reopen() {
  for (const [title, kept] of JSON.parse(sessionStorage.getItem(SLOT) ?? "[]")) {
    const block = document.getElementById(title)?.closest(".try");
    if (!block || panels.has(title)) continue;
    const panel = new Panel(block);
    panel.address = kept.address;
    panel.fold(false);
    panel.restore(kept);
  }
}
