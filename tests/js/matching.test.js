import assert from "node:assert/strict";
import { test } from "node:test";
import { findCommonSubsequence, matchLists } from "../../static/js/live/matching.js";

const match = (current, next) => {
  const [from, to] = [current, next].map((text) => [...text].map((key) => ({ key })));
  const { start, end, pairs } = matchLists(from, to, ({ key }) => key);
  const kept = [...pairs].map(([after, before]) => [to.indexOf(after), from.indexOf(before)]);
  return { start, end, kept };
};

test("prefix and suffix match before anything between them", () => {
  assert.deepEqual(match("abc", "abc"), { start: 3, end: 0, kept: [] });
  assert.deepEqual(match("abXc", "abYZc"), { start: 2, end: 1, kept: [] });
  assert.deepEqual(match("", "ab"), { start: 0, end: 0, kept: [] });
  assert.deepEqual(match("aa", "aaa"), { start: 2, end: 0, kept: [] });
});

test("items between them match by the longest common subsequence", () => {
  assert.deepEqual(match("a12b34c", "a9249c"), {
    start: 1,
    end: 1,
    kept: [
      [2, 2],
      [3, 5],
    ],
  });
});

test("longest common subsequence pairs equal items in order", () => {
  let seed = 7;
  const random = (limit) => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed % limit;
  };
  const longest = (a, b) => {
    if (!a.length || !b.length) return 0;
    if (a[0] === b[0]) return 1 + longest(a.slice(1), b.slice(1));
    return Math.max(longest(a.slice(1), b), longest(a, b.slice(1)));
  };
  for (let round = 0; round < 200; round++) {
    const [a, b] = [0, 1].map(() => Array.from({ length: random(8) }, () => random(3)));
    const pairs = findCommonSubsequence(a, b);
    assert.equal(pairs.length, longest(a, b));
    for (const [n, [first, second]] of pairs.entries()) {
      assert.equal(a[first], b[second]);
      if (n) assert.ok(first > pairs[n - 1][0] && second > pairs[n - 1][1]);
    }
  }
});

test("too many comparisons match nothing", () => {
  const many = Array.from({ length: 400 }, (_, n) => n);
  assert.deepEqual(findCommonSubsequence(many, many), []);
});
