// Ordering exercise: move lines, and update their numbers, which are submitted.
(() => {
  const rankOf = (line) => line.querySelector("select").value.slice(1);
  const linesOf = (form) => [...form.querySelectorAll("li")];

  function numberLines(form) {
    for (const [place, line] of linesOf(form).entries()) {
      const select = line.querySelector("select");
      select.value = select.value[0] + (place + 1);
    }
  }

  function clearVerdicts(form) {
    for (const line of linesOf(form)) line.className = "";
    for (const each of form.querySelectorAll(".verdict, [data-say]")) each.hidden = true;
  }

  function moveLine(button) {
    const line = button.closest("li");
    const form = line.closest("form");
    if (button.dataset.move === "up") line.previousElementSibling?.before(line);
    else line.nextElementSibling?.after(line);
    button.focus();
    numberLines(form);
    clearVerdicts(form);
    form.querySelector("[data-moved]").textContent = `Place ${rankOf(line)} sur ${linesOf(form).length}`;
  }

  function showOrder(form) {
    numberLines(form);
    clearVerdicts(form);
    const isRight = (line) => line.dataset.places.includes(rankOf(line));
    for (const line of linesOf(form)) {
      const verdict = line.querySelector(".verdict");
      line.className = isRight(line) ? "right" : "wrong";
      verdict.hidden = false;
      verdict.querySelector("use").setAttribute("href", isRight(line) ? "#i-check" : "#i-cross");
      verdict.lastElementChild.textContent = isRight(line) ? "Juste" : "Faux";
    }
    const isSolved = linesOf(form).every(isRight);
    for (const name of isSolved ? ["right", "why"] : ["wrong"]) form.querySelector(`[data-say=${name}]`).hidden = false;
    form.querySelector("[type=submit]").textContent = "Vérifier à nouveau";
  }

  globalThis.orderingTools = { moveLine, showOrder };
})();
