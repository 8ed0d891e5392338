// Queue of exercise submissions, sent in sequence: the first response sets the visitor's cookie, and the last checklist
// wins.
const waiting = [];
let current;

export async function queueSubmission(form) {
  waiting.push({ url: form.action, body: String(new URLSearchParams(new FormData(form))) });
  if (current) return;
  for (current = waiting.shift(); current; current = waiting.shift()) {
    // Not keepalive: such a request continues after abort(), and would create a second visitor.
    current.controller = new AbortController();
    const body = new URLSearchParams(current.body);
    const options = { method: "POST", body, redirect: "manual", signal: current.controller.signal };
    await fetch(current.url, options).catch(() => {});
  }
}

// When the page is left, send all pending requests at once, one beacon per URL, so that they create only one visitor.
function sendPending() {
  if (!current) return;
  const pending = [current, ...waiting.splice(0)];
  current.controller.abort();
  current = undefined;
  for (const [url, bodies] of groupByUrl(pending)) {
    navigator.sendBeacon(url, new URLSearchParams(bodies.map((body) => ["suite", body])));
  }
}

export function groupByUrl(submissions) {
  const groups = new Map();
  for (const { url, body } of submissions) groups.set(url, [...(groups.get(url) ?? []), body]);
  return groups;
}

export function installSubmissions() {
  document.addEventListener("visibilitychange", () => document.hidden && sendPending());
  addEventListener("pagehide", sendPending);
}
