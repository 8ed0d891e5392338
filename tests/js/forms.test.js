import assert from "node:assert/strict";
import { test } from "node:test";
import { describePaste, parseCells } from "../../static/js/form/cells.js";
import { formatSize } from "../../static/js/form/file_size.js";
import { expandExponent } from "../../static/js/form/number_text.js";
import { encodeWav } from "../../static/js/form/wav.js";
import { collectDraft, restoreDraft } from "../../static/js/try/draft.js";

test("pasted cells are separated by tabs and line breaks of any kind", () => {
  assert.deepEqual(parseCells("a\tb\r\nc\t\nd"), [["a", "b"], ["c", ""], ["d"]]);
  assert.deepEqual(parseCells("a\n"), [["a"]]);
  assert.deepEqual(parseCells(""), [[""]]);
});

test("quotes surround a cell with tabs, line breaks or quotes", () => {
  assert.deepEqual(parseCells('"a\tb"\t"c ""d"""\n"e\r\nf"'), [["a\tb", 'c "d"'], ["e f"]]);
  assert.deepEqual(parseCells('"a" b\tc"'), [['"a" b', 'c"']]);
});

test("paste says how many rows it has and what is left out", () => {
  assert.equal(describePaste([["a"]], [["a"]], 1), "1 ligne collée.");
  const rows = [["a", "b"], ["c"], ["d"]];
  const text = describePaste(rows.slice(0, 2), rows, 1);
  assert.match(text, /^2 lignes collées\. 1 ligne ne tient pas .* n’y est pas\. Les colonnes/);
  assert.match(describePaste([], rows, 1), /^0 ligne collée\. 3 lignes ne tiennent .* sont pas\.$/);
});

test("sizes have the unit that keeps them short", () => {
  const texts = [0, 1, 2, 999, 1000, 1500, 999_999, 2_300_000].map(formatSize);
  const expected = [
    "0 octet",
    "1 octet",
    "2 octets",
    "999 octets",
    "1 ko",
    "1,5 ko",
    "1 000 ko",
    "2,3 Mo",
  ];
  assert.deepEqual(
    texts.map((text) => text.replace(/\s/g, " ")),
    expected,
  );
  for (const text of texts) assert.match(text, /\u00a0\D+$/);
});

test("numbers of a slider are written without exponent", () => {
  const texts = ["12", "0.5", "1e-7", "1.5e-7", "1e+21", "-2e-3"].map(expandExponent);
  const expected = ["12", "0.5", "0.0000001", "0.00000015", "1000000000000000000000", "-0.002"];
  assert.deepEqual(texts, expected);
});

test("recorded sound is a WAV file of 16 bits", () => {
  const view = encodeWav(Float32Array.from([0, 1, -1, 2, -2, 0.5]), 48_000);
  const text = (at, length) => Buffer.from(view.buffer, at, length).toString("latin1");
  assert.deepEqual([text(0, 4), text(8, 8), text(36, 4)], ["RIFF", "WAVEfmt ", "data"]);
  assert.deepEqual([view.getUint32(4, true), view.getUint32(40, true)], [48, 12]);
  assert.equal(view.byteLength, 56);
  assert.deepEqual([view.getUint32(24, true), view.getUint32(28, true)], [48_000, 96_000]);
  const samples = [0, 1, 2, 3, 4, 5].map((n) => view.getInt16(44 + 2 * n, true));
  assert.deepEqual(samples, [0, 32_767, -32_767, 32_767, -32_767, 16_383]);
});

const createField = (field) =>
  Object.assign(new EventTarget(), { value: "", checked: false }, field);

test("draft holds what was typed and ticked, without files, passwords and hidden fields", () => {
  const fields = [
    { name: "arg-a", type: "text", value: "x" },
    { name: "arg-b", type: "checkbox", value: "1", checked: true },
    { name: "arg-b", type: "checkbox", value: "2" },
    { name: "arg-c", type: "file", value: "C:\\fakepath\\x" },
    { name: "arg-d", type: "password", value: "secret" },
    { name: "arg-e", type: "hidden", value: "y" },
    { name: "csrf_token", type: "text", value: "z" },
    { type: "submit" },
  ].map(createField);
  assert.deepEqual(collectDraft(fields), [
    ["arg-a", "x"],
    ["arg-b", "1"],
  ]);
});

test("restored draft fills the same fields and tells them so", () => {
  const fields = [
    { name: "arg-a", type: "text", value: "default" },
    { name: "arg-b", type: "radio", value: "1", checked: true },
    { name: "arg-b", type: "radio", value: "2" },
    { name: "arg-new", type: "number", value: "4" },
  ].map(createField);
  let events = 0;
  for (const field of fields)
    field.addEventListener("input", () => {
      events += 1;
    });
  restoreDraft(fields, []);
  assert.equal(fields[0].value, "default");
  restoreDraft(fields, [
    ["arg-a", "x"],
    ["arg-b", "2"],
  ]);
  assert.deepEqual(
    fields.map(({ value, checked }) => [value, checked]),
    [
      ["x", false],
      ["1", false],
      ["2", true],
      ["4", false],
    ],
  );
  assert.equal(events, 4);
});
