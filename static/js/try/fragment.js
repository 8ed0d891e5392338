// Fragments of the site's pages for a try-it block: fetched, given unique ids, and with their scripts loaded.
import { sendForm } from "../form/submission.js";
import { showUpload } from "../form/upload_status.js";

export const HEADERS = { "X-Fragment": "lecon" };
const ID_ATTRIBUTES = ["id", "for", "list", "aria-labelledby", "aria-describedby", "data-into"];

export function createElement(html) {
  return document.createRange().createContextualFragment(html).firstElementChild;
}

// Fetch the fragment of a URL, and its final URL after redirects.
export async function fetchFragment(url) {
  const response = await fetch(url, { headers: HEADERS, cache: "no-store" });
  return parseFragment(await response.text(), response);
}

export function parseFragment(text, { status, url }) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const part = page.querySelector("[data-scripts], .error-panel");
  if (!part) throw new Error(`${status} ${url}`);
  return { part: document.adoptNode(part), url };
}

// Submit a form, with the progress of its upload at its button. Rejects with an AbortError if the reader cancels it.
export async function submitFragment(form, submitter) {
  const controller = new AbortController();
  const upload = showUpload(form, controller);
  const { signal } = controller;
  try {
    const response = await sendForm(form, {
      submitter,
      headers: HEADERS,
      onProgress: upload.update,
      signal,
    });
    upload.finish();
    return parseFragment(response.text, response);
  } catch (error) {
    if (signal.aborted) upload.cancel();
    else upload.finish();
    throw error;
  }
}

export function loadScripts(part) {
  const scripts = (part.dataset.scripts ?? "").split(" ").filter(Boolean);
  return Promise.all(scripts.map((script) => import(script)));
}

// Prefix a list of ids, as `for` and `aria-describedby` have them.
export function prefixIdList(ids, prefix) {
  return ids
    .split(" ")
    .filter(Boolean)
    .map((id) => `${prefix}-${id}`)
    .join(" ");
}

// Prefix ids: those of a fragment may already exist in the lesson or in another block.
export function prefixIds(part, prefix) {
  for (const name of ID_ATTRIBUTES) {
    for (const element of [part, ...part.querySelectorAll(`[${name}]`)]) {
      const ids = element.getAttribute(name);
      if (ids) element.setAttribute(name, prefixIdList(ids, prefix));
    }
  }
  for (const link of part.querySelectorAll("a[data-fault]")) {
    const ids = prefixIdList(decodeURIComponent(link.hash.slice(1)), prefix);
    link.setAttribute("href", `#${encodeURIComponent(ids)}`);
  }
  return part;
}
