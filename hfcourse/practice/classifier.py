"""A language classifier: naive Bayes on letter n-grams.

It is trained at start, in some milliseconds, on `data/phrases.txt`: about seventy everyday
sentences in each language, written for this course. Nothing is downloaded.
"""

import math
import re
from collections import Counter
from pathlib import Path

SENTENCES_PATH = Path(__file__).parent / "data" / "phrases.txt"
MAX_NGRAM_LETTERS = 4
# Added to every count, so that an n-gram never seen in a language does not rule it out.
_SMOOTHING = 0.3
# Naive Bayes treats overlapping n-grams as independent evidence, and so is overconfident. Dividing
# the log evidence by this brings the confidences close to the accuracy (a test measures it).
_EVIDENCE_DIVISOR = 4.0
_WORD = re.compile(r"[^\W\d_]+")


def read_sentences(path: Path = SENTENCES_PATH) -> dict[str, list[str]]:
    """Parse the sentences of the data file by language: a line « # language », then a sentence per line."""
    sentences: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            language = line[2:].strip()
            sentences[language] = []
        elif line.strip():
            sentences[language].append(line.strip())
    return sentences


def count_letter_ngrams(text: str) -> Counter[str]:
    """Count the n-grams of one to four letters of each word; « _ » marks its beginning and end."""
    runs: Counter[str] = Counter()
    for word in _WORD.findall(text.lower()):
        padded = f"_{word}_"
        for size in range(1, MAX_NGRAM_LETTERS + 1):
            runs.update(padded[i : i + size] for i in range(len(padded) - size + 1))
    runs.pop("_", None)
    return runs


class LanguageClassifier:
    """A classifier trained on sentences by language, which returns a confidence for each language."""

    def __init__(self, sentences: dict[str, list[str]]):
        counts = {language: count_letter_ngrams(" ".join(lines)) for language, lines in sentences.items()}
        known = set().union(*counts.values())
        self._log_likelihoods_by_language = {
            language: _compute_log_likelihoods(known, runs) for language, runs in counts.items()
        }
        self._known_ngrams = known

    @property
    def languages(self) -> list[str]:
        """Return the known languages."""
        return list(self._log_likelihoods_by_language)

    def compute_confidences(self, text: str) -> dict[str, float]:
        """Return the probability of each language (sum 1); empty if the text has no known letter."""
        runs = Counter({run: n for run, n in count_letter_ngrams(text).items() if run in self._known_ngrams})
        if not runs:
            return {}
        evidence = {
            language: sum(n * logs[run] for run, n in runs.items()) / _EVIDENCE_DIVISOR
            for language, logs in self._log_likelihoods_by_language.items()
        }
        # Subtract the maximum before exp(), which would underflow on a long text.
        best = max(evidence.values())
        weights = {language: math.exp(value - best) for language, value in evidence.items()}
        total = sum(weights.values())
        return {language: weight / total for language, weight in weights.items()}


def _compute_log_likelihoods(known: set[str], runs: Counter[str]) -> dict[str, float]:
    total = runs.total() + _SMOOTHING * len(known)
    return {run: math.log((runs[run] + _SMOOTHING) / total) for run in known}
