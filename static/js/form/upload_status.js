// State of a form that is being sent, at its button: the progress of an upload, which can be cancelled.
import { formatSize } from "./file_size.js";

const CANCELLED = "Envoi annulé\u00a0: aucun essai n’est parti, et vos valeurs sont encore là.";
const UPLOADED = "Fichier envoyé\u00a0: le site prépare l’essai…";
const SENDING = "Votre essai part…";
const SLOW_MS = 400; // a form without files is usually sent in less

export const listFiles = (form) =>
  [...form.querySelectorAll("input[type=file]")].flatMap(({ files }) => [...files]);

function createStatus(form) {
  const status = document.createElement("div");
  status.className = "upload row";
  status.innerHTML = `<span role="status"></span>`;
  form.querySelector(".form-actions").append(status);
  return status;
}

function createUploadStatus(form) {
  const status = createStatus(form);
  status.insertAdjacentHTML(
    "afterbegin",
    `<progress aria-label="Envoi des fichiers" max="1" value="0"></progress>`,
  );
  status.insertAdjacentHTML(
    "beforeend",
    `<button class="button" type="button">Annuler l’envoi</button>`,
  );
  return status;
}

function showMessage(status, message) {
  status.querySelector("progress")?.remove();
  status.querySelector("button")?.remove();
  status.querySelector("span").textContent = message;
}

function showSending(form) {
  const timer = setTimeout(() => showMessage(createStatus(form), SENDING), SLOW_MS);
  const finish = () => {
    clearTimeout(timer);
    form.querySelector(".upload")?.remove();
  };
  return { update() {}, finish, cancel: finish };
}

// Show the state of a form until `finish()` or `cancel()`.
export function showUpload(form, controller) {
  form.querySelector(".upload")?.remove();
  if (!listFiles(form).length) return showSending(form);
  const status = createUploadStatus(form);
  const [bar, words, button] = status.children;
  let announced = -1;
  button.addEventListener("click", () => controller.abort());
  return {
    // Announced at each tenth, so that a screen reader is not flooded.
    update(sent, total) {
      bar.value = sent / total;
      const tenth = Math.floor((10 * sent) / total);
      if (tenth === announced) return;
      announced = tenth;
      // Once everything is sent, the run may exist: it can be stopped, but not cancelled.
      if (sent >= total) showMessage(status, UPLOADED);
      else words.textContent = `Envoi\u00a0: ${10 * tenth}\u00a0% de ${formatSize(total)}`;
    },
    finish() {
      status.remove();
    },
    cancel() {
      showMessage(status, CANCELLED);
      form.querySelector(".form-actions [type=submit]").focus();
    },
  };
}
