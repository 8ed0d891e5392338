// Ordering exercise: move lines, and update their numbers, which are submitted.
const getRank = (line) => line.querySelector("select").value.slice(1);
const listLines = (form) => [...form.querySelectorAll("li")];

function numberLines(form) {
  for (const [place, line] of listLines(form).entries()) {
    const select = line.querySelector("select");
    select.value = select.value[0] + (place + 1);
  }
}

function clearVerdicts(form) {
  for (const line of listLines(form)) line.className = "";
  for (const each of form.querySelectorAll(".verdict, [data-say]")) each.hidden = true;
}

export function moveLine(button) {
  const line = button.closest("li");
  const form = line.closest("form");
  if (button.dataset.move === "up") line.previousElementSibling?.before(line);
  else line.nextElementSibling?.after(line);
  button.focus();
  numberLines(form);
  clearVerdicts(form);
  const status = form.querySelector("[data-moved]");
  status.textContent = `Place ${getRank(line)} sur ${listLines(form).length}`;
}

function showLineVerdict(line, isRight) {
  const verdict = line.querySelector(".verdict");
  line.className = isRight ? "correct" : "incorrect";
  verdict.hidden = false;
  verdict.querySelector("use").setAttribute("href", isRight ? "#i-check" : "#i-cross");
  verdict.lastElementChild.textContent = isRight ? "Juste" : "Faux";
}

export function showOrderVerdict(form) {
  numberLines(form);
  clearVerdicts(form);
  const isRight = (line) => line.dataset.places.includes(getRank(line));
  for (const line of listLines(form)) showLineVerdict(line, isRight(line));
  const isSolved = listLines(form).every(isRight);
  for (const name of isSolved ? ["right", "why"] : ["wrong"]) {
    form.querySelector(`[data-say=${name}]`).hidden = false;
  }
  form.querySelector("[type=submit]").textContent = "Vérifier à nouveau";
}
