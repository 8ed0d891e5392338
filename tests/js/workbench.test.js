import assert from "node:assert/strict";
import { test } from "node:test";
import { carrySeries, EntryDrafts, unfoldSeries } from "../../static/js/workbench/drafts.js";
import {
  areSameFiles,
  buildStripUrl,
  opensHere,
  showSamePage,
} from "../../static/js/workbench/navigation.js";

test("each entry of the history has its own draft", () => {
  const drafts = new EntryDrafts("page");
  const [first, second] = [drafts.createState(), drafts.createState()];
  drafts.save(first, [["arg-a", "x"]]);
  drafts.save(second, [["arg-a", "y"]]);
  drafts.save(first, [["arg-a", "z"]]);
  assert.deepEqual(drafts.find(structuredClone(first)), [["arg-a", "z"]]);
  assert.deepEqual(drafts.find(second), [["arg-a", "y"]]);
  assert.deepEqual(drafts.find(drafts.createState()), []);
});

test("state of an entry from before a reload finds no draft of another", () => {
  const before = new EntryDrafts(1).createState();
  const drafts = new EntryDrafts(2);
  drafts.save(drafts.createState(), [["arg-a", "x"]]);
  assert.deepEqual(drafts.find(before), []);
});

test("entry without a state of ours, as a link inside the page makes it, has no draft", () => {
  const drafts = new EntryDrafts("page");
  for (const state of [null, undefined, {}, { other: 1 }]) {
    drafts.save(state, [["arg-a", "x"]]);
    assert.deepEqual(drafts.find(state), []);
  }
});

test("oldest drafts are dropped", () => {
  const drafts = new EntryDrafts("page");
  const states = Array.from({ length: 150 }, () => drafts.createState());
  for (const [place, state] of states.entries()) drafts.save(state, [["arg-a", `${place}`]]);
  assert.deepEqual(drafts.find(states[49]), []);
  assert.deepEqual(drafts.find(states[50]), [["arg-a", "50"]]);
  assert.deepEqual(drafts.find(states[149]), [["arg-a", "149"]]);
});

const LEFT = [
  ["arg-a", "other"],
  ["serie-parametre", "b"],
  ["serie-valeurs", "1\n2"],
];
const createFields = (values) => {
  const details = { open: false };
  const closest = () => details;
  return [
    { name: "arg-a", value: "new" },
    { name: "serie-parametre", value: "a" },
    { name: "serie-valeurs", value: values, closest },
    {},
  ];
};

test("list of a series is carried to the form that replaces its own, and is in sight", () => {
  const fields = createFields("");
  carrySeries(fields, LEFT);
  assert.deepEqual(
    fields.slice(0, 3).map(({ value }) => value),
    ["new", "b", "1\n2"],
  );
  unfoldSeries(fields);
  assert.ok(fields[2].closest().open);
});

test("list of a series does not replace another, nor does an empty one or that of another page", () => {
  const fields = createFields("3");
  carrySeries(fields, LEFT);
  assert.equal(fields[2].value, "3");
  const empty = createFields("");
  carrySeries(empty, [["serie-valeurs", " \n"]]);
  carrySeries(empty, []);
  unfoldSeries(empty);
  assert.deepEqual([empty[2].value, empty[2].closest().open], ["", false]);
  const without = [{ name: "arg-a", value: "new" }];
  carrySeries(without, LEFT);
  unfoldSeries(without);
  assert.equal(without[0].value, "new");
});

test("link opens here unless a modifier sends it elsewhere or it was handled", () => {
  assert.ok(opensHere({}));
  for (const name of ["ctrlKey", "metaKey", "shiftKey", "altKey", "defaultPrevented"])
    assert.ok(!opensHere({ [name]: true }), name);
});

test("addresses that differ in their fragment alone show the same page", () => {
  assert.ok(showSamePage("http://a/b?c=d#e", "http://a/b?c=d"));
  assert.ok(showSamePage("http://a/b#", "http://a/b#f"));
  assert.ok(!showSamePage("http://a/b?c=d", "http://a/b?c=e"));
});

test("files are the same if they are so one by one", () => {
  const [file, other] = [{}, {}];
  assert.ok(areSameFiles([], []));
  assert.ok(areSameFiles([file, other], [file, other]));
  for (const others of [[], [file], [other, file], [file, other, file]])
    assert.ok(!areSameFiles([file, other], others));
});

test("address of the strip names the run on show, or none", () => {
  const address = "/essais/derniers?espace=a/b&point=/x&essai=old";
  const url = buildStripUrl(address, "http://site/espaces/a/b", "new");
  assert.equal(url.href, "http://site/essais/derniers?espace=a%2Fb&point=%2Fx&essai=new");
  assert.equal(buildStripUrl(address, "http://site/").searchParams.get("essai"), "");
});
