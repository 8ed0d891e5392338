// Progressive enhancement of the fields of a form; without scripts the server does everything.
// Listeners are delegated to the document: a form may be inserted after page load, when its Space has woken.
import { expandExponent } from "./number_text.js";

// Synchronize a slider with its number field; only the field has a name and is submitted.
document.addEventListener("input", (event) => {
  const [range, field] = event.target.closest("[data-slider]")?.querySelectorAll("input") ?? [];
  if (event.target === range) field.value = expandExponent(range.value).replace(".", ",");
  if (event.target === field) range.value = field.value.replace(",", ".");
});

// Ctrl+Enter or ⌘+Enter submits the form from any of its fields, with the button of its group if that has one.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const form = event.target.closest("form[data-endpoint]");
  if (!form || event.target.closest("button, a, summary")) return;
  event.preventDefault();
  const group = event.target.closest("[data-submits]") ?? form.querySelector(".form-actions");
  form.requestSubmit(group.querySelector("[type=submit]"));
});

// Links of the error summary focus the control and scroll to its label: the browser's default would scroll to the
// bottom of the field, and change the URL of a lesson.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-fault]");
  const control = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!control) return;
  event.preventDefault();
  for (let fold = control.closest("details"); fold; fold = fold.parentElement.closest("details"))
    fold.open = true;
  control.closest(".field")?.scrollIntoView({ block: "start" });
  control.focus({ preventScroll: true });
  const { top, bottom } = control.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) control.scrollIntoView({ block: "center" });
});

// In a text of one row Enter submits, as on the Space's own page, and Shift+Enter inserts a line break; pasted line
// breaks stay. Without scripts Enter inserts a line break, and the button submits.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.defaultPrevented)
    return;
  if (!event.target.matches?.("[data-enter]")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

// Resize a text area to its lines, in browsers without « field-sizing » (see the style sheet).
if (!CSS.supports("field-sizing", "content")) {
  document.addEventListener("input", ({ target }) => {
    if (!target.matches?.("textarea.input")) return;
    target.dataset.rows ??= target.rows;
    target.rows = Math.max(target.dataset.rows, Math.min(20, target.value.split("\n").length));
  });
}
