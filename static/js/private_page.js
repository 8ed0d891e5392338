// The back/forward cache may restore a page for a visitor whose cookie has changed since. Browsers evict the page when
// a cookie changes, but not at once. Private pages are therefore reloaded.
addEventListener("pageshow", async ({ persisted }) => {
  if (!persisted) return;
  const options = { method: "HEAD", cache: "no-store" };
  const response = await fetch(location.href, options).catch(() => {}); // offline: keep the page
  if (response) location.reload();
});
