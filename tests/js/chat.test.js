import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { loadDraft, removeSentDrafts, saveDraft } from "../../static/js/chat/draft.js";
import { findNewSentences } from "../../static/js/chat/sentences.js";

test("sentences are announced once each, when they have ended", () => {
  const heard = [];
  let announced = 0;
  for (const [text, isOver] of [
    ["Une phr", false],
    ["Une phrase. Et le déb", false],
    ["Une phrase. Et le début ! Vaut 3.", false],
    ["Une phrase. Et le début ! Vaut 3.14 environ", true],
  ]) {
    const sentences = findNewSentences(text, announced, isOver);
    announced += sentences.length;
    heard.push(sentences.trim());
  }
  assert.deepEqual(heard, ["", "Une phrase.", "Et le début !", "Vaut 3.14 environ"]);
});

test("lines of a list are sentences", () => {
  assert.equal(findNewSentences("un\ndeux\ntro", 0, false), "un\ndeux\n");
});

class MemoryStorage {
  setItem(key, text) {
    this[key] = text;
  }
  getItem(key) {
    return this[key] ?? null;
  }
  removeItem(key) {
    delete this[key];
  }
}

beforeEach(() => {
  globalThis.sessionStorage = new MemoryStorage();
  globalThis.location = { pathname: "/discussion/", search: "" };
});

test("a draft stays for its page until its text has been sent from another", () => {
  saveDraft("bonjour\n");
  assert.equal(loadDraft(), "bonjour\n");
  globalThis.location = { pathname: "/discussion/a", search: "?tour=1" };
  assert.equal(loadDraft(), "");
  saveDraft("la suite");
  removeSentDrafts("bonjour");
  assert.equal(loadDraft(), "la suite");
  globalThis.location = { pathname: "/discussion/", search: "" };
  assert.equal(loadDraft(), "");
});

test("an edited message has a draft of its own, and an empty one is none", () => {
  saveDraft("a");
  globalThis.location = { pathname: "/discussion/", search: "?modifier=1" };
  assert.equal(loadDraft(), "");
  saveDraft("b");
  saveDraft("");
  assert.deepEqual(Object.keys(sessionStorage).length, 1);
});
