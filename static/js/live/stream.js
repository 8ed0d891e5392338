// Event stream of a run (server-sent events), closed while the page is hidden.
const RETRY_MS = 30_000; // the site has no slot for a stream, or the run is unknown

// Follow a stream while `isWanted()`. `isReceiving` is false until any message has come: a proxy may buffer the stream.
export function followStream({ getUrl, isWanted, onMessage, signal }) {
  let source; // open, or being opened
  let retry;
  let isReceiving = false;

  function open() {
    if (source || signal.aborted || document.hidden || !isWanted()) return;
    source = new EventSource(getUrl());
    source.addEventListener("suivi", () => {
      isReceiving = true;
    });
    source.addEventListener("message", ({ data }) => onMessage(data));
    source.addEventListener("error", handleError);
  }

  function close() {
    clearTimeout(retry);
    source?.close();
    source = undefined;
    isReceiving = false;
  }

  function handleError() {
    isReceiving = false;
    if (source?.readyState !== EventSource.CLOSED) return; // the browser reconnects
    close();
    retry = setTimeout(open, RETRY_MS);
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()), {
    signal,
  });
  addEventListener("pagehide", close, { signal });
  addEventListener("pageshow", open, { signal });
  signal.addEventListener("abort", close);
  open();
  return {
    get isReceiving() {
      return isReceiving;
    },
  };
}
