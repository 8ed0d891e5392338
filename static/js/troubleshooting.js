// Filter the entries by the typed message, debounced; without scripts the button submits it.
const DEBOUNCE_MS = 250;
// Servers reject long URLs; the end of a traceback names the error.
const MAX_CHARACTERS = 2000;
const form = document.querySelector("[data-troubleshooting]");
const list = document.getElementById("entrees");
let timer;
let pending;

async function refreshEntries() {
  const url = new URL(form.action);
  const typed = form.q.value.trim().slice(-MAX_CHARACTERS);
  if (typed) url.searchParams.set("q", typed);
  pending?.abort();
  pending = new AbortController();
  try {
    const response = await fetch(url, {
      headers: { "X-Fragment": "depannage" },
      signal: pending.signal,
    });
    if (!response.ok) return;
    list.innerHTML = await response.text();
    history.replaceState(null, "", url);
  } catch {
    // Aborted by further input, or a network error: the list stays, and the button still works.
  }
}

// Otherwise maxlength would truncate a pasted text at its end.
form.q.removeAttribute("maxlength");
form.addEventListener("submit", () => {
  form.q.value = form.q.value.trim().slice(-MAX_CHARACTERS);
});

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(refreshEntries, DEBOUNCE_MS);
});
