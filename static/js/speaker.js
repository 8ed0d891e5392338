// Synchronize the instructor's notes with the projected window of the same browser, and navigate its views.
const page = document.querySelector("[data-channel]");
const channel = new BroadcastChannel(page.dataset.channel);
const sections = [...page.querySelectorAll("section")];
const linked = page.querySelector("[data-linked]");
const clock = document.querySelector("[data-clock]");
const spent = document.querySelector("[data-spent]");
let begunAt; // first message of the projected window

function show({ section, view, views, isEnded }) {
  begunAt ??= Date.now();
  linked.textContent = isEnded ? "La fenêtre projetée est fermée." : "Cette page suit la fenêtre projetée.";
  for (const each of sections) {
    const isCurrent = each.id === section;
    each.classList.toggle("current", isCurrent);
    each.toggleAttribute("aria-current", isCurrent);
    const words = each.querySelector("[data-views]");
    words.hidden = !isCurrent || views < 2;
    words.textContent = `Vue ${view} sur ${views}`;
    if (isCurrent && !isEnded) each.scrollIntoView({ block: "start", behavior: "instant" });
  }
  tick();
}

function tick() {
  clock.textContent = new Date().toLocaleTimeString("fr-FR", { hour: "2-digit", minute: "2-digit" });
  const minutes = begunAt === undefined ? 0 : Math.floor((Date.now() - begunAt) / 60_000);
  spent.textContent = begunAt === undefined ? "pas encore commencé" : `${minutes}\u00a0min écoulées`;
}

channel.addEventListener("message", ({ data }) => data.kind === "view" && show(data));
for (const button of page.querySelectorAll("[data-turn]")) {
  button.addEventListener("click", () => channel.postMessage({ kind: "turn", step: Number(button.dataset.turn) }));
}
document.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1, PageDown: 1, PageUp: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  event.preventDefault();
  channel.postMessage({ kind: "turn", step });
});

tick();
setInterval(tick, 10_000);
channel.postMessage({ kind: "hello" });
