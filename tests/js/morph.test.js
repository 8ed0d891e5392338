import assert from "node:assert/strict";
import { test } from "node:test";
import { morphNode } from "../../static/js/live/morph.js";
import { createTree } from "./dom.js";

const morph = (before, after) => {
  const root = createTree(["main", {}, before]);
  const nodes = [...root.children[0].childNodes];
  morphNode(root.children[0], createTree(after));
  return { root: root.children[0], nodes };
};

test("equal nodes stay, changed text grows in its own node", () => {
  const { root, nodes } = morph(["p", {}, "Il était"], ["p", {}, "Il était une fois"]);
  assert.equal(root.childNodes[0], nodes[0]);
  assert.equal(nodes[0].data, "Il était une fois");
  assert.deepEqual(nodes[0].changes, ["append"]);
});

test("text with another beginning is replaced in its own node", () => {
  const { nodes } = morph(["p", {}, "Un"], ["p", {}, "Deux"]);
  assert.equal(nodes[0].data, "Deux");
  assert.deepEqual(nodes[0].changes, ["replace"]);
});

test("attributes follow, except the open state of details", () => {
  const { root } = morph(
    ["details", { open: "", class: "a", hidden: "" }],
    ["details", { class: "b", title: "t" }],
  );
  assert.deepEqual(Object.fromEntries(root.attributes.map(({ name, value }) => [name, value])), {
    open: "",
    class: "b",
    title: "t",
  });
});

test("nodes with the same id, output or link stay when others come and go around them", () => {
  const before = [
    "div",
    {},
    ["p", { id: "a" }],
    ["p", { "data-output": "1" }],
    ["a", { href: "/x" }],
  ];
  const after = [
    "div",
    {},
    ["h2", {}],
    ["p", { "data-output": "1", class: "c" }],
    ["i", {}],
    ["a", { href: "/x" }, "Lien"],
    ["b", {}],
  ];
  const { root, nodes } = morph(before, after);
  assert.equal(root.childNodes[1], nodes[1]);
  assert.equal(root.childNodes[3], nodes[2]);
  assert.deepEqual(root.toTree(), after);
});

test("a link around an image is another one when its address changes, as any other link", () => {
  const image = (href) => ["div", {}, ["a", { "data-large": "", href }, ["img", { src: href }]]];
  const { root, nodes } = morph(image("/1"), image("/2"));
  assert.equal(root.childNodes[0], nodes[0], "the image stays until the next one has loaded");
  const link = (href) => ["div", {}, ["a", { href }, "Lien"]];
  const other = morph(link("/1"), link("/2"));
  assert.notEqual(other.root.childNodes[0], other.nodes[0]);
});

test("any tree becomes the other", () => {
  let seed = 3;
  const random = (limit) => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed % limit;
  };
  const makeTree = (depth) => {
    const children = [];
    for (let n = random(5); depth && n > 0; n--) {
      children.push(random(4) ? makeTree(depth - 1) : "abc".slice(0, 1 + random(3)));
    }
    const attributes = random(2) ? { id: `n${random(4)}` } : {};
    return [["p", "b", "details"][random(3)], attributes, ...children];
  };
  for (let round = 0; round < 300; round++) {
    const after = makeTree(3);
    const root = createTree(["main", {}, makeTree(3)]);
    morphNode(root.children[0], createTree(after));
    assert.deepEqual(root.children[0].toTree(), after);
  }
});
