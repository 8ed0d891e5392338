// Sort the tables of outputs by their column titles, which this script turns into buttons.
const collator = new Intl.Collator("fr", { numeric: true });

function valueOf(row, column) {
  const cell = row.cells[column];
  if (!cell?.classList.contains("num")) return cell?.textContent ?? "";
  if (cell.dataset.value) return Number(cell.dataset.value); // its author formatted the number
  return Number(cell.textContent.replace(/[\s\u202f]/g, "").replace(",", "."));
}

// Numbers before text, and empty cells last, in either direction.
function compared(a, b, sign) {
  if (a === "" || b === "") return (a === "") - (b === "");
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return sign * (typeof a === "number" ? a - b : collator.compare(a, b));
}

function sort(title) {
  const table = title.closest("table");
  const sign = title.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
  title.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
  const rows = [...table.tBodies[0].rows].map((row) => [valueOf(row, title.cellIndex), row]);
  rows.sort(([a], [b]) => compared(a, b, sign));
  table.tBodies[0].append(...rows.map(([, row]) => row));
}

function makeSortable(table) {
  for (const title of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(title.textContent || "Colonne sans titre");
    button.addEventListener("click", () => sort(title));
    title.replaceChildren(button);
  }
  table.removeAttribute("data-sortable");
}

function prepare(part) {
  for (const table of part.querySelectorAll("table[data-sortable]")) makeSortable(table);
}

prepare(document);
// The tables of a live run are inserted after page load.
for (const come of ["htmx:load", "live:shown"]) document.addEventListener(come, (event) => prepare(event.target));
