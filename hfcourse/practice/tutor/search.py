"""Passage retrieval for the tutor: BM25 over stems with synonyms, offline."""

import difflib
import math
import re
import tomllib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from hfcourse.practice.tutor.course_text import CourseSection
from hfcourse.practice.tutor.french_text import extract_stems, fold_french, stem_word

SYNONYMS_PATH = Path(__file__).parents[1] / "data" / "synonymes.toml"
SYNONYM_WEIGHT, RELATED_WEIGHT = 0.9, 0.5

# BM25's parameters k1 and b: saturation of repeated words, penalty on long passages.
_SATURATION, _LENGTH_PENALTY = 1.2, 0.4
_HEADING_WEIGHT = 2.5
_MIN_TYPO_LETTERS, _MIN_TYPO_SIMILARITY = 6, 0.83
_CONTEXT_WEIGHT = 0.25

# For a kind of question: a pattern that good passages match, and the factor on their score.
_MEANING_QUESTION = re.compile(r"qu.?est.?ce qu|c.?est quoi|c quoi|koi|definition|defini[rs]|veut dire|signifie")
_QUESTION_KIND_BOOSTS = (
    (re.compile(r"\bcomment\b|\betapes?\b"), re.compile(r"^\d+\. .*\n\d+\. ", re.MULTILINE), 2.5),
    (re.compile(r"\bcombien\b"), re.compile(r"\bmill(?:ion|ier)s?\b|\$|gratuit"), 1.8),
    (re.compile(r"^qui (?:a|ont)\b"), re.compile(r"\bfond(?:e|ent|ateurs?)\b"), 2.0),
    (
        re.compile(r"^ou\b.*\b(?:rang|gard|mett|met|conserv|stock|plac|cach|ecri)"),
        # Not the creation steps, which mention it in passing.
        re.compile(r"\A(?!\d+\. ).*(?:gestionnaire de mots|variables? d.environnement|\.env\b)", re.DOTALL),
        6.0,
    ),
    (re.compile(r"\bquand\b|\bannee\b"), re.compile(r"\b(?:19|20)\d\d\b"), 1.5),
)
_DEFINITION_BOOSTS = (
    (r"\bune? WORD est une?\b", 5.0),
    (r"WORD\W+(?:est (?:un|une|le|la)\b|sont (?:des|les)\b|c.est-a-dire|designe)", 2.5),
    (r"WORD, (?:un|une|le|la|les) ", 1.8),
    (r"", 1.0),
)


@dataclass(frozen=True)
class PassageHit:
    """A search result: section and passage indexes, score, share of the question covered (0 to 1)."""

    section: int
    passage: int
    score: float
    coverage: float


