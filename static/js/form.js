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

// A line is added to a table in place; the server answers the same, with a page.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=add-row]");
  const table = button?.closest("[data-table]");
  const last = table?.querySelector("tbody tr:last-child");
  if (!last) return;
  event.preventDefault();
  const line = table.querySelectorAll("tbody tr").length;
  const added = last.cloneNode(true);
  added.querySelector("th").textContent = line + 1;
  for (const [column, cell] of added.querySelectorAll("input").entries()) {
    cell.name = `${table.dataset.table}-${line}-${column}`;
    cell.setAttribute("aria-label", cell.getAttribute("aria-label").replace(/^Ligne \d+/, `Ligne ${line + 1}`));
    cell.value = "";
    cell.removeAttribute("value");
  }
  last.after(added);
  added.querySelector("input").focus();
  if (line + 1 >= Number(table.dataset.most)) button.remove();
});
