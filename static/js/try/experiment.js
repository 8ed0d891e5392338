// An experiment in a lesson: the prediction is sent, and the real exchange is shown below the form. The fragment of the
// experiment's page has the CSRF token, which a lesson has not, and waits for a Space that is waking.
import { loadStyles } from "../style_sheets.js";
import { createElement, fetchFragment, HEADERS, parseFragment, prefixIds } from "./fragment.js";

const WAKE_POLL_MS = 1_500;
const EXCHANGE_RUNNING = "L’échange est en cours…";
const EXCHANGE_SHOWN = "Les vrais messages sont là.";
const RESULT_TITLE = "[data-verdict], [data-error]";

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function getResultArea(form) {
  const existing = form.parentElement.querySelector("[data-experiment-result]");
  if (existing) return existing;
  const area = createElement(
    `<div class="stack" data-experiment-result><p class="text-muted" role="status"></p><div data-shown></div></div>`,
  );
  form.after(area);
  return area;
}

async function showPart(area, part, prefix) {
  await loadStyles(part.dataset.styles);
  part.querySelector("form")?.remove(); // that of the lesson is above
  area.querySelector("[data-shown]").replaceChildren(prefixIds(part, prefix));
}

// Fetch the form of the experiment with this prediction, once the practice Space is awake.
async function fetchForm(url, area, prefix) {
  for (;;) {
    const { part } = await fetchFragment(url);
    if (!("waiting" in part.dataset)) return part;
    await showPart(area, part, prefix);
    await wait(WAKE_POLL_MS);
  }
}

async function postForm(form) {
  const body = new URLSearchParams(new FormData(form));
  const response = await fetch(form.action, { method: "POST", headers: HEADERS, body });
  return parseFragment(await response.text(), response).part;
}

// Rejects if the site does not answer with a fragment.
export async function makeExperiment(form) {
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  const area = getResultArea(form);
  const status = area.querySelector("[role=status]");
  const prefix = form.parentElement.querySelector("h3").id;
  const url = `${form.action}?${new URLSearchParams(new FormData(form))}`;
  status.textContent = EXCHANGE_RUNNING;
  status.classList.remove("visually-hidden");
  try {
    let part = await postForm((await fetchForm(url, area, prefix)).querySelector("form"));
    if ("waiting" in part.dataset)
      part = await postForm((await fetchForm(url, area, prefix)).querySelector("form"));
    await showPart(area, part, prefix);
    status.textContent = EXCHANGE_SHOWN;
    status.classList.add("visually-hidden");
    const title = area.querySelector(RESULT_TITLE);
    title?.setAttribute("tabindex", "-1");
    title?.focus();
  } finally {
    form.removeAttribute("aria-busy");
  }
}
