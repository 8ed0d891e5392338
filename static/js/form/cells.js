// Cells pasted from a spreadsheet into a form's table.

// Parse the clipboard format of spreadsheets: tabs between cells, line breaks between rows, quotes around a cell that
// contains either.
export function parseCells(text) {
  const rows = [[]];
  const piece = /"((?:[^"]|"")*)"(?=[\t\r\n]|$)|[^\t\r\n]*/y;
  for (let at = 0; ; ) {
    piece.lastIndex = at;
    const match = piece.exec(text);
    rows.at(-1).push((match[1]?.replaceAll('""', '"') ?? match[0]).replace(/\s*[\r\n]+\s*/g, " "));
    at = piece.lastIndex;
    if (at >= text.length) break;
    if (text[at] !== "\t") rows.push([]);
    at += text.startsWith("\r\n", at) ? 2 : 1;
  }
  if (rows.length > 1 && rows.at(-1).length === 1 && !rows.at(-1)[0]) rows.pop();
  return rows;
}

const countOf = (n, singular, plural) => `${n} ${n > 1 ? plural : singular}`;

// Say how many of the pasted rows are in the table, and what is not.
export function describePaste(kept, pasted, width) {
  const left = pasted.length - kept.length;
  const wide = kept.some((row) => row.length > width);
  return [
    `${countOf(kept.length, "ligne collée", "lignes collées")}.`,
    left &&
      `${countOf(left, "ligne ne tient", "lignes ne tiennent")} pas dans ce tableau et n’y ${left > 1 ? "sont" : "est"} pas.`,
    wide && "Les colonnes de trop n’y sont pas.",
  ]
    .filter(Boolean)
    .join(" ");
}
