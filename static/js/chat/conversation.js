// Entry of the pages of conversations: messages are sent without leaving the page. Without this script each message is
// a form whose response is a page.
import { addCopyButtons } from "./code_copy.js";
import { loadDraft, removeSentDrafts, saveDraft } from "./draft.js";
import { followAnswer, isArriving, scrollToEnd } from "./follow_answer.js";

const isProjected = new URLSearchParams(location.search).get("projeter") === "1";
const HEADERS = { "X-Fragment": "discussion" };
const page = document.querySelector("[data-chat]");
const turns = page.querySelector("[data-turns]"); // null on the page of a new conversation
const announcer = page.querySelector("[data-announcer]");

const getComposer = () => page.querySelector("[data-composer]");
const getAlert = () => page.querySelector("[data-alert]");
const findArrivingAnswer = () => turns?.querySelector("article[data-stream]");

// Enter sends and Shift+Enter breaks the line; an input method uses Enter to choose a word (229 in Safari).
page.addEventListener("keydown", (event) => {
  if (!event.target.matches("#message") || event.key !== "Enter") return;
  if (event.shiftKey || event.altKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  event.target.form.requestSubmit(event.target.form.querySelector("button.button--primary"));
});

page.addEventListener("input", ({ target }) => {
  if (target.matches("#message")) saveDraft(target.value);
});

page.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.submitter?.matches("[data-stop-answer]")) return stopAnswer(event);
  if (form.matches("[data-composer]") && findArrivingAnswer()) return event.preventDefault(); // kept until it ends
  if (turns && form.matches("[data-send]")) return sendForm(event, form);
});

page.addEventListener("click", ({ target }) => {
  const reply = target.closest("[data-suggested-reply]");
  if (!reply) return;
  const { message } = getComposer().elements;
  message.value = reply.textContent;
  saveDraft(message.value);
  message.focus();
});

async function sendForm(event, form) {
  event.preventDefault();
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  const body = new FormData(form, event.submitter);
  try {
    const response = await fetch(form.action, { method: "POST", body, headers: HEADERS });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const turn = fresh.querySelector("[data-turn]");
    if (!response.ok || !turn || fresh.querySelector("[data-chat]")) showRejected(fresh);
    else if (form.matches("[data-composer]")) appendTurn(fresh);
    else
      location.assign(
        `${location.pathname}?tour=${turn.dataset.turn}${isProjected ? "&projeter=1" : ""}#${turn.id}`,
      ); // another version: its branch
  } catch {
    showNetworkError();
  } finally {
    form.ariaBusy = null;
  }
}

function showNetworkError() {
  const words = document.createElement("p");
  words.className = "message message--error";
  words.dataset.error = "connection-lost";
  words.role = "alert";
  words.textContent =
    "Le site ne répond pas. Votre message est encore là\u00a0: vérifiez le réseau, puis envoyez-le de nouveau.";
  getAlert().replaceChildren(words);
}

// The page of a rejected message has the reason, and the form with all that was typed.
function showRejected(fresh) {
  const hasForm = fresh.querySelector("[data-composer]") !== null; // which moves to this page
  for (const part of ["[data-alert]", "[data-composer]"]) {
    const found = fresh.querySelector(part);
    if (found) page.querySelector(part).replaceWith(document.adoptNode(found));
  }
  if (!hasForm) getAlert().replaceChildren(...fresh.querySelectorAll("main .error-panel"));
  showButtons();
  if (!getAlert().childElementCount) return;
  getAlert().scrollIntoView({ block: "center", behavior: "instant" });
  const summary = getAlert().querySelector("[autofocus]"); // of several errors
  (summary ?? getComposer().elements.message).focus({ preventScroll: true });
}

// Id of the turn that the form creates: a form that is posted twice creates one.
const makeTurnId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

function appendTurn(fresh) {
  const items = [...fresh.querySelectorAll("li.chat-message--user, li.chat-message--model")].map(
    (item) => document.adoptNode(item),
  );
  turns.append(...items);
  getAlert().replaceChildren();
  const form = getComposer();
  form.elements.parent.value = items[0].dataset.turn;
  form.elements.tour.value = makeTurnId();
  clearMessage(form);
  history.replaceState(null, "", location.pathname + (isProjected ? "?projeter=1" : ""));
  form.elements.message.focus({ preventScroll: true });
  scrollToEnd();
  showAnswer(items[1].querySelector("article"));
}

function clearMessage(form) {
  const { message } = form.elements;
  message.value = "";
  saveDraft("");
  message.removeAttribute("aria-invalid");
  form.querySelector("#e-message")?.remove();
  const sent = form.querySelector(".composer-files");
  if (!sent) return;
  for (const kept of sent.querySelectorAll(".uploaded-file, [name$='-kept']")) kept.remove();
  for (const input of sent.querySelectorAll("input[type=file]")) {
    input.value = "";
    input.dispatchEvent(new Event("change", { bubbles: true })); // removes its previews
  }
}

async function stopAnswer(event) {
  event.preventDefault();
  const article = findArrivingAnswer();
  if (!article) return;
  const form = getComposer();
  const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value });
  const url = `${location.pathname}/tours/${article.id.replace("reponse-", "")}/arreter`;
  const options = { method: "POST", body, headers: HEADERS, redirect: "manual" };
  await fetch(url, options).catch(showNetworkError);
  form.elements.message.focus({ preventScroll: true });
}

function showAnswer(article) {
  showButtons();
  if (article && isArriving(article)) followAnswer(article, announcer, showButtons);
  else if (article) addCopyButtons(article);
}

// While an answer arrives, the send button makes room for the stop button.
function showButtons() {
  const form = getComposer();
  const stopButton = form?.querySelector("[data-stop-answer]");
  if (!stopButton) return;
  const isBusy = Boolean(findArrivingAnswer());
  const sendButton = form.querySelector("button.button--primary");
  const hadFocus = document.activeElement === (isBusy ? sendButton : stopButton);
  stopButton.hidden = !isBusy;
  sendButton.hidden = isBusy;
  if (hadFocus) (isBusy ? stopButton : form.elements.message).focus({ preventScroll: true });
}

removeSentDrafts([...page.querySelectorAll(".chat-text")].at(-1)?.textContent ?? "");
const message = getComposer()?.elements.message;
if (message && !message.value) message.value = loadDraft();
if (turns) {
  for (const article of turns.querySelectorAll("article[data-run]")) showAnswer(article);
  if (!location.hash) scrollToEnd();
}
