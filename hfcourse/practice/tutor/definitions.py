"""The glossary index, which answers « qu’est-ce que X ? » with a definition."""

import difflib
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hfcourse.practice.tutor.course_text import strip_markdown
from hfcourse.practice.tutor.french_text import split_words, stem_word, typeset

# Limits of typo correction: minimum similarity and letters, and a maximum difference in length.
_MIN_TYPO_SIMILARITY, _MIN_TYPO_LETTERS = 0.82, 4
_MAX_LETTERS = 40
# A longer subject is no question for a definition.
_MAX_SUBJECT_WORDS = 6
_MAX_LENGTH_DIFFERENCE = 1

# Compared with folded words, separated by single spaces: « qu est ce qu un space ».
_QUESTION_PREFIXES = (
    "qu est ce que c est que", "qu est ce que c est qu", "qu est ce que c est", "qu est ce que", "qu est ce qu",
    "c est quoi ca", "c est quoi", "c quoi", "c koi", "c est koi", "ce que c est que", "ce que c est qu",
    "ce que c est", "que veut dire", "que veulent dire", "que signifie", "que signifient", "que designe",
    "qu entend on par",
    "quelle est la definition", "donne la definition", "donne moi la definition", "donnez moi la definition",
    "definition", "definis", "definis moi", "definir", "definissez", "quel est le sens", "explique", "explique moi",
    "expliquez", "expliquez moi", "expliquer", "m expliquer", "explique moi ce que c est que", "explique moi ce qu est",
    "explique moi ce que c est qu", "m expliquer ce qu est", "explique ce qu est", "ce que veut dire",
    "ce que signifie", "a quoi sert", "a quoi servent", "kezako", "kesako", "quid", "parle moi", "what is", "what are",
)  # fmt: skip
_QUESTION_SUFFIXES = (
    "c est quoi", "c quoi", "c koi", "c est koi", "c est quoi au juste", "c est quoi exactement", "c est quoi ca",
    "qu est ce que c est", "qu est ce", "qu est ce que ca veut dire", "ca veut dire quoi", "veut dire quoi",
    "veulent dire quoi", "signifie quoi", "ca sert a quoi", "sert a quoi", "kezako", "kesako", "definition",
)  # fmt: skip
_FILLER_WORDS = frozenset([
    "alors", "bonjour", "bonsoir", "dis", "dites", "donc", "en", "et", "euh", "fait", "mais", "me", "moi", "peux",
    "pouvez", "salut", "sais", "savez", "s", "il", "te", "vous", "plait", "stp", "svp", "tu",
])  # fmt: skip
_SUBJECT_LEADING_WORDS = frozenset([
    "a", "an", "appelle", "ca", "ce", "ces", "cet", "cette", "d", "de", "des", "du", "est", "l", "la", "le", "les",
    "mot", "mots", "on", "qu", "que", "terme", "the", "un", "une",
])  # fmt: skip
_SUBJECT_TRAILING_PHRASES = (
    "au juste", "chez hugging face", "dans ce cours", "dans le cours", "de hugging face", "deja", "en deux mots",
    "en francais", "en informatique", "exactement", "ici", "s il te plait", "s il vous plait", "simplement", "stp",
    "sur hf", "sur hugging face", "sur le hub", "svp",
)  # fmt: skip

# Definitions begin with a capital, which becomes lower case after a French colon.
_DETERMINER = re.compile(r"(?:Une?|Les?|La|L’|Des|Ce|Ce que|Ce qui)\b")


@dataclass(frozen=True)
class TermDefinition:
    """A glossary term: its spellings, its English name and its definition, as plain text."""

    name: str
    english: str
    forms: tuple[str, ...]
    definition: str

    @property
    def sentence(self) -> str:
        """Return the definition as a sentence of an answer."""
        name = f"{self.name} (en anglais, {self.english})" if self.english else self.name
        text = self.definition
        if _DETERMINER.match(text):
            text = text[0].lower() + text[1:]
        # « cURL » retains its case.
        return typeset(f"{name[0].upper() + name[1:] if self.name.islower() else name} : {text}")


