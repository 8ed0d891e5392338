// While one types, the entries that look like the message take the place of the others; without this the button asks.
const DELAY_MS = 250;
// Servers refuse long addresses; a traceback says what happened at its end.
const MAX_CHARACTERS = 2000;
const form = document.querySelector("[data-troubleshooting]");
const list = document.getElementById("entrees");
let timer;
let pending;

async function refresh() {
  const address = new URL(form.action);
  const typed = form.q.value.trim().slice(-MAX_CHARACTERS);
  if (typed) address.searchParams.set("q", typed);
  pending?.abort();
  pending = new AbortController();
  try {
    const answer = await fetch(address, { headers: { "X-Fragment": "depannage" }, signal: pending.signal });
    if (!answer.ok) return;
    list.innerHTML = await answer.text();
    history.replaceState(null, "", address);
  } catch {
    // Another letter was typed, or the network failed: the list stays, and the button still works.
  }
}

// Without this the browser would keep the beginning of what is pasted.
form.q.removeAttribute("maxlength");
form.addEventListener("submit", () => { form.q.value = form.q.value.trim().slice(-MAX_CHARACTERS); });

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(refresh, DELAY_MS);
});
