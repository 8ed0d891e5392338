// Entry of the page of a Space: its form and the answers stay on one page, and the URL names what is shown, so that
// back, forward and reload show it again. Without scripts, the same form and links lead from page to page.
// Listeners are delegated to the document: the form may be inserted after page load, when its Space has woken.
import { sendForm } from "../form/submission.js";
import { listFiles, showUpload } from "../form/upload_status.js";
import { collectDraft, restoreDraft } from "../try/draft.js";
import { focusAnswer, followAnswer, showAnswer, verifyAnswer } from "./answer.js";
import { carrySeries, EntryDrafts, unfoldSeries } from "./drafts.js";
import { areSameFiles, opensHere, showSamePage } from "./navigation.js";
import {
  FORM_REGIONS,
  fetchPage,
  HEADERS,
  parsePage,
  replaceRegions,
  SiteUnreachable,
} from "./regions.js";

const SITE_UNREACHABLE =
  "Le site ne répond pas. Vérifiez le réseau, puis recommencez. Ce que vous avez saisi est encore là.";
const getForm = () => document.querySelector("form[data-endpoint]#formulaire");
const getAlerts = () => document.getElementById("alertes");
const drafts = new EntryDrafts(performance.timeOrigin);
let sending = null; // the controller of the form that is being sent
let shownState = drafts.createState(); // of the entry on show
let shownUrl = location.href; // what the page shows: a link inside the page changes only the fragment
let acceptedTitle = document.title; // of the page without an error
let navigation = new AbortController(); // of the page that is being fetched

const collectFormDraft = () => collectDraft(getForm()?.elements ?? []);

// The draft of the entry on show must have been saved.
function pushEntry(url) {
  shownState = drafts.createState();
  history.pushState(shownState, "", url);
  shownUrl = location.href;
}

function showError(sentence) {
  const message = document.createElement("p");
  message.className = "message message--error";
  message.dataset.error = "connection-lost";
  message.textContent = sentence;
  getAlerts().replaceChildren(message);
  focusError();
}

function focusError() {
  const error = document.querySelector("#alertes [data-error]");
  error?.setAttribute("tabindex", "-1");
  error?.focus();
}

// The form that comes back holds all that was typed; an error page without a form leaves the one on show.
function showRejection(page) {
  if (page.getElementById("formulaire")) replaceRegions(page, FORM_REGIONS);
  else if (page.getElementById("alertes")) replaceRegions(page, ["alertes"]);
  else getAlerts().replaceChildren(document.adoptNode(page.querySelector(".error-panel")));
  document.title = page.title;
  focusError();
}

function showRun(article) {
  drafts.save(shownState, collectFormDraft());
  pushEntry(article.dataset.formUrl);
  getAlerts().replaceChildren();
  document.title = acceptedTitle;
  showAnswer(document.adoptNode(article));
}

// Return whether the form was accepted.
function showResponse({ status, text }) {
  const page = parsePage(text);
  const article = page.querySelector("article[data-run]");
  if (status === 200 && article && !page.getElementById("formulaire")) {
    showRun(article);
    return true;
  }
  if (!page.querySelector(".error-panel")) throw new Error(status);
  showRejection(page);
  return false;
}

// Put the form that holds the uploaded files in place, so that the next run does not upload them again.
async function keepSentFiles(form, files) {
  const page = await fetchPage(location.href, navigation.signal);
  if (form !== getForm() || sending || !areSameFiles(listFiles(form), files)) return;
  const draft = collectDraft(form.elements);
  const focused = form.contains(document.activeElement) && document.activeElement.id;
  replaceRegions(page, ["formulaire", "code"]);
  restoreDraft(getForm().elements, draft);
  unfoldSeries(getForm().elements);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

async function submitInPlace(form, submitter) {
  const controller = new AbortController();
  const upload = showUpload(form, controller);
  const files = listFiles(form);
  let isAccepted = false;
  sending = controller;
  form.setAttribute("aria-busy", "true");
  try {
    const response = await sendForm(form, {
      submitter,
      headers: HEADERS,
      onProgress: upload.update,
      signal: controller.signal,
    });
    upload.finish();
    isAccepted = showResponse(response);
  } catch {
    if (controller.signal.aborted) upload.cancel();
    else {
      upload.finish();
      showError(SITE_UNREACHABLE);
    }
  }
  form.removeAttribute("aria-busy");
  if (sending === controller) sending = null;
  if (isAccepted && files.length) keepSentFiles(form, files).catch(() => {}); // offline: the files are uploaded again
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  // A button with a name or an address of its own edits a table or starts a series: the browser submits it.
  const isPlain = !event.submitter?.name && !event.submitter?.hasAttribute("formaction");
  if (form !== getForm() || !isPlain || event.defaultPrevented) return;
  event.preventDefault();
  if (!sending) submitInPlace(form, event.submitter);
});

// Only the latest navigation is shown. As in any page that is left, a form that is being sent is cancelled: its answer
// would stand beside the values of another run.
async function showUrl(url, draft = []) {
  sending?.abort();
  sending = null;
  navigation.abort();
  navigation = new AbortController();
  const page = await fetchPage(url, navigation.signal);
  const left = collectFormDraft();
  replaceRegions(page);
  document.title = page.title;
  acceptedTitle = page.title;
  restoreDraft(getForm().elements, draft);
  carrySeries(getForm().elements, left);
  unfoldSeries(getForm().elements);
  followAnswer();
}

// Links to another run of this form.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-in-place]");
  if (!link || !opensHere(event)) return;
  event.preventDefault();
  const { href } = link;
  drafts.save(shownState, collectFormDraft());
  try {
    await showUrl(href);
    pushEntry(href);
    focusAnswer();
  } catch (error) {
    if (error instanceof SiteUnreachable) showError(SITE_UNREACHABLE);
    else if (error.name !== "AbortError") location.assign(href);
  }
});

addEventListener("popstate", async ({ state }) => {
  if (showSamePage(location.href, shownUrl)) return;
  drafts.save(shownState, collectFormDraft());
  shownState = state;
  shownUrl = location.href;
  try {
    await showUrl(location.href, drafts.find(state));
  } catch (error) {
    if (error instanceof SiteUnreachable) showError(SITE_UNREACHABLE);
    else if (error.name !== "AbortError") location.reload();
  }
});

document.addEventListener("url:replaced", () => {
  shownUrl = location.href;
});

// The page with its form has replaced that of a Space which was asleep.
document.addEventListener("content:inserted", ({ target }) => {
  if (target.id === "espace") followAnswer();
});

// The back/forward cache may restore the page for a visitor whose cookie has changed since.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) verifyAnswer();
});

history.replaceState(shownState, "");
if (getForm()) unfoldSeries(getForm().elements); // what a browser restores
followAnswer();
