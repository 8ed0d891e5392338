"""French text processing: typography for display, folding and stemming for search."""

import re
import unicodedata
from pathlib import Path

NO_BREAK, NARROW_NO_BREAK = "\u00a0", "\u202f"

# Words that carry no topic, folded.
STOP_WORDS = frozenset((Path(__file__).parents[1] / "data" / "mots-vides.txt").read_text(encoding="utf-8").split())

# Longest first: « regeneration » must lose « ation », not only its « e » or « s ».
_SUFFIXES = (
    "issements", "issement", "ateurs", "ations", "atrice", "ateur", "ation", "ements", "ement", "euses",
    "euse", "antes", "eurs", "ions", "ante", "ants", "ees", "eur", "ent", "ant", "ion", "ait", "ir", "er",
    "ez", "ee", "es", "it", "e", "s",
)  # fmt: skip
_MIN_STEM_LETTERS = 3
_WORD = re.compile(r"[a-z0-9]+")


def typeset(text: str) -> str:
    """Replace ordinary spaces and apostrophes by French no-break spaces and curly apostrophes."""
    text = re.sub(r"[ \u00a0\u202f]+([;!?])", NARROW_NO_BREAK + r"\1", text)
    text = re.sub(r"[ \u00a0\u202f]+([:»%])", NO_BREAK + r"\1", text)
    text = re.sub(r"«[ \u00a0\u202f]*", "«" + NO_BREAK, text)
    return text.replace("'", "’").replace("...", "…")


def fold_french(text: str) -> str:
    """Lower the case and strip accents and ligatures: « Œuvre créée » -> « oeuvre creee »."""
    text = text.lower().replace("œ", "oe").replace("æ", "ae")
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def stem_word(word: str) -> str:
    """Return the rough stem of a folded word: « jetons » -> « jeton », « fondateurs », « fondee » -> « fond »."""
    if word.isdigit():
        return word
    for ending in _SUFFIXES:
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_STEM_LETTERS:
            return word.removesuffix(ending)
    return word


def split_words(text: str) -> list[str]:
    """Return every folded word of a text, stop words included."""
    return _WORD.findall(fold_french(text))


def extract_stems(text: str) -> list[str]:
    """Return the stems of a text in order, without stop words."""
    return [stem_word(word) for word in split_words(text) if len(word) > 1 and word not in STOP_WORDS]
