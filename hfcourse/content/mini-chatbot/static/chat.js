// La réponse s’écrit au fil de l’eau. Sans ce script, elle arrive d’un bloc.
const form = document.querySelector("form");
const button = form.querySelector("button");
const talk = document.querySelector("ol");

// >>> ligne
function addLine(kind, text) {
  const line = document.createElement("li");
  line.className = kind;
  line.textContent = text; // du texte, jamais du HTML
  talk.append(line);
  return line;
}
// <<< ligne

// >>> lecture
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (waiting + value).split("\n\n");
    waiting = blocks.pop(); // le dernier morceau n’est pas encore entier
    for (const block of blocks) yield JSON.parse(block.slice("data: ".length));
  }
}
// <<< lecture

// >>> envoi
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = new FormData(form);
  form.reset();
  addLine("question", body.get("message"));
  const line = addLine("answer", "…");
  button.disabled = true; // une question à la fois
  try {
    const response = await fetch("/flux", { method: "POST", body });
    if (!response.ok) throw new Error(response.status);
    for await (const turn of events(response)) {
      line.textContent = turn.answer; // le texte entier : on remplace
      line.className = turn.failed ? "failure" : "answer";
    }
  } catch {
    line.textContent = "Notre serveur ne répond plus. Rechargez la page.";
    line.className = "failure";
  } finally {
    button.disabled = false;
  }
});
// <<< envoi
