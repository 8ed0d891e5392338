// Edit a form's table in place: add and remove rows as the server does, paste cells copied from a spreadsheet, and
// move between rows with the arrow keys.
const rowsOf = (table) => [...table.querySelectorAll("tbody tr")];
const cellsOf = (row) => [...row.querySelectorAll("input, textarea")];
const maxRows = (table) => Number(table.dataset.most);
const say = (table, words) => { table.querySelector("[data-said]").textContent = words; };

// Renumber the rows in the names and labels of the cells. Their ids stay, because links point to them.
function number(table) {
  const parameter = table.dataset.table.replace(/^arg-/, "");
  for (const [line, row] of rowsOf(table).entries()) {
    row.querySelector("th").textContent = line + 1;
    for (const [column, cell] of cellsOf(row).entries()) {
      cell.name = `${table.dataset.table}-${line}-${column}`;
      cell.setAttribute("aria-label", cell.getAttribute("aria-label").replace(/^Ligne \d+/, `Ligne ${line + 1}`));
    }
    const remove = row.querySelector("[name=remove-row]");
    if (!remove) continue;
    remove.value = `${line}:${parameter}`;
    remove.setAttribute("aria-label", `Supprimer la ligne ${line + 1}`);
  }
  for (const link of table.querySelectorAll("a[data-fault]")) {
    const row = document.getElementById(decodeURIComponent(link.hash.slice(1)))?.closest("tr");
    if (!row) link.closest("p").remove();
    else link.textContent = link.textContent.replace(/^Ligne \d+/, `Ligne ${rowsOf(table).indexOf(row) + 1}`);
  }
  const add = table.querySelector("[name=add-row]");
  if (add) add.hidden = rowsOf(table).length >= maxRows(table);
}

function clear(row) {
  for (const cell of cellsOf(row)) {
    cell.value = "";
    for (const name of ["value", "id", "autofocus", "aria-invalid", "aria-describedby"]) cell.removeAttribute(name);
  }
}

function addRow(table) {
  const last = rowsOf(table).at(-1);
  const added = last.cloneNode(true);
  clear(added);
  last.after(added);
  return added;
}

function removeRow(table, row) {
  const line = rowsOf(table).indexOf(row);
  if (rowsOf(table).length === 1) clear(row);
  else row.remove();
  number(table);
  say(table, `Ligne ${line + 1} supprimée.`);
  const rows = rowsOf(table);
  cellsOf(rows[Math.min(line, rows.length - 1)])[0].focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-table] [type=submit]");
  const table = button?.closest("[data-table]");
  if (!table) return;
  event.preventDefault();
  if (button.name === "remove-row") return removeRow(table, button.closest("tr"));
  const added = addRow(table);
  number(table);
  cellsOf(added)[0].focus();
});

// Parse the clipboard format of spreadsheets: tabs between cells, line breaks between rows, quotes around a cell that
// contains either.
function parseCells(text) {
  const rows = [[]];
  const piece = /"((?:[^"]|"")*)"(?=[\t\r\n]|$)|[^\t\r\n]*/y;
  for (let at = 0; ; ) {
    piece.lastIndex = at;
    const found = piece.exec(text);
    rows.at(-1).push((found[1]?.replaceAll('""', '"') ?? found[0]).replace(/\s*[\r\n]+\s*/g, " "));
    at = piece.lastIndex;
    if (at >= text.length) break;
    if (text[at] !== "\t") rows.push([]);
    at += text.startsWith("\r\n", at) ? 2 : 1;
  }
  if (rows.length > 1 && rows.at(-1).length === 1 && !rows.at(-1)[0]) rows.pop();
  return rows;
}

const count = (n, one, many = `${one}s`) => `${n} ${n > 1 ? many : one}`;

function describePaste(kept, pasted, width) {
  const left = pasted.length - kept.length;
  const wide = kept.some((row) => row.length > width);
  return [
    `${count(kept.length, "ligne collée", "lignes collées")}.`,
    left && `${count(left, "ligne ne tient", "lignes ne tiennent")} pas dans ce tableau et n’y ${left > 1 ? "sont" : "est"} pas.`,
    wide && "Les colonnes de trop n’y sont pas.",
  ].filter(Boolean).join(" ");
}

function paste(table, cell, pasted) {
  const first = rowsOf(table).indexOf(cell.closest("tr"));
  const start = cellsOf(cell.closest("tr")).indexOf(cell);
  const mayGrow = table.querySelector("[name=add-row]") !== null;
  const room = (mayGrow ? Math.max(maxRows(table), rowsOf(table).length) : rowsOf(table).length) - first;
  const kept = pasted.slice(0, room);
  while (rowsOf(table).length < first + kept.length) addRow(table);
  const rows = rowsOf(table);
  for (const [line, texts] of kept.entries()) {
    const cells = cellsOf(rows[first + line]).slice(start);
    for (const [column, text] of texts.slice(0, cells.length).entries()) {
      cells[column].value = text;
      cells[column].dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
  number(table);
  say(table, describePaste(kept, pasted, cellsOf(rows[first]).length - start));
}

document.addEventListener("paste", (event) => {
  const cell = event.target.closest?.("[data-table] tbody input");
  const text = event.clipboardData?.getData("text/plain") ?? "";
  const pasted = cell && parseCells(text);
  if (!cell || (pasted.length === 1 && pasted[0].length === 1)) return;
  event.preventDefault();
  paste(cell.closest("[data-table]"), cell, pasted);
});

document.addEventListener("keydown", (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const cell = step && event.target.closest?.("[data-table] tbody input");
  if (!cell || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const rows = rowsOf(cell.closest("[data-table]"));
  const row = rows[rows.indexOf(cell.closest("tr")) + step];
  if (!row) return;
  event.preventDefault();
  cellsOf(row)[cellsOf(cell.closest("tr")).indexOf(cell)].select();
});

// Remove the error mark of a cell on input.
document.addEventListener("input", (event) => {
  event.target.closest("[data-table] [aria-invalid]")?.removeAttribute("aria-invalid");
});
