"""Find troubleshooting entries by an error message: pasted whole, in part, or misspelt. Pure.

Texts are compared by their trigrams (runs of three letters), as PostgreSQL's pg_trgm does: a misspelling changes three
of them. A rare trigram weighs more than one that is in every message. Each line of what was pasted is compared with
each message, both ways: a traceback holds a whole message among other things, what one types is a part of a message.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hfcourse.lessons.reference.troubleshooting import TroubleshootingEntry

# What is compared of a pasted text: the message is the last line of a traceback.
MAX_QUERY_LINES, MAX_LINE_CHARACTERS = 40, 300
# From this share of the trigrams on, two texts are the same words.
MIN_SIMILARITY = 0.5
# Our own words are longer: more of a line is in them by chance.
MIN_TEXT_SIMILARITY = 0.75
# Of the best result's score, what another one needs to stand beside it.
MIN_SHARE_OF_BEST = 0.6
MAX_RESULTS = 12
# A message as short as « HTTP 410 » is in many a line by chance.
SHORT_TRIGRAMS = 12
# Messages identify a trouble better than our own words about it.
TITLE_WEIGHT, TEXT_WEIGHT = 0.9, 0.6
NOT_A_WORD = re.compile(r"[^a-z0-9]+")


def normalize_message(text: str) -> str:
    """Lower case, no accents, one space for each run of signs: « [Errno 98] Déjà » -> « errno 98 deja »."""
    letters = unicodedata.normalize("NFKD", text.replace("’", "'").lower())
    return NOT_A_WORD.sub(" ", "".join(each for each in letters if not unicodedata.combining(each))).strip()


def extract_trigrams(text: str) -> frozenset[str]:
    """The runs of three letters of each word, with two spaces before it and one after, as pg_trgm makes them."""
    return frozenset(
        padded[start : start + 3]
        for word in normalize_message(text).split()
        for padded in (f"  {word} ",)
        for start in range(len(padded) - 2)
    )


@dataclass(frozen=True)
class WeightedText:
    """The trigrams of a text, and what they weigh together."""

    trigrams: frozenset[str]
    weight: float


class MessageIndex:
    """The entries' messages, titles and texts as trigrams, ready to be compared with what is typed."""

    def __init__(self, entries: Sequence[TroubleshootingEntry]) -> None:
        self.entries = entries
        spread = Counter(trigram for entry in entries for trigram in extract_trigrams(join_entry_texts(entry)))
        self._weights = {trigram: math.log(1 + len(entries) / count) for trigram, count in spread.items()}
        self._unknown_weight = math.log(1 + len(entries))
        self._messages = [[self._weigh(message) for message in entry.messages] for entry in entries]
        self._titles = [self._weigh(f"{entry.title} {' '.join(entry.codes)}") for entry in entries]
        self._texts = [self._weigh(entry.text) for entry in entries]

    def search_entries(self, typed: str) -> list[TroubleshootingEntry]:
        """Return the entries whose message, title or text is in what was typed, or the other way, best first."""
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
        """How well an entry answers one line, from 0 to 1: the most where its message is nearly all of the line."""
        message = max(self._compare(query, each) for each in self._messages[place])
        title = TITLE_WEIGHT * self._compare(query, self._titles[place])
        share = self._weigh_common(query, self._texts[place]) / query.weight
        return max(message, title, TEXT_WEIGHT * share if share >= MIN_TEXT_SIMILARITY else 0)

    def _compare(self, query: WeightedText, known: WeightedText) -> float:
        """The share of one text that the other has, and a little for how much of the other that is."""
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
    """All the words of an entry."""
    return " ".join([entry.title, *entry.codes, entry.text, *entry.messages])
