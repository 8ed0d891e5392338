// Sort the tables of outputs by their column titles, which this script turns into buttons.
import { compareValues, parseFrenchNumber } from "./row_order.js";

function getCellValue(row, column) {
  const cell = row.cells[column];
  if (!cell?.classList.contains("numeric")) return cell?.textContent ?? "";
  if (cell.dataset.value) return Number(cell.dataset.value); // its author formatted the number
  return parseFrenchNumber(cell.textContent);
}

function sortByColumn(title) {
  const table = title.closest("table");
  const sign = title.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
  title.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
  const rows = [...table.tBodies[0].rows].map((row) => [getCellValue(row, title.cellIndex), row]);
  rows.sort(([a], [b]) => compareValues(a, b, sign));
  table.tBodies[0].append(...rows.map(([, row]) => row));
}

function makeSortable(table) {
  for (const title of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort-button";
    button.append(title.textContent || "Colonne sans titre");
    button.addEventListener("click", () => sortByColumn(title));
    title.replaceChildren(button);
  }
  table.removeAttribute("data-sortable");
}

function prepareTables(part) {
  for (const table of part.querySelectorAll("table[data-sortable]")) makeSortable(table);
}

prepareTables(document);
// The tables of a live run are inserted after page load.
document.addEventListener("content:inserted", (event) => prepareTables(event.target));
