// Submission of a form in place, encoded as the browser would. XMLHttpRequest reports the progress of an upload, which
// fetch does not.

// Line breaks as browsers submit them.
const normalizeLines = (text) => text.replace(/\r\n?|\n/g, "\r\n");

function encodeBody(form, submitter) {
  const fields = new FormData(form, submitter);
  if (form.enctype === "multipart/form-data") return fields;
  return new URLSearchParams([...fields].map(([name, value]) => [name, normalizeLines(value)]));
}

// Resolves to the status, text and final URL of the response; rejects if the site does not respond, or with an
// AbortError after `signal` was aborted. `onProgress` is called with the bytes sent and their total.
export function sendForm(form, { submitter, headers = {}, onProgress, signal } = {}) {
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.open("POST", form.action);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(loaded, total);
    request.onload = () =>
      resolve({ status: request.status, text: request.responseText, url: request.responseURL });
    request.onerror = () => reject(new TypeError(form.action));
    request.onabort = () => reject(new DOMException("Aborted", "AbortError"));
    signal?.addEventListener("abort", () => request.abort());
    request.send(encodeBody(form, submitter));
  });
}
