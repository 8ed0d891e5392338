// Edit a form's table in place: add and remove rows as the server does, paste cells copied from a spreadsheet, and
// move between rows with the arrow keys.
import { describePaste, parseCells } from "./cells.js";

const listRows = (table) => [...table.querySelectorAll("tbody tr")];
const listCells = (row) => [...row.querySelectorAll("input, textarea")];
const getMaxRows = (table) => Number(table.dataset.most);
const announce = (table, words) => {
  table.querySelector("[data-said]").textContent = words;
};

// Renumber the rows in the names and labels of the cells. Their ids stay, because links point to them.
function numberRows(table) {
  const parameter = table.dataset.table.replace(/^arg-/, "");
  for (const [line, row] of listRows(table).entries()) {
    row.querySelector("th").textContent = line + 1;
    for (const [column, cell] of listCells(row).entries()) {
      cell.name = `${table.dataset.table}-${line}-${column}`;
      cell.setAttribute(
        "aria-label",
        cell.getAttribute("aria-label").replace(/^Ligne \d+/, `Ligne ${line + 1}`),
      );
    }
    const remove = row.querySelector("[name=remove-row]");
    if (!remove) continue;
    remove.value = `${line}:${parameter}`;
    remove.setAttribute("aria-label", `Supprimer la ligne ${line + 1}`);
  }
  for (const link of table.querySelectorAll("a[data-fault]")) {
    const row = document.getElementById(decodeURIComponent(link.hash.slice(1)))?.closest("tr");
    if (!row) link.closest("p").remove();
    else
      link.textContent = link.textContent.replace(
        /^Ligne \d+/,
        `Ligne ${listRows(table).indexOf(row) + 1}`,
      );
  }
  const add = table.querySelector("[name=add-row]");
  if (add) add.hidden = listRows(table).length >= getMaxRows(table);
}

function clearRow(row) {
  for (const cell of listCells(row)) {
    cell.value = "";
    for (const name of ["value", "id", "autofocus", "aria-invalid", "aria-describedby"])
      cell.removeAttribute(name);
  }
}

function addRow(table) {
  const last = listRows(table).at(-1);
  const added = last.cloneNode(true);
  clearRow(added);
  last.after(added);
  return added;
}

function removeRow(table, row) {
  const line = listRows(table).indexOf(row);
  if (listRows(table).length === 1) clearRow(row);
  else row.remove();
  numberRows(table);
  announce(table, `Ligne ${line + 1} supprimée.`);
  const rows = listRows(table);
  listCells(rows[Math.min(line, rows.length - 1)])[0].focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-table] [type=submit]");
  const table = button?.closest("[data-table]");
  if (!table) return;
  event.preventDefault();
  if (button.name === "remove-row") return removeRow(table, button.closest("tr"));
  const added = addRow(table);
  numberRows(table);
  listCells(added)[0].focus();
});

function pasteCells(table, cell, pasted) {
  const first = listRows(table).indexOf(cell.closest("tr"));
  const start = listCells(cell.closest("tr")).indexOf(cell);
  const mayGrow = table.querySelector("[name=add-row]") !== null;
  const room =
    (mayGrow ? Math.max(getMaxRows(table), listRows(table).length) : listRows(table).length) -
    first;
  const kept = pasted.slice(0, room);
  while (listRows(table).length < first + kept.length) addRow(table);
  const rows = listRows(table);
  for (const [line, texts] of kept.entries()) {
    const cells = listCells(rows[first + line]).slice(start);
    for (const [column, text] of texts.slice(0, cells.length).entries()) {
      cells[column].value = text;
      cells[column].dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
  numberRows(table);
  announce(table, describePaste(kept, pasted, listCells(rows[first]).length - start));
}

document.addEventListener("paste", (event) => {
  const cell = event.target.closest?.("[data-table] tbody input");
  const text = event.clipboardData?.getData("text/plain") ?? "";
  const pasted = cell && parseCells(text);
  if (!cell || (pasted.length === 1 && pasted[0].length === 1)) return;
  event.preventDefault();
  pasteCells(cell.closest("[data-table]"), cell, pasted);
});

document.addEventListener("keydown", (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const cell = step && event.target.closest?.("[data-table] tbody input");
  if (!cell || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const rows = listRows(cell.closest("[data-table]"));
  const row = rows[rows.indexOf(cell.closest("tr")) + step];
  if (!row) return;
  event.preventDefault();
  listCells(row)[listCells(cell.closest("tr")).indexOf(cell)].select();
});

// Remove the error mark of a cell on input.
document.addEventListener("input", (event) => {
  event.target.closest("[data-table] [aria-invalid]")?.removeAttribute("aria-invalid");
});
