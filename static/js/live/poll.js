// Poll a URL while a condition holds, one request at a time, until the signal is aborted.

// A network error is retried at the next interval. `getHeaders` is called before each request.
async function fetchText(url, options) {
  try {
    const response = await fetch(url, { ...options, cache: "no-store" });
    return { status: response.status, text: await response.text() };
  } catch {
    return undefined;
  }
}

export function startPolling({ url, delayMs, intervalMs, signal, isDue, getHeaders, onResponse }) {
  let isPending = false;

  async function poll() {
    if (isPending || !isDue()) return;
    isPending = true;
    const response = await fetchText(url, { headers: getHeaders?.(), signal });
    isPending = false;
    if (response && !signal.aborted) onResponse(response);
  }

  const first = setTimeout(poll, delayMs ?? intervalMs);
  const timer = setInterval(poll, intervalMs);
  signal.addEventListener("abort", () => {
    clearTimeout(first);
    clearInterval(timer);
  });
}
