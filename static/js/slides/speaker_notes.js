// Synchronize the instructor's notes with the projected window of the same browser, and navigate its views.
const page = document.querySelector("[data-channel]");
const channel = new BroadcastChannel(page.dataset.channel);
const sections = [...page.querySelectorAll("section")];
const status = page.querySelector("[data-linked]");
const clock = document.querySelector("[data-clock]");
const elapsed = document.querySelector("[data-spent]");
let startedAt; // first message of the projected window

function showView({ section, view, views, isEnded }) {
  startedAt ??= Date.now();
  status.textContent = isEnded
    ? "La fenêtre projetée est fermée."
    : "Cette page suit la fenêtre projetée.";
  for (const each of sections) {
    const isCurrent = each.id === section;
    each.classList.toggle("current", isCurrent);
    each.toggleAttribute("aria-current", isCurrent);
    const label = each.querySelector("[data-views]");
    label.hidden = !isCurrent || views < 2;
    label.textContent = `Vue ${view} sur ${views}`;
    if (isCurrent && !isEnded) each.scrollIntoView({ block: "start", behavior: "instant" });
  }
  showTime();
}

function showTime() {
  clock.textContent = new Date().toLocaleTimeString("fr-FR", {
    hour: "2-digit",
    minute: "2-digit",
  });
  const minutes = startedAt === undefined ? 0 : Math.floor((Date.now() - startedAt) / 60_000);
  elapsed.textContent =
    startedAt === undefined ? "pas encore commencé" : `${minutes}\u00a0min écoulées`;
}

channel.addEventListener("message", ({ data }) => data.kind === "view" && showView(data));
for (const button of page.querySelectorAll("[data-turn]")) {
  button.addEventListener("click", () =>
    channel.postMessage({ kind: "turn", step: Number(button.dataset.turn) }),
  );
}
document.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1, PageDown: 1, PageUp: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  event.preventDefault();
  channel.postMessage({ kind: "turn", step });
});

showTime();
setInterval(showTime, 10_000);
channel.postMessage({ kind: "hello" });
