// Entry of every page: theme switch, synchronized code tabs, copy buttons, search shortcut.
import { installSearchShortcut } from "./search_shortcut.js";

const root = document.documentElement;

function isDark() {
  const chosen = root.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

document.querySelector("[data-theme-switch]")?.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  // The server renders the theme of the next page, so that it does not flash.
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing on plain http
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
});

function selectLanguage(language) {
  const tabs = document.querySelectorAll(`[data-sync] input[value="${language}"]`);
  for (const radio of tabs) radio.checked = true;
}

document.addEventListener("change", (event) => {
  if (!event.target.closest("[data-sync]")) return;
  selectLanguage(event.target.value);
  localStorage.setItem("language", event.target.value);
});

// Loaded before the click: a browser may only copy at once.
async function prepareCopy({ type, target }) {
  const button = target.closest?.("[data-copy]");
  if (!button) return;
  const { copyFromButton } = await import("./copy_button.js");
  if (type === "click") copyFromButton(button);
}
for (const type of ["pointerdown", "focusin", "click"])
  document.addEventListener(type, prepareCopy);

installSearchShortcut();

// Last, because access to the storage may throw.
const language = localStorage.getItem("language");
if (language && /^[a-z]+$/.test(language)) selectLanguage(language);
