// La réponse s’écrit à mesure. Sans ce script, elle arrive d’un bloc.
const form = document.querySelector("form");
const field = document.querySelector("#question");
const button = document.querySelector("button");
const conversation = document.querySelector("#conversation");

form.addEventListener("submit", ask);

async function ask(event) {
  event.preventDefault(); // le navigateur n’envoie pas le formulaire
  const data = new FormData(form);
  const question = addLine("question", field.value);
  const answer = addLine("answer", "…");
  field.value = "";
  button.disabled = true; // une question à la fois
  try {
    const response = await fetch("/flux", { method: "POST", body: data });
    if (!response.ok) throw new Error(response.status);
    await showSteps(response, answer);
  } catch {
    answer.className = "failure";
    answer.textContent = "Notre serveur ne répond plus. Réessayez.";
    field.value = question.textContent; // rien de ce qui est écrit n’est perdu
  }
  button.disabled = false;
}

function addLine(kind, text) {
  const line = document.createElement("p");
  line.className = kind;
  line.textContent = text; // du texte, jamais du HTML
  conversation.append(line);
  return line;
}

async function showSteps(response, answer) {
  const stream = response.body.pipeThrough(new TextDecoderStream());
  const reader = stream.getReader();
  let received = "";
  while (true) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (received + value).split("\n");
    received = lines.pop(); // le dernier morceau n’est pas encore entier
    for (const line of lines) {
      const turn = JSON.parse(line);
      answer.className = turn.error ? "failure" : "answer";
      answer.textContent = turn.error || turn.answer; // on remplace
    }
  }
}