class CourseIndex:
    """A BM25 index of all passages of the course."""

    def __init__(self, sections: list[CourseSection]):
        self.positions = [(s, p) for s, section in enumerate(sections) for p in range(len(section.passages))]
        self._headings = [set(extract_stems(section.heading)) for section in sections]
        self._titles = [set(extract_stems(section.lesson_title)) for section in sections]
        self._texts = [fold_french(sections[s].passages[p]) for s, p in self.positions]
        self._term_counts = [Counter(extract_stems(text)) for text in self._texts]
        self._mean_length = sum(c.total() for c in self._term_counts) / max(len(self._term_counts), 1) or 1.0
        self._passage_frequency = Counter(term for counts in self._term_counts for term in counts)
        self._synonyms = read_synonyms()

    def find_best_passage(self, question: str, context: str = "") -> PassageHit | None:
        """Return the best passage, or None; the words of `context` (an earlier question) weigh less."""
        weights = dict.fromkeys(self._correct_terms(context), _CONTEXT_WEIGHT) | dict.fromkeys(
            self._correct_terms(question), 1.0
        )
        if not weights:
            return None
        hits = [self._score_passage(i, weights, fold_french(question)) for i in range(len(self.positions))]
        # On equal scores the earlier passage wins: a course explains a word at its first use.
        return max(hits, key=lambda hit: hit.score, default=None)

    def find_mention(self, forms: Collection[str]) -> tuple[int, int] | None:
        """Return the section and passage that define a word, else its first use; None without one."""
        patterns = [re.compile(rf"\b{re.escape(fold_french(form))}s?\b") for form in forms]
        places = [i for i, text in enumerate(self._texts) if any(pattern.search(text) for pattern in patterns)]
        # max() returns the first of equals.
        best = max(
            places,
            key=lambda i: max(_compute_definition_boost(self._texts[i], fold_french(form)) for form in forms),
            default=None,
        )
        return None if best is None else self.positions[best]

    def has_definition(self, place: tuple[int, int], question: str) -> bool:
        """Return whether a passage defines the subject of a question, and does not only use the word."""
        text = self._texts[self.positions.index(place)]
        return any(_compute_definition_boost(text, term) > 1 for term in self._correct_terms(question))

    def _correct_terms(self, text: str) -> list[str]:
        """Return the terms of a question, misspelt ones replaced by the most similar of the course."""
        return [self._correct_term(term) for term in extract_stems(text)]

    def _correct_term(self, term: str) -> str:
        if term in self._passage_frequency or term in self._synonyms or len(term) < _MIN_TYPO_LETTERS:
            return term
        return next(iter(difflib.get_close_matches(term, self._passage_frequency, 1, _MIN_TYPO_SIMILARITY)), term)

    def _compute_idf(self, term: str) -> float:
        """Return BM25's inverse document frequency: high for rare terms, highest for unknown ones."""
        frequency = self._passage_frequency[term]
        return math.log(1 + (len(self.positions) - frequency + 0.5) / (frequency + 0.5))

    def _score_passage(self, i: int, weights: dict[str, float], question: str) -> PassageHit:
        section, passage = self.positions[i]
        passage_terms = self._term_counts[i].keys() | self._headings[section] | self._titles[section]
        score = covered = total = 0.0
        for term, weight in weights.items():
            forms = self._expand_synonyms(term)
            # A synonym has the rarity of the term in the question: a rarer one is no better
            # evidence.
            rarity = weight * self._compute_idf(term)
            score += weight * max(self._score_term(i, form) * worth for form, worth in forms.items())
            covered += rarity * max((forms[form] for form in forms.keys() & passage_terms), default=0.0)
            total += rarity
        # Terms of the context are not the subject, and only the subject may match a heading.
        score += self._score_heading(self._headings[section], [t for t, w in weights.items() if w == 1])
        coverage = covered / total
        return PassageHit(section, passage, score * coverage * self._compute_boost(i, weights, question), coverage)

    def _expand_synonyms(self, term: str, least: float = 0.0) -> dict[str, float]:
        """Return a term and its synonyms, with the weight of each (0 to 1)."""
        others = self._synonyms.get(term, {})
        return {term: 1.0} | {other: worth for other, worth in others.items() if worth >= least}

    def _score_heading(self, heading: set[str], subject: list[str]) -> float:
        """Return the match of a heading with the subject, times the share of the heading that matches."""
        found = {term: self._expand_synonyms(term, SYNONYM_WEIGHT).keys() & heading for term in subject}
        matched = set().union(*found.values())
        if not matched:
            return 0.0
        share = sum(map(self._compute_idf, matched)) / sum(map(self._compute_idf, heading))
        return _HEADING_WEIGHT * share * sum(self._compute_idf(term) for term in found if found[term])

    def _score_term(self, i: int, term: str) -> float:
        count = self._term_counts[i][term]
        length = 1 - _LENGTH_PENALTY + _LENGTH_PENALTY * self._term_counts[i].total() / self._mean_length
        return self._compute_idf(term) * count * (_SATURATION + 1) / (count + _SATURATION * length)

    def _compute_boost(self, i: int, weights: dict[str, float], question: str) -> float:
        """Return the factor for the kind of question: a definition, a procedure, a number, a date."""
        text = self._texts[i]
        boosts = [(pattern, factor) for kind, pattern, factor in _QUESTION_KIND_BOOSTS if kind.search(question)]
        # A single word, « jeton ? », asks for its definition.
        if _MEANING_QUESTION.search(question) or (len(weights) == 1 and not boosts):
            return max(_compute_definition_boost(text, term) for term in weights)
        return math.prod(factor for pattern, factor in boosts if pattern.search(text))


def read_synonyms(path: Path = SYNONYMS_PATH) -> dict[str, dict[str, float]]:
    """Parse the synonyms: for each stem, the stems of its groups and their weights (0 to 1)."""
    groups = tomllib.loads(path.read_text(encoding="utf-8"))
    synonyms: dict[str, dict[str, float]] = {}
    for name, worth in (("voisins", RELATED_WEIGHT), ("memes", SYNONYM_WEIGHT)):
        for group in groups[name]:
            stems = {stem_word(fold_french(word)) for word in group}
            for one in stems:
                synonyms.setdefault(one, {}).update(dict.fromkeys(stems - {one}, worth))
    return synonyms


def _compute_definition_boost(text: str, term: str) -> float:
    """Return the factor of a passage that defines a term: « un Space est une… », « Transformers, une… »."""
    word = rf"\b{re.escape(term)}\w*"
    return max(gain for pattern, gain in _DEFINITION_BOOSTS if re.search(pattern.replace("WORD", word), text))
