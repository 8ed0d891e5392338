"""The spelling of French texts: a dictionary of French words, and ours of what it does not know."""

import re
from functools import cache
from pathlib import Path

from spellchecker import SpellChecker

EXTRA_WORDS_PATH = Path(__file__).parents[1] / "data" / "words.txt"
# Letters, with hyphens and apostrophes between; not what is cut short (« la répo… »), nor what an address is made of.
WORD_PATTERN = re.compile(r"(?<![\w@./_-])[^\W\d_]+(?:[-'’][^\W\d_]+)*(?![\w@/_…]|\.\w)")
ELISION_PATTERN = re.compile(r"^(?:[cdjlmnst]|(?:jus|lors|puis|quel|quoi)?qu)['’]", re.IGNORECASE)


@cache
def load_dictionary() -> frozenset[str]:
    """Every word that may be written, in lower case."""
    ours = EXTRA_WORDS_PATH.read_text(encoding="utf-8").split()
    return frozenset(SpellChecker(language="fr").word_frequency.dictionary) | {word.casefold() for word in ours}


def is_known_word(word: str) -> bool:
    """Is it a word, or made of words by hyphens (« a-t-il »)?"""
    return len(word) < 2 or word in load_dictionary() or ("-" in word and all(map(is_known_word, word.split("-"))))


def find_unknown_words(text: str) -> list[str]:
    """The words of a text that no dictionary has."""
    words = (ELISION_PATTERN.sub("", word) for word in WORD_PATTERN.findall(text))
    return [word for word in words if not is_known_word(word.casefold().replace("’", "'"))]
