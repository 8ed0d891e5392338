// A slider and its number field show the same value; the field, which has the name, is what is sent.
// Heard on the document: a form may come after the page, when its Space has woken.
document.addEventListener("input", (event) => {
  const [range, field] = event.target.closest("[data-slider]")?.querySelectorAll("input") ?? [];
  if (event.target === range) field.value = range.value.replace(".", ",");
  if (event.target === field) range.value = field.value.replace(",", ".");
});
