// Shortcut « / » of every page: go to the search. A switch turns it off (WCAG 2.1.4), and a cookie keeps this choice.
const OFF_COOKIE = "raccourci=non";
const FIELDS = "input, select, textarea, [contenteditable]";

export const isShortcutOff = (cookies) => cookies.split(/;\s*/).includes(OFF_COOKIE);

// Characters typed into a field, or composed by an input method, are text.
export function isSearchShortcut(event) {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return false;
  return !event.isComposing && !event.defaultPrevented && !event.target.closest?.(FIELDS);
}

function goToSearch() {
  const box = document.querySelector("[data-search-box]");
  if (box) box.select();
  else document.querySelector("[data-search]")?.click();
}

function showShortcutState() {
  const isOff = isShortcutOff(document.cookie);
  document.querySelector("[data-shortcut-switch]")?.setAttribute("aria-pressed", !isOff);
  const link = document.querySelector("[data-search]");
  link?.setAttribute("aria-keyshortcuts", isOff ? "" : "/");
}

function toggleShortcut() {
  // Kept for a year, in seconds.
  const maxAge = isShortcutOff(document.cookie) ? 0 : 31536000;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing on plain http
  document.cookie = `${OFF_COOKIE}; path=/; max-age=${maxAge}; samesite=lax`;
  showShortcutState();
}

export function installSearchShortcut() {
  document.querySelector("[data-shortcut-switch]")?.addEventListener("click", toggleShortcut);
  // On load, and when the back button restores a page: the cookie may have changed since.
  addEventListener("pageshow", showShortcutState);
  document.addEventListener("keydown", (event) => {
    if (isShortcutOff(document.cookie) || !isSearchShortcut(event)) return;
    event.preventDefault();
    goToSearch();
  });
}
