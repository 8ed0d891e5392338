// Match the items of two lists by their keys: common prefix, common suffix, and between them the longest common
// subsequence.
const MAX_COMPARISONS = 100_000; // beyond it, nothing between prefix and suffix matches

// `start` and `end` count the items of prefix and suffix; `pairs` maps each other matched item of `next` to its own of
// `current`.
export function matchLists(current, next, getKey) {
  const currentKeys = current.map(getKey);
  const nextKeys = next.map(getKey);
  const shorter = Math.min(current.length, next.length);
  let start = 0;
  while (start < shorter && currentKeys[start] === nextKeys[start]) start++;
  let end = 0;
  while (end < shorter - start && currentKeys.at(-1 - end) === nextKeys.at(-1 - end)) end++;
  const matched = findCommonSubsequence(
    currentKeys.slice(start, current.length - end),
    nextKeys.slice(start, next.length - end),
  );
  return {
    start,
    end,
    pairs: new Map(matched.map(([c, n]) => [next[start + n], current[start + c]])),
  };
}

// Longest common subsequence by dynamic programming, as pairs of positions.
export function findCommonSubsequence(first, second) {
  if (first.length * second.length > MAX_COMPARISONS) return [];
  const lengths = Array.from({ length: first.length + 1 }, () =>
    new Array(second.length + 1).fill(0),
  );
  for (let f = first.length - 1; f >= 0; f--) {
    for (let s = second.length - 1; s >= 0; s--) {
      lengths[f][s] =
        first[f] === second[s]
          ? lengths[f + 1][s + 1] + 1
          : Math.max(lengths[f + 1][s], lengths[f][s + 1]);
    }
  }
  const pairs = [];
  for (let f = 0, s = 0; f < first.length && s < second.length; ) {
    if (first[f] === second[s]) pairs.push([f++, s++]);
    else if (lengths[f + 1][s] >= lengths[f][s + 1]) f++;
    else s++;
  }
  return pairs;
}
