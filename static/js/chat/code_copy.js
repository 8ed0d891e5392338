// Copy buttons of the code in answers; site.js copies.
export function addCopyButtons(article) {
  for (const pre of article.querySelectorAll("[data-words] pre")) {
    if (pre.parentElement.closest(".code")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button copy-button";
    button.dataset.copy = "";
    button.textContent = "Copier le code";
    const header = document.createElement("div");
    header.className = "code-header";
    header.append(button);
    const block = document.createElement("div");
    block.className = "code";
    pre.classList.remove("code"); // now that of the block
    pre.replaceWith(block);
    block.append(header, pre);
  }
}
