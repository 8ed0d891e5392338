// Copy buttons beside code and truncated texts.
const LABEL_MS = 2000;

function getVisibleCode(block) {
  const visible = [...block.querySelectorAll("pre")].find((pre) => pre.checkVisibility());
  // biome-ignore lint/performance/useDomNodeTextContent: as rendered, without what the style sheet hides
  return visible?.innerText ?? "";
}

async function fetchText(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(response.status);
  return response.text();
}

async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // The clipboard API is missing on plain http:// in a local network: fall back to execCommand.
  const area = document.body.appendChild(document.createElement("textarea"));
  area.value = text;
  area.select();
  document.execCommand("copy");
  area.remove();
}

export async function copyFromButton(button) {
  if (button.disabled) return;
  const label = button.lastChild;
  const before = label.textContent;
  button.disabled = true; // until its label is restored: a second click would keep « Copié »
  try {
    // A truncated text has the URL of its full version, which is fetched.
    const { copy } = button.dataset;
    await copyText(copy ? await fetchText(copy) : getVisibleCode(button.closest(".code")));
    label.textContent = " Copié";
  } catch {
    label.textContent = " Non copié";
  }
  setTimeout(() => {
    label.textContent = before;
    button.disabled = false;
  }, LABEL_MS);
}
