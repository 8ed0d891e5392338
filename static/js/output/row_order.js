// Order of the values of a table's column.
const collator = new Intl.Collator("fr", { numeric: true });

// Parse a number as the site writes it: thousands grouped by spaces, decimal comma.
export function parseFrenchNumber(text) {
  return Number(text.replace(/\s/g, "").replace(",", "."));
}

// Numbers before text, and empty cells last, in either direction; `sign` is 1 or -1.
export function compareValues(a, b, sign) {
  if (a === "" || b === "") return (a === "") - (b === "");
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return sign * (typeof a === "number" ? a - b : collator.compare(a, b));
}
