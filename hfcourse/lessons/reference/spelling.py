"""Spelling correction: the closest words of the course to an unknown one. Pure."""

import difflib
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from unicodedata import combining, normalize

from hfcourse.lessons.syntax.parser import LIGATURES

# A similarity of 0.75 (difflib) accepts one wrong letter in four, two in eight.
MIN_SIMILARITY = 0.75
MIN_LETTERS, MAX_LETTERS = 4, 40
MAX_CORRECTED_WORDS = 4
MAX_LENGTH_DIFFERENCE = 2
WORD = re.compile(r"[^\W\d_]+")


def fold_word(word: str) -> str:
    """Lower the case and strip accents and ligatures, as the search index does."""
    decomposed = normalize("NFD", word.lower().translate(LIGATURES))
    return "".join(letter for letter in decomposed if not combining(letter))


class Vocabulary:
    """The words of some texts: by their folded form, each in its most frequent spelling."""

    def __init__(self, texts: Iterable[str]) -> None:
        counts = Counter(word.lower() for text in texts for word in WORD.findall(text) if len(word) >= MIN_LETTERS)
        self.spellings: dict[str, str] = {}
        # Accented French before English with the same letters, then the most frequent spelling.
        for word, _ in sorted(counts.items(), key=lambda item: (item[0].isascii(), -item[1])):
            self.spellings.setdefault(fold_word(word), word)
        self.folded = sorted(self.spellings)
        self.by_length: dict[int, list[str]] = {}
        for word in self.folded:
            self.by_length.setdefault(len(word), []).append(word)

    def has_prefix(self, word: str) -> bool:
        """Does a word of the texts begin with this folded one?"""
        place = bisect_left(self.folded, word)
        return place < len(self.folded) and self.folded[place].startswith(word)

    def find_closest(self, word: str) -> str | None:
        """Return the closest word, as spelt in the texts; None if none is close enough."""
        lengths = range(len(word) - MAX_LENGTH_DIFFERENCE, len(word) + MAX_LENGTH_DIFFERENCE + 1)
        candidates = [each for length in lengths for each in self.by_length.get(length, ())]
        closest = difflib.get_close_matches(word, candidates, n=1, cutoff=MIN_SIMILARITY)
        return self.spellings[closest[0]] if closest else None

    def correct_spelling(self, typed: str) -> str:
        """Replace unknown words by the closest known ones; return '' if there is nothing to replace.

        Words of fewer than MIN_LETTERS or more than MAX_LETTERS letters are not corrected, nor are
        those after the first MAX_CORRECTED_WORDS unknown ones: each comparison with all words costs
        some milliseconds.
        """
        remaining = MAX_CORRECTED_WORDS
        pieces, end = [], 0
        for found in WORD.finditer(typed):
            word = fold_word(found[0])
            if not MIN_LETTERS <= len(word) <= MAX_LETTERS or self.has_prefix(word.removesuffix("s")) or not remaining:
                continue
            remaining -= 1
            if closest := self.find_closest(word):
                pieces += [typed[end : found.start()], closest]
                end = found.end()
        return "".join([*pieces, typed[end:]]) if pieces else ""