class GlossaryIndex:
    """An index of the glossary by all spellings of its terms, normalized."""

    def __init__(self, terms: Sequence[TermDefinition] = ()) -> None:
        self._terms_by_key = {
            key: term
            for term in reversed(terms)
            for form in _list_names(term)
            for key in _make_lookup_keys(form)
            if key
        }

    def find_term(self, question: str) -> TermDefinition | None:
        """Return the term whose definition a question asks for, or that is the whole question; else None."""
        return self.look_up_term(find_subject(question) or _strip_subject(split_words(question)))

    def find_compared_terms(self, question: str) -> tuple[TermDefinition, TermDefinition] | None:
        """Return both terms of « quelle est la différence entre X et Y ? », or None."""
        found = _COMPARISON_QUESTION.search(_strip_trailing_phrases(" ".join(split_words(question))))
        one, other = (
            (self.look_up_term(_strip_subject(each.split())) for each in found.groups()) if found else (None, None)
        )
        return (one, other) if one and other else None

    def look_up_term(self, subject: str) -> TermDefinition | None:
        """Look up a term by name, with plurals, joined words and slight misspellings."""
        for key in _make_lookup_keys(subject):
            if key in self._terms_by_key:
                return self._terms_by_key[key]
        typed = _make_lookup_keys(subject)[0]
        if not _MIN_TYPO_LETTERS <= len(typed) <= _MAX_LETTERS:
            return None
        candidates = [
            key for key in self._terms_by_key
            if key[0] == typed[0]
            and len(key) >= _MIN_TYPO_LETTERS
            and abs(len(key) - len(typed)) <= _MAX_LENGTH_DIFFERENCE
        ]  # fmt: skip
        return next(
            (self._terms_by_key[key] for key in difflib.get_close_matches(typed, candidates, 1, _MIN_TYPO_SIMILARITY)),
            None,
        )


def read_glossary(path: Path) -> GlossaryIndex:
    """Parse glossary.toml; entries without a name or a definition are skipped, the file is optional."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("term", []) if path.is_file() else []
    return GlossaryIndex(
        [
            TermDefinition(
                each["term"], each.get("english", ""), tuple(each.get("forms", [])), strip_markdown(each["definition"])
            )
            for each in entries
            if each.get("term") and each.get("definition")
        ]
    )


def find_subject(question: str) -> str:
    """Extract the term that a question asks to define, as folded words without article; '' for others.

    « Qu’est-ce qu’un Space ? » -> « space », « ZeroGPU, c’est quoi ? » -> « zerogpu ».
    """
    words = split_words(question)
    while words and words[0] in _FILLER_WORDS:
        words = words[1:]
    text = _strip_trailing_phrases(" ".join(words))
    for pattern in (_PREFIX_QUESTION, _SUFFIX_QUESTION):
        found = pattern.match(text)
        if found and not _OTHER_QUESTION.match(found["subject"]):
            subject = found["subject"].split()
            return _strip_subject(subject) if len(subject) <= _MAX_SUBJECT_WORDS else ""
    return ""


def _strip_trailing_phrases(text: str) -> str:
    while found := _TRAILING_PHRASE.search(text):
        text = text[: found.start()]
    return text


def _strip_subject(subject: list[str]) -> str:
    """Strip leading articles and trailing phrases from a subject."""
    while len(subject) > 1 and subject[0] in _SUBJECT_LEADING_WORDS:
        subject = subject[1:]
    return _strip_trailing_phrases(" ".join(subject))


def _join_alternatives(phrases: tuple[str, ...]) -> str:
    """Return a regular expression that matches any of the phrases, the longest first."""
    return "|".join(sorted(phrases, key=len, reverse=True))


_PREFIX_QUESTION = re.compile(rf"(?:{_join_alternatives(_QUESTION_PREFIXES)}) (?P<subject>.+)$")
_SUFFIX_QUESTION = re.compile(rf"(?P<subject>.+?) (?:{_join_alternatives(_QUESTION_SUFFIXES)})$")
_COMPARISON_QUESTION = re.compile(r"\bdifference (?:y a t il )?entre (.+?) et (.+)$")
# « Qu’est-ce qu’il faut pour … » does not ask for a definition either.
_OTHER_QUESTION = re.compile(
    r"(?:comment|pourquoi|ou|quand|combien|qui|si|il|ils|elle|elles|j|je|tu|nous|vous|on(?! appelle))\b"
)
_TRAILING_PHRASE = re.compile(rf" (?:{_join_alternatives(_SUBJECT_TRAILING_PHRASES)})$")


def _list_names(term: TermDefinition) -> tuple[str, ...]:
    return tuple(filter(None, (term.name, *term.forms, term.english)))


def _make_lookup_keys(name: str) -> tuple[str, str]:
    """Return the lookup keys of a name: its words joined, unstemmed and stemmed."""
    found = split_words(name)
    return "".join(found), "".join(stem_word(word) if len(word) > 3 else word for word in found)
