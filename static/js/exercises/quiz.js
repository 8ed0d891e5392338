// Verdict of a multiple-choice question, shown in place.

// `choices` are the answers as { isChosen, isRight }.
export function isIncomplete(choices) {
  const chosen = choices.filter((choice) => choice.isChosen);
  const hasMissing = choices.some((choice) => choice.isRight && !choice.isChosen);
  return chosen.length > 0 && chosen.every((choice) => choice.isRight) && hasMissing;
}

export function showVerdict(form) {
  const boxes = [...form.querySelectorAll("[name=choix]")];
  const choices = boxes.map((box) => ({ isChosen: box.checked, isRight: "right" in box.dataset }));
  for (const [place, { isChosen, isRight }] of choices.entries()) {
    const answer = boxes[place].closest(".answer");
    for (const part of answer.querySelectorAll(".verdict, .explanation > div"))
      part.hidden = !isChosen;
    boxes[place].closest(".choice").classList.toggle(isRight ? "correct" : "incorrect", isChosen);
  }
  form.querySelector("[data-say=none]").hidden = choices.some((choice) => choice.isChosen);
  form.querySelector("[data-say=incomplete]").hidden = !isIncomplete(choices);
  form.querySelector("[type=submit]").textContent = "Répondre à nouveau";
}
