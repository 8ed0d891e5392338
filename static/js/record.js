// Record a photo, audio or video in the browser, as the value of the file field beside it.
// Browsers allow camera and microphone only on https and localhost; elsewhere a message explains it.
const LONGEST_MS = 120_000;
const open = new WeakMap(); // a recorder's block -> its recording state

const say = (block, what) => block.querySelectorAll("[data-when]").forEach((words) => {
  words.hidden = words.dataset.when !== what;
});

function show(block, isOpen) {
  block.querySelector("[data-start]").hidden = isOpen;
  block.querySelector("[data-end]").hidden = block.querySelector("[data-cancel]").hidden = !isOpen;
  block.querySelector("[data-preview]").hidden = !isOpen || block.dataset.record === "audio";
}

function prepare(root) {
  if (navigator.mediaDevices?.getUserMedia && window.MediaRecorder) return;
  for (const block of root.querySelectorAll("[data-record]")) {
    block.querySelector("[data-start]").hidden = true;
    say(block, "absent");
  }
}

async function start(block) {
  const kind = block.dataset.record;
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: kind !== "photo", video: kind !== "audio" });
  } catch {
    return say(block, "refused");
  }
  const held = { stream };
  open.set(block, held);
  if (kind !== "audio") {
    const preview = block.querySelector("[data-preview]");
    preview.srcObject = stream;
    preview.play();
  }
  if (kind !== "photo") {
    const pieces = [];
    held.recorder = new MediaRecorder(stream);
    held.recorder.ondataavailable = ({ data }) => pieces.push(data);
    held.ended = new Promise((resolve) => {
      held.recorder.onstop = () => resolve(new Blob(pieces, { type: held.recorder.mimeType }));
    });
    held.recorder.start();
    held.timer = setTimeout(() => end(block), LONGEST_MS);
  }
  show(block, true);
  say(block, "recording");
  block.querySelector("[data-end]").focus();
}

async function end(block) {
  const held = open.get(block);
  if (!held) return;
  const kind = block.dataset.record;
  held.recorder?.stop();
  const raw = kind === "photo" ? await picture(block.querySelector("[data-preview]")) : await held.ended;
  close(block);
  const [content, name] = kind === "photo" ? [raw, "photo.png"] : kind === "audio" ? await sound(raw) : [raw, film(raw)];
  put(block, new File([content], name, { type: content.type.split(";")[0] }));
  say(block, "done");
}

function close(block) {
  const held = open.get(block);
  if (!held) return;
  open.delete(block);
  clearTimeout(held.timer);
  if (held.recorder?.state === "recording") held.recorder.stop();
  held.stream.getTracks().forEach((track) => track.stop());
  block.querySelector("[data-preview]").srcObject = null;
  show(block, false);
  say(block, "");
  block.querySelector("[data-start]").focus();
}

function put(block, file) {
  const field = document.getElementById(block.dataset.into);
  const chosen = new DataTransfer();
  chosen.items.add(file);
  field.files = chosen.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function picture(video) {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

const film = (content) => `film.${content.type.includes("mp4") ? "mp4" : "webm"}`;

// Convert to WAV, which every Space can read: browsers record compressed audio, which few can without extra tools.
async function sound(content) {
  try {
    const context = new AudioContext();
    const decoded = await context.decodeAudioData(await content.arrayBuffer());
    context.close();
    return [wav(decoded.getChannelData(0), decoded.sampleRate), "voix.wav"];
  } catch {
    return [content, content.type.includes("mp4") ? "voix.m4a" : content.type.includes("ogg") ? "voix.ogg" : "voix.webm"];
  }
}

function wav(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const write = (at, text) => [...text].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)));
  write(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  write(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // one channel
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  write(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((sample, n) => view.setInt16(44 + 2 * n, Math.max(-1, Math.min(1, sample)) * 32767, true));
  return new Blob([view], { type: "audio/wav" });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-record] button");
  const block = button?.closest("[data-record]");
  if (!block) return;
  if (button.matches("[data-start]")) start(block);
  else if (button.matches("[data-end]")) end(block);
  else close(block);
});
// A form may be inserted after page load: when its Space has woken, or into a lesson.
for (const come of ["htmx:load", "live:shown"]) document.addEventListener(come, (event) => prepare(event.target));
prepare(document);
