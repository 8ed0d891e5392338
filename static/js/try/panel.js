// Panel of a try-it block: the form of an endpoint, and below it the latest result beside the previous one, so that the
// effect of a changed value is visible. The site's pages return their fragments for it.
import { collectDraft, restoreDraft } from "./draft.js";
import {
  createElement,
  fetchFragment,
  loadScripts,
  prefixIds,
  submitFragment,
} from "./fragment.js";

const WAKE_POLL_MS = 1_500;
const MAX_ANSWERS = 2; // the latest, and the one before it to compare with
const FORM_READY = "Le formulaire est là.";
const SPACE_AWAKE = "Le Space est réveillé\u00a0: le formulaire est là.";
const RUN_DELETED = "Cet essai n’existe plus.";
const SITE_UNREACHABLE = "Le site ne répond pas. Vérifiez le réseau, puis recommencez.";
const INPUT_KEPT = "Ce que vous avez saisi est encore là.";
const ERROR_OR_TITLE = "[data-error], h4";

export class TryPanel {
  // `onChange` is called when what `getState()` returns has changed.
  constructor(block, titleId, onChange) {
    this.block = block;
    this.titleId = titleId;
    this.onChange = onChange;
    this.startUrl = block.querySelector(".form-actions a").href;
    this.followers = new Map(); // an answer -> the function that stops following its run
    this.element = this.createElement();
    this.content = this.element.querySelector("[data-shown]");
    this.answers = this.element.querySelector("[data-answers]");
    this.element.addEventListener("submit", (event) => this.handleSubmit(event));
    this.element.addEventListener("click", (event) => this.handleClick(event));
    this.element.addEventListener("run:deleted", (event) => this.removeAnswer(event.target));
    block.append(this.element);
  }

  createElement() {
    const element = createElement(
      `
      <div class="try-panel" role="group" aria-labelledby="${this.titleId}" tabindex="-1">
        <p class="text-muted" role="status"></p>
        <div data-shown></div>
        <div class="try-results" data-answers></div>
        <p class="row">
          <button class="button button--plain" type="button" data-fold>Refermer</button>
          <a class="button button--plain" data-start>Ouvrir sur sa page</a>
        </p>
      </div>`.trim(),
    );
    element.querySelector("[data-start]").href = this.startUrl;
    return element;
  }

  get isWaking() {
    return this.content.querySelector("[data-waking]") !== null;
  }

  get form() {
    return this.content.querySelector("form:not([data-stop])");
  }

  get isFolded() {
    return this.element.hidden;
  }

  getState() {
    const answers = [...this.answers.children].map((answer) => answer.dataset.address);
    return { url: this.url, draft: collectDraft(this.form?.elements ?? []), answers };
  }

  async open() {
    this.fold(false);
    this.element.focus({ preventScroll: true });
    if (!this.content.querySelector("[data-scripts]")) await this.load(this.startUrl);
  }

  fold(isFolded) {
    this.element.hidden = isFolded;
    this.block.querySelector(".form-actions").hidden = !isFolded;
    this.onChange();
  }

  // For screen readers; visible only while the block is empty.
  announce(message, isBusy = false) {
    const status = this.element.querySelector("[role=status]");
    status.textContent = message;
    status.classList.toggle("visually-hidden", !isBusy);
    this.content.setAttribute("aria-busy", isBusy);
  }

  async load(url, { message = FORM_READY, isQuiet = false, draft = [] } = {}) {
    if (!isQuiet) this.announce("Le formulaire arrive…", true);
    try {
      const { part } = await fetchFragment(url);
      await this.showContent(part, url, { message, isQuiet });
      restoreDraft(this.form?.elements ?? [], draft);
    } catch {
      this.showError({ isQuiet });
      this.reloadWhenAwake(url);
    }
  }

  async handleSubmit(event) {
    const form = event.target;
    if (form !== this.form) return;
    event.preventDefault();
    if (this.isSending) return;
    this.isSending = true;
    this.announce("", true); // the button has the state of the form
    try {
      const { part, url } = await submitFragment(form, event.submitter);
      if (part.matches("article")) await this.showAnswer(part, url);
      else await this.showContent(part, this.url);
    } catch (error) {
      if (error.name === "AbortError") this.announce("");
      else this.showError();
    }
    this.isSending = false;
  }

  // Follow links to this Space in place: an example, a run's values, a retry.
  handleClick(event) {
    if (event.target.closest("[data-fold]")) {
      this.fold(true);
      this.block.querySelector("[data-try]").focus();
    }
    const link = event.target.closest("a");
    const isInside = link && (this.content.contains(link) || this.answers.contains(link));
    if (!isInside || "leave" in link.dataset) return;
    const hasModifier = event.ctrlKey || event.metaKey || event.shiftKey;
    if (hasModifier || link.pathname !== new URL(this.startUrl).pathname) return;
    event.preventDefault();
    this.load(link.href);
  }

