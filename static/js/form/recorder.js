// Record a photo, audio or video in the browser, as the value of the file field beside it.
// Browsers allow camera and microphone only on https and localhost; elsewhere a message explains it.
import { encodeWav } from "./wav.js";

const MAX_RECORDING_MS = 120_000;
const recordings = new WeakMap(); // a recorder's block -> its recording state

const showMessage = (block, what) =>
  block.querySelectorAll("[data-when]").forEach((words) => {
    words.hidden = words.dataset.when !== what;
  });

function showControls(block, isOpen) {
  block.querySelector("[data-start]").hidden = isOpen;
  block.querySelector("[data-end]").hidden = block.querySelector("[data-cancel]").hidden = !isOpen;
  block.querySelector("[data-preview]").hidden = !isOpen || block.dataset.record === "audio";
}

function checkSupport(root) {
  if (navigator.mediaDevices?.getUserMedia && window.MediaRecorder) return;
  for (const block of root.querySelectorAll("[data-record]")) {
    block.querySelector("[data-start]").hidden = true;
    showMessage(block, "absent");
  }
}

async function startRecording(block) {
  const kind = block.dataset.record;
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: kind !== "photo",
      video: kind !== "audio",
    });
  } catch {
    return showMessage(block, "refused");
  }
  const recording = { stream };
  recordings.set(block, recording);
  if (kind !== "audio") {
    const preview = block.querySelector("[data-preview]");
    preview.srcObject = stream;
    preview.play();
  }
  if (kind !== "photo") {
    const chunks = [];
    recording.recorder = new MediaRecorder(stream);
    recording.recorder.ondataavailable = ({ data }) => chunks.push(data);
    recording.ended = new Promise((resolve) => {
      recording.recorder.onstop = () =>
        resolve(new Blob(chunks, { type: recording.recorder.mimeType }));
    });
    recording.recorder.start();
    recording.timer = setTimeout(() => finishRecording(block), MAX_RECORDING_MS);
  }
  showControls(block, true);
  showMessage(block, "recording");
  block.querySelector("[data-end]").focus();
}

async function finishRecording(block) {
  const recording = recordings.get(block);
  if (!recording) return;
  const kind = block.dataset.record;
  recording.recorder?.stop();
  const raw =
    kind === "photo"
      ? await takePicture(block.querySelector("[data-preview]"))
      : await recording.ended;
  closeRecording(block);
  const [content, name] =
    kind === "photo"
      ? [raw, "photo.png"]
      : kind === "audio"
        ? await convertSound(raw)
        : [raw, getFilmName(raw)];
  setFile(block, new File([content], name, { type: content.type.split(";")[0] }));
  showMessage(block, "done");
}

function closeRecording(block) {
  const recording = recordings.get(block);
  if (!recording) return;
  recordings.delete(block);
  clearTimeout(recording.timer);
  if (recording.recorder?.state === "recording") recording.recorder.stop();
  for (const track of recording.stream.getTracks()) track.stop();
  block.querySelector("[data-preview]").srcObject = null;
  showControls(block, false);
  showMessage(block, "");
  block.querySelector("[data-start]").focus();
}

function setFile(block, file) {
  const field = document.getElementById(block.dataset.into);
  const chosen = new DataTransfer();
  if (field.multiple) for (const earlier of field.files) chosen.items.add(earlier);
  chosen.items.add(file);
  field.files = chosen.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function takePicture(video) {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

const getFilmName = (content) => `film.${content.type.includes("mp4") ? "mp4" : "webm"}`;

// Convert to WAV, which every Space can read: browsers record compressed audio, which few can without extra tools.
async function convertSound(content) {
  try {
    const context = new AudioContext();
    const decoded = await context.decodeAudioData(await content.arrayBuffer());
    context.close();
    const wav = encodeWav(decoded.getChannelData(0), decoded.sampleRate);
    return [new Blob([wav], { type: "audio/wav" }), "voix.wav"];
  } catch {
    return [
      content,
      content.type.includes("mp4")
        ? "voix.m4a"
        : content.type.includes("ogg")
          ? "voix.ogg"
          : "voix.webm",
    ];
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-record] button");
  const block = button?.closest("[data-record]");
  if (!block) return;
  if (button.matches("[data-start]")) startRecording(block);
  else if (button.matches("[data-end]")) finishRecording(block);
  else closeRecording(block);
});
// A form may be inserted after page load: when its Space has woken, or into a lesson.
document.addEventListener("content:inserted", (event) => checkSupport(event.target));
checkSupport(document);
