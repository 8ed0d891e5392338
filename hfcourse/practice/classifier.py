"""Which language is a sentence in? A naive Bayes classifier on short runs of letters.

It learns at start, in some milliseconds, from `data/phrases.txt`: about seventy everyday sentences in
each language, written for this course. Nothing is downloaded.
"""

import math
import re
from collections import Counter
from pathlib import Path

SENTENCES_PATH = Path(__file__).parent / "data" / "phrases.txt"
MAX_NGRAM_LETTERS = 4
# Added to every count, so that a run of letters never seen in a language does not rule it out.
_SMOOTHING = 0.3
# Naive Bayes counts overlapping runs of letters as independent proofs, and so is far too sure of itself.
# Dividing its evidence by this brings the confidences close to how often it is right (a test measures it).
_EVIDENCE_DIVISOR = 4.0
_WORD = re.compile(r"[^\W\d_]+")


def read_sentences(path: Path = SENTENCES_PATH) -> dict[str, list[str]]:
    """The sentences of the data file by language: a line « # language », then one sentence a line."""
    sentences: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            language = line[2:].strip()
            sentences[language] = []
        elif line.strip():
            sentences[language].append(line.strip())
    return sentences


def count_letter_ngrams(text: str) -> Counter[str]:
    """Every run of one to four letters of the words of a text; « _ » stands where a word begins or ends."""
    runs: Counter[str] = Counter()
    for word in _WORD.findall(text.lower()):
        padded = f"_{word}_"
        for size in range(1, MAX_NGRAM_LETTERS + 1):
            runs.update(padded[i : i + size] for i in range(len(padded) - size + 1))
    runs.pop("_", None)
    return runs


class LanguageClassifier:
    """Learns from sentences by language, then says how likely each language is for a new sentence."""

    def __init__(self, sentences: dict[str, list[str]]):
        counts = {language: count_letter_ngrams(" ".join(lines)) for language, lines in sentences.items()}
        known = set().union(*counts.values())
        self._log_likelihoods_by_language = {
            language: _compute_log_likelihoods(known, runs) for language, runs in counts.items()
        }
        self._known_ngrams = known

    @property
    def languages(self) -> list[str]:
        """The languages it can tell apart."""
        return list(self._log_likelihoods_by_language)

    def compute_confidences(self, text: str) -> dict[str, float]:
        """The probability of each language (they sum to 1); empty when no letter of the text is known."""
        runs = Counter({run: n for run, n in count_letter_ngrams(text).items() if run in self._known_ngrams})
        if not runs:
            return {}
        evidence = {
            language: sum(n * logs[run] for run, n in runs.items()) / _EVIDENCE_DIVISOR
            for language, logs in self._log_likelihoods_by_language.items()
        }
        # The best evidence is taken away before exp(), which would underflow on a long text.
        best = max(evidence.values())
        weights = {language: math.exp(value - best) for language, value in evidence.items()}
        total = sum(weights.values())
        return {language: weight / total for language, weight in weights.items()}


def _compute_log_likelihoods(known: set[str], runs: Counter[str]) -> dict[str, float]:
    total = runs.total() + _SMOOTHING * len(known)
    return {run: math.log((runs[run] + _SMOOTHING) / total) for run in known}
