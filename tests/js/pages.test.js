import assert from "node:assert/strict";
import { test } from "node:test";
import { isIncomplete } from "../../static/js/exercises/quiz.js";
import { groupByUrl } from "../../static/js/exercises/submissions.js";
import { compareValues, parseFrenchNumber } from "../../static/js/output/row_order.js";
import { isSearchShortcut, isShortcutOff } from "../../static/js/search_shortcut.js";
import { paginate } from "../../static/js/slides/pagination.js";
import { prefixIdList } from "../../static/js/try/fragment.js";

const press = (options) => {
  const target = {
    closest: (selector) =>
      options.field && selector.split(", ").includes(options.field) ? {} : null,
  };
  return isSearchShortcut({ key: "/", target, ...options });
};

test("a slash is the shortcut", () => {
  assert.ok(press({}));
  assert.ok(
    isSearchShortcut({ key: "/", target: {} }),
    "also where the document itself is the target",
  );
});

test("a slash in a field, with a modifier, composed or already handled is none", () => {
  for (const field of ["input", "select", "textarea", "[contenteditable]"])
    assert.ok(!press({ field }));
  for (const name of ["ctrlKey", "metaKey", "altKey", "isComposing", "defaultPrevented"]) {
    assert.ok(!press({ [name]: true }), name);
  }
  assert.ok(!press({ key: "a" }));
});

test("the cookie turns the shortcut off, wherever it is among the others", () => {
  for (const cookies of ["raccourci=non", "theme=dark; raccourci=non", "raccourci=non;a=b"]) {
    assert.ok(isShortcutOff(cookies), cookies);
  }
  for (const cookies of [
    "",
    "theme=dark",
    "raccourci=oui",
    "mon-raccourci=non",
    "raccourci=nonante",
  ]) {
    assert.ok(!isShortcutOff(cookies), cookies);
  }
});

test("numbers of a table are read as French writes them", () => {
  assert.equal(parseFrenchNumber("1\u202f234,5"), 1234.5);
  assert.equal(parseFrenchNumber("-0,25"), -0.25);
});

test("rows are ordered: numbers, then text as French sorts it, then empty cells", () => {
  const values = ["", "été", 10, "zoo", 9, "Etat", "a10", "a9", ""];
  const sorted = (sign) => values.toSorted((a, b) => compareValues(a, b, sign));
  assert.deepEqual(sorted(1), [9, 10, "a9", "a10", "Etat", "été", "zoo", "", ""]);
  assert.deepEqual(sorted(-1), [10, 9, "zoo", "été", "Etat", "a10", "a9", "", ""]);
});

const choose = (text) => {
  return [...text].map((letter) => ({
    isChosen: letter === letter.toUpperCase(),
    isRight: /r/i.test(letter),
  }));
};

test("an answer is incomplete when it is right as far as it goes", () => {
  assert.ok(isIncomplete(choose("Rrw")));
  for (const text of ["rrw", "RRw", "RrW", "rW", "R"]) assert.ok(!isIncomplete(choose(text)), text);
});

test("pending submissions are grouped by address, in order", () => {
  const pending = [
    ["/a", "1"],
    ["/b", "2"],
    ["/a", "3"],
  ].map(([url, body]) => ({ url, body }));
  assert.deepEqual(
    [...groupByUrl(pending)],
    [
      ["/a", ["1", "3"]],
      ["/b", ["2"]],
    ],
  );
});

const split = (heights, limit, leads = "") => {
  let top = 0;
  const blocks = heights.map((height, n) => {
    const block = { n, top, bottom: top + height, isLead: leads.includes(n) };
    top += height;
    return block;
  });
  return paginate(blocks, limit).map((view) => view.map(({ n }) => n));
};

test("views are as full as the window allows", () => {
  assert.deepEqual(split([40, 40, 40], 100), [[0, 1], [2]]);
  assert.deepEqual(split([40, 60, 100], 100), [[0, 1], [2]]);
});

test("a block higher than the window is a view of its own", () => {
  assert.deepEqual(split([10, 500, 10], 100), [[0], [1], [2]]);
  assert.deepEqual(split([500], 100), [[0]]);
});

test("titles and leads move on with the block that follows them", () => {
  assert.deepEqual(split([70, 10, 10, 30], 100, "12"), [[0], [1, 2, 3]]);
  assert.deepEqual(split([10, 500], 100, "0"), [[0, 1]]);
});

test("each of a list of ids gets the prefix", () => {
  assert.equal(prefixIdList("a b", "bloc"), "bloc-a bloc-b");
  assert.equal(prefixIdList(" a  ", "bloc"), "bloc-a");
});
