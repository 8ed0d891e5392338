// A slider and its number field show the same value; the field, which has the name, is what is sent.
for (const slider of document.querySelectorAll("[data-slider]")) {
  const [range, field] = slider.querySelectorAll("input");
  range.addEventListener("input", () => { field.value = range.value.replace(".", ","); });
  field.addEventListener("input", () => { range.value = field.value.replace(",", "."); });
}
