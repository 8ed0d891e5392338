// Script of every page: theme switch, search shortcut, copy buttons, synchronized code tabs.
const root = document.documentElement;

function isDark() {
  const chosen = root.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

document.querySelector("[data-theme-switch]")?.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  // The server renders the theme of the next page, so that it does not flash.
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
});

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input:not([type=radio], [type=checkbox]), select, textarea");
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const box = document.querySelector("[data-search-box]");
  if (box) box.select();
  else document.querySelector("[data-search]")?.click();
});

function shownCode(block) {
  return [...block.querySelectorAll("pre")].find((pre) => pre.checkVisibility())?.innerText ?? "";
}

async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(answer.status);
  return answer.text();
}

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // The clipboard API is missing on plain http:// in a local network: fall back to execCommand.
  const area = document.body.appendChild(document.createElement("textarea"));
  area.value = text;
  area.select();
  document.execCommand("copy");
  area.remove();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button || button.disabled) return;
  const words = button.lastChild;
  const before = words.textContent;
  button.disabled = true; // until its label is restored: a second click would keep « Copié »
  try {
    // A truncated text has the URL of its full version, which is fetched.
    await copy(button.dataset.copy ? await fetched(button.dataset.copy) : shownCode(button.closest(".code")));
    words.textContent = " Copié";
  } catch {
    words.textContent = " Non copié";
  }
  setTimeout(() => { words.textContent = before; button.disabled = false; }, 2000);
});

document.addEventListener("change", (event) => {
  const language = event.target.value;
  if (!event.target.closest("[data-sync]")) return;
  for (const radio of document.querySelectorAll(`[data-sync] input[value="${language}"]`)) radio.checked = true;
  localStorage.setItem("language", language);
});

const remembered = localStorage.getItem("language");
if (remembered && /^[a-z]+$/.test(remembered)) {
  for (const radio of document.querySelectorAll(`[data-sync] input[value="${remembered}"]`)) radio.checked = true;
}
