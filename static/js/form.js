// What makes a form pleasant; without it everything works by the server.
// Heard on the document: a form may come after the page, when its Space has woken.

// A slider and its number field show the same value; the field, which has the name, is what is sent.
document.addEventListener("input", (event) => {
  const [range, field] = event.target.closest("[data-slider]")?.querySelectorAll("input") ?? [];
  if (event.target === range) field.value = expandExponent(range.value).replace(".", ",");
  if (event.target === field) range.value = field.value.replace(",", ".");
});

// A range writes 0.0000001 as 1e-7.
function expandExponent(text) {
  const [mantissa, exponent] = text.split("e");
  if (!exponent) return text;
  const digits = Math.max(0, (mantissa.split(".")[1] ?? "").length - Number(exponent));
  return digits ? Number(text).toFixed(Math.min(digits, 100)) : BigInt(Number(text)).toString();
}

// Ctrl+Enter, or ⌘+Enter, sends the form from wherever one types in it.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const form = event.target.closest("form[data-endpoint]");
  if (!form || event.target.closest("button, a, summary")) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector(".submit [type=submit]"));
});

// A fault in a list leads to its control, with its name in sight: a browser alone would show the bottom of the field,
// and the address of a lesson would change.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-fault]");
  const control = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!control) return;
  event.preventDefault();
  for (let fold = control.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  control.closest(".field")?.scrollIntoView({ block: "start" });
  control.focus({ preventScroll: true });
  const { top, bottom } = control.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) control.scrollIntoView({ block: "center" });
});

// In a text of one row Enter sends, as on the Space's own page, and Shift+Enter begins a line; what is pasted keeps its
// lines. Without scripts Enter begins a line, and the button sends.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.defaultPrevented) return;
  if (!event.target.matches?.("[data-enter]")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

// A text grows with its lines; most browsers do it by « field-sizing », in the style sheet.
if (!CSS.supports("field-sizing", "content")) {
  document.addEventListener("input", ({ target }) => {
    if (!target.matches?.("textarea.input")) return;
    target.dataset.rows ??= target.rows;
    target.rows = Math.max(target.dataset.rows, Math.min(20, target.value.split("\n").length));
  });
}
