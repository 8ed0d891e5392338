// A message that is not sent stays for this tab: a link, the Back button or a broken network would lose it.
const PREFIX = "message ";

function getKey() {
  const parameters = new URLSearchParams(location.search);
  // A link that brings a message of its own leaves the draft of the page without it.
  const variant = parameters.get("modifier") ?? parameters.get("message") ?? "";
  return `${PREFIX}${location.pathname} ${variant}`;
}

export function saveDraft(text) {
  if (text) sessionStorage.setItem(getKey(), text);
  else sessionStorage.removeItem(getKey());
}

export const loadDraft = () => sessionStorage.getItem(getKey()) ?? "";

// Remove the drafts of a message that has been sent, perhaps from another page.
export function removeSentDrafts(sentText) {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(PREFIX) && sessionStorage.getItem(key).trim() === sentText.trim())
      sessionStorage.removeItem(key);
  }
}
