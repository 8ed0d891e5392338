// What there is to do in a lesson, answered in place. Without scripts the same forms are sent, and the page says the same.
let sending = Promise.resolve();

// One after another: the first answer makes the visitor known, and the last list of ticks is the one that counts.
function send(form) {
  const body = new URLSearchParams(new FormData(form));
  const options = { method: "POST", body, redirect: "manual", keepalive: true };
  sending = sending.then(() => fetch(form.action, options)).catch(() => {});
}

function showVerdict(form) {
  const boxes = [...form.querySelectorAll("[name=choix]")];
  const chosen = boxes.filter((box) => box.checked);
  const isRight = (box) => "right" in box.dataset;
  for (const box of boxes) {
    const answer = box.closest(".answer");
    for (const part of answer.querySelectorAll(".verdict, .why > div")) part.hidden = !box.checked;
    box.closest(".choice").classList.toggle(isRight(box) ? "right" : "wrong", box.checked);
  }
  const isIncomplete = chosen.every(isRight) && boxes.some((box) => isRight(box) && !box.checked);
  form.querySelector("[data-say=none]").hidden = chosen.length > 0;
  form.querySelector("[data-say=incomplete]").hidden = !chosen.length || !isIncomplete;
  form.querySelector("[type=submit]").textContent = "Répondre à nouveau";
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches(".quiz")) return;
  event.preventDefault();
  showVerdict(event.target);
  if (event.target.method === "post") send(event.target);
});

document.addEventListener("change", (event) => {
  const list = event.target.closest(".checklist");
  if (list?.method === "post") send(list);
});

// The definition of a word is shown beside it; with a key held down the link stays a link.
document.addEventListener("click", (event) => {
  const word = event.target.closest("a.term");
  const definition = word && document.getElementById(`terme-${word.hash.slice(1)}`);
  if (!definition?.showPopover || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  for (const other of document.querySelectorAll("a.term")) other.style.anchorName = other === word ? "--word" : "";
  definition.showPopover({ source: word });
});

document.querySelector("[data-print]")?.addEventListener("click", () => print());

// Paper has no folds: what is folded is printed too, and folded again afterwards.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll(".solution:not([open])")) folded.open = folded.dataset.folded = true;
});
addEventListener("afterprint", () => {
  for (const opened of document.querySelectorAll("[data-folded]")) {
    opened.open = false;
    delete opened.dataset.folded;
  }
});