  async showContent(part, url, { message = "", isQuiet = false } = {}) {
    await loadScripts(part);
    const isWaking = "waking" in part.dataset;
    // The form holds the only copy of the input: an error without a form is inserted above it.
    if (this.form && !isWaking && !part.querySelector("form")) {
      return this.showError({ error: prefixIds(part, this.titleId) });
    }
    if (isWaking) this.reloadWhenAwake(url);
    if (isWaking && this.isWaking) return this.announce("");
    const hadFocus = this.content.contains(document.activeElement);
    this.content.replaceChildren(prefixIds(part, this.titleId));
    this.url = url;
    this.announce(isWaking ? "" : message);
    part.dispatchEvent(new CustomEvent("content:inserted", { bubbles: true }));
    if (!isQuiet || hadFocus) this.focusResult(part);
    this.onChange();
  }

  // Insert the latest result first, keep the previous one beside it, and remove older ones.
  async showAnswer(article, url, { isQuiet = false } = {}) {
    await loadScripts(article);
    const { followRun } = await import("../live/follow.js");
    const prefix = `${this.titleId}-${article.dataset.run}`;
    const answer = createElement(
      `<div class="try-result"><p class="eyebrow" hidden>Réponse précédente</p></div>`,
    );
    answer.dataset.address = url;
    answer.append(prefixIds(article, prefix));
    this.content.querySelector(".try-error")?.remove();
    this.answers.prepend(answer);
    this.arrangeAnswers();
    this.announce("");
    article.dispatchEvent(new CustomEvent("content:inserted", { bubbles: true }));
    const adaptFragment = (fresh) => prefixIds(fresh, prefix);
    this.followers.set(answer, followRun(article, { adaptFragment }));
    if (!isQuiet) {
      this.focusResult(article);
      answer.scrollIntoView({ block: "nearest", behavior: "instant" });
    }
    this.onChange();
  }

  removeAnswer(article) {
    this.dropAnswer(article.closest(".try-result"));
    this.arrangeAnswers();
    this.announce(RUN_DELETED, true);
    if (!this.form) this.load(this.startUrl, { message: RUN_DELETED });
    this.onChange();
  }

  arrangeAnswers() {
    for (const answer of [...this.answers.children].slice(MAX_ANSWERS)) this.dropAnswer(answer);
    for (const [place, answer] of [...this.answers.children].entries()) {
      answer.classList.toggle("try-result--previous", place > 0);
      answer.querySelector(":scope > .eyebrow").hidden = place === 0;
    }
  }

  dropAnswer(answer) {
    answer.remove();
    this.followers.get(answer)?.();
    this.followers.delete(answer);
  }

  // Restore the results from before navigation, oldest first.
  async restore({ url, draft, answers }) {
    this.url = url;
    this.fold(false);
    await this.load(url, { isQuiet: true, draft });
    for (const each of [...answers].reverse()) {
      const { part } = await fetchFragment(each).catch(() => ({}));
      if (part?.matches("article")) await this.showAnswer(part, each, { isQuiet: true });
    }
  }

  showError({ error = this.createNetworkError(), isQuiet = false } = {}) {
    error.classList.add("try-error");
    this.content.querySelector(".try-error")?.remove();
    this.content.prepend(error);
    this.announce("");
    if (!isQuiet) this.focus(error.querySelector("[data-error]"));
  }

  createNetworkError() {
    const error = createElement(
      `<p class="message message--error"><span data-error="connection-lost"></span></p>`,
    );
    const sentence = error.querySelector("[data-error]");
    sentence.textContent = this.form ? `${SITE_UNREACHABLE} ${INPUT_KEPT}` : SITE_UNREACHABLE;
    return error;
  }

  focusResult(part) {
    const mainError = part.querySelector(":scope > .error-panel [data-error]");
    this.focus(mainError ?? part.querySelector(ERROR_OR_TITLE));
  }

  // Do not move the focus if the reader has moved it elsewhere.
  focus(target) {
    const { activeElement } = document;
    if (activeElement !== document.body && !this.block.contains(activeElement)) return;
    target?.setAttribute("tabindex", "-1");
    target?.focus();
  }

  reloadWhenAwake(url) {
    setTimeout(() => {
      if (!this.isWaking) return;
      if (document.hidden || this.isFolded) this.reloadWhenAwake(url);
      else this.load(url, { message: SPACE_AWAKE, isQuiet: true });
    }, WAKE_POLL_MS);
  }
}
