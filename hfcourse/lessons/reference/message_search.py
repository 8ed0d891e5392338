"""Search the troubleshooting entries by an error message: whole, in part, or misspelt. Pure.

Texts are compared by their trigrams, as in PostgreSQL's pg_trgm: a misspelling changes three of
them. Rare trigrams weigh more than common ones. Each line of the query is compared with each
message in both directions: a traceback contains a whole message, a typed query a part of one.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hfcourse.lessons.reference.troubleshooting import TroubleshootingEntry

# Limits of a query; the last lines count: the message is the last line of a traceback.
MAX_QUERY_LINES, MAX_LINE_CHARACTERS = 40, 300
# Two texts match from this share of common trigrams on.
MIN_SIMILARITY = 0.5
# The entries' texts are longer: more of a line matches them by chance.
MIN_TEXT_SIMILARITY = 0.75
# Results with less than this share of the best score are dropped.
MIN_SHARE_OF_BEST = 0.6
MAX_RESULTS = 12
# A message as short as « HTTP 410 » occurs in many lines by chance.
SHORT_TRIGRAMS = 12
# A message identifies a problem better than our own text about it.
TITLE_WEIGHT, TEXT_WEIGHT = 0.9, 0.6
NOT_A_WORD = re.compile(r"[^a-z0-9]+")


def normalize_message(text: str) -> str:
    """Lower the case, strip accents, collapse signs: « [Errno 98] Déjà » -> « errno 98 deja »."""
    letters = unicodedata.normalize("NFKD", text.replace("’", "'").lower())
    return NOT_A_WORD.sub(" ", "".join(each for each in letters if not unicodedata.combining(each))).strip()


def extract_trigrams(text: str) -> frozenset[str]:
    """Return the trigrams of each word, padded by two spaces before and one after, as in pg_trgm."""
    return frozenset(
        padded[start : start + 3]
        for word in normalize_message(text).split()
        for padded in (f"  {word} ",)
        for start in range(len(padded) - 2)
    )


@dataclass(frozen=True)
class WeightedText:
    """The trigrams of a text, and the sum of their weights."""

    trigrams: frozenset[str]
    weight: float


class MessageIndex:
    """An index of the entries' messages, titles and texts by trigrams."""

    def __init__(self, entries: Sequence[TroubleshootingEntry]) -> None:
        self.entries = entries
        frequencies = Counter(trigram for entry in entries for trigram in extract_trigrams(join_entry_texts(entry)))
        self._weights = {trigram: math.log(1 + len(entries) / count) for trigram, count in frequencies.items()}
        self._unknown_weight = math.log(1 + len(entries))
        self._messages = [[self._weigh(message) for message in entry.messages] for entry in entries]
        self._titles = [self._weigh(f"{entry.title} {' '.join(entry.codes)}") for entry in entries]
        self._texts = [self._weigh(entry.text) for entry in entries]

    def search_entries(self, typed: str) -> list[TroubleshootingEntry]:
        """Return the entries whose message, title or text matches a line of the query, best first."""
        lines = [line[:MAX_LINE_CHARACTERS] for line in typed.splitlines() if line.strip()][-MAX_QUERY_LINES:]
        queries = [query for query in map(self._weigh, lines) if query.trigrams]
        if not queries:
            return []
        scores = [max(self._score(place, query) for query in queries) for place in range(len(self.entries))]
        needed = MIN_SHARE_OF_BEST * max(scores, default=0)
        ranked = sorted(range(len(scores)), key=lambda place: -scores[place])
        return [self.entries[place] for place in ranked if scores[place] and scores[place] >= needed][:MAX_RESULTS]

    def _weigh(self, text: str) -> WeightedText:
        found = extract_trigrams(text)
        return WeightedText(found, sum(self._weights.get(each, self._unknown_weight) for each in found))

    def _score(self, place: int, query: WeightedText) -> float:
        """Return how well an entry matches one line, from 0 to 1.

        The score is highest if a message is nearly the whole line.
        """
        message = max(self._compare(query, each) for each in self._messages[place])
        title = TITLE_WEIGHT * self._compare(query, self._titles[place])
        share = self._weigh_common(query, self._texts[place]) / query.weight
        return max(message, title, TEXT_WEIGHT * share if share >= MIN_TEXT_SIMILARITY else 0)

    def _compare(self, query: WeightedText, known: WeightedText) -> float:
        """Return the larger share of common trigrams, with a small weight for the smaller share."""
        common = self._weigh_common(query, known)
        if not common:
            return 0
        of_query, of_known = common / query.weight, common / known.weight
        of_known *= min(len(known.trigrams) / SHORT_TRIGRAMS, 1)
        best = max(of_query, of_known)
        return best * (0.8 + 0.2 * min(of_query, of_known)) if best >= MIN_SIMILARITY else 0

    def _weigh_common(self, one: WeightedText, other: WeightedText) -> float:
        return sum(self._weights[each] for each in one.trigrams & other.trigrams)


def join_entry_texts(entry: TroubleshootingEntry) -> str:
    """Return all the text of an entry."""
    return " ".join([entry.title, *entry.codes, entry.text, *entry.messages])
