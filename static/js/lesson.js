// Entry of a lesson. Without scripts the same forms and links work, with the same result.
import { installSubmissions, queueSubmission } from "./exercises/submissions.js";

// Exercises: submitted in place; the verdict is shown by a module that is loaded on first use.
installSubmissions();

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-move]");
  if (button) (await import("./exercises/ordering.js")).moveLine(button);
});

async function showVerdict(form) {
  if (form.dataset.experiment) {
    await (await import("./try/experiment.js")).makeExperiment(form);
  } else if (form.matches(".ordering")) {
    (await import("./exercises/ordering.js")).showOrderVerdict(form);
    // After the verdict, which gives the lines their ranks.
    if (form.method === "post") queueSubmission(form);
  } else {
    if (form.method === "post") queueSubmission(form);
    (await import("./exercises/quiz.js")).showVerdict(form);
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches(".quiz")) return;
  event.preventDefault();
  showVerdict(form).catch(
    () => (form.method === "post" || form.dataset.experiment) && form.submit(),
  );
});

document.addEventListener("change", (event) => {
  const list = event.target.closest(".checklist");
  if (list?.method === "post") queueSubmission(list);
});

// Mark the current section in the contents: the last whose title is above the upper third of the window.
const links = [...document.querySelectorAll(".toc a")];
const titles = links.map((link) => document.getElementById(link.hash.slice(1)));
const spy = new IntersectionObserver(
  () => {
    const isPassed = (title) => title?.getBoundingClientRect().top < innerHeight / 3;
    const current = titles.findLastIndex(isPassed);
    for (const link of links) link.removeAttribute("aria-current");
    links[current]?.setAttribute("aria-current", "true");
  },
  { rootMargin: "9999px 0px -66%" },
);
for (const title of titles) if (title) spy.observe(title);

// Try-it blocks: open a form in place, with modules that are loaded on demand; if that fails, follow its link.
document.addEventListener("click", async ({ target }) => {
  const block = target.closest("[data-try]")?.closest(".try-it");
  if (!block) return;
  try {
    await (await import("./try/panels.js")).openPanel(block);
  } catch {
    location.href = block.querySelector("a").href;
  }
});

// Show the definition of a term beside it; with a modifier key the link works as usual.
document.addEventListener("click", (event) => {
  const term = event.target.closest("a.term");
  const definition = term && document.getElementById(`terme-${term.hash.slice(1)}`);
  if (!definition?.showPopover || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  for (const other of document.querySelectorAll("a.term")) {
    other.style.anchorName = other === term ? "--word" : "";
  }
  definition.showPopover({ source: term });
});

document.querySelector("[data-print]")?.addEventListener("click", () => print());

// Open folded content for printing, and close it again afterwards.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll(
    ".solution:not([open]), .edition-note:not([open])",
  )) {
    details.open = details.dataset.folded = true;
  }
});
addEventListener("afterprint", () => {
  for (const details of document.querySelectorAll("[data-folded]")) {
    details.open = false;
    delete details.dataset.folded;
  }
});

// Restore the open blocks. Last, because access to the storage may throw.
const [navigation] = performance.getEntriesByType("navigation");
const isBack = ["back_forward", "reload"].includes(navigation?.type);
if (isBack && sessionStorage.getItem(`panels ${location.pathname}`)) {
  import("./try/panels.js").then(({ reopenPanels }) => reopenPanels());
}
