"""The choices of a parameter, with the look-up tables that a form needs of them. Pure."""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any
from unicodedata import combining, normalize

from hfcourse.spaces.untrusted.json_size import measure_escaped_bytes
from hfcourse.text.line_endings import has_newline, normalize_line_endings

MAX_POSTED_TEXT_CHARACTERS = 200  # longer ones are posted by their position


class ChoiceList(tuple[tuple[str, Any], ...]):
    """Label and JSON value of each choice.

    The tables are computed once, at the first need, and shared by all parameters of one component: a component can be
    named by thousands of parameters. `is_cut` says that the Space has more choices than are kept here.
    """

    is_cut = False

    @cached_property
    def value_texts(self) -> tuple[str, ...]:
        """Each value as text: itself, or its JSON."""
        return tuple(value if isinstance(value, str) else json.dumps(value) for _, value in self)

    @cached_property
    def posted_texts(self) -> tuple[str, ...]:
        """The text that a form posts for each choice: its value, or the position of all where one is not postable.

        A value is not postable if it looks like another, is long, is empty (which is no choice at all), or has a line
        end, which a browser rewrites to CR LF (https://html.spec.whatwg.org/#constructing-the-form-data-set).
        """
        texts = self.value_texts
        is_clear = len(set(texts)) == len(texts) and not any(
            not text or len(text) > MAX_POSTED_TEXT_CHARACTERS or has_newline(text) for text in texts
        )
        return texts if is_clear else tuple(str(position) for position in range(len(texts)))

    @cached_property
    def typed_texts(self) -> tuple[str, ...]:
        """The text that names each choice in a field where one types: its label if that leads back to it alone."""
        named, posted = self.values_by_label, self.values_by_posted_text
        return tuple(
            label if label in named and label not in posted else text
            for text, (label, _) in zip(self.posted_texts, self, strict=True)
        )

    @cached_property
    def rendered_bytes(self) -> int:
        """Bytes of a page that posted texts and labels take."""
        return self.measure_first_choices(len(self))

    def measure_first_choices(self, count: int) -> int:
        """Bytes of a page that posted text and label of the first `count` choices take."""
        return measure_escaped_bytes("".join([*self.posted_texts[:count], *(label for label, _ in self[:count])]))

    @cached_property
    def values_by_posted_text(self) -> Mapping[str, Any]:
        """The value of each posted text."""
        return dict(zip(self.posted_texts, (value for _, value in self), strict=True))

    @cached_property
    def typed_texts_by_posted_text(self) -> Mapping[str, str]:
        """What a field where one types shows for each posted text."""
        return dict(zip(self.posted_texts, self.typed_texts, strict=True))

    @cached_property
    def posted_texts_by_typed_text(self) -> Mapping[str, str]:
        """The posted text for what one types of each choice."""
        return dict(zip(self.typed_texts, self.posted_texts, strict=True))

    @cached_property
    def values_by_typed_text(self) -> Mapping[str, Any]:
        """The value of each text that names a choice in a field where one types."""
        return dict(zip(self.typed_texts, (value for _, value in self), strict=True))

    @cached_property
    def values_by_value_text(self) -> Mapping[str, Any]:
        """The value of each value written as text, its line ends made LF, where only one is written so."""
        written = [normalize_line_endings(text) for text in self.value_texts]
        counted = Counter(written)
        return {text: value for text, (_, value) in zip(written, self, strict=True) if counted[text] == 1}

    @cached_property
    def values_by_label(self) -> Mapping[str, Any]:
        """The value of each label that only one choice has."""
        counted = Counter(label for label, _ in self)
        return {label: value for label, value in self if counted[label] == 1}

    @cached_property
    def posted_texts_by_key(self) -> Mapping[tuple[type, str], str]:
        """The posted text of each value, by `key_of` it; of equal values the first."""
        return self.index_texts_by_key(self.posted_texts)

    @cached_property
    def typed_texts_by_key(self) -> Mapping[tuple[type, str], str]:
        """The text of each value in a field where one types, by `key_of` it; of equal values the first."""
        return self.index_texts_by_key(self.typed_texts)

    @cached_property
    def normalized_labels(self) -> tuple[str, Sequence[int]]:
        """All labels folded, a line for each, and where each line ends: one search reads them all."""
        folded = [normalize_label(label) for label, _ in self]
        return "\n".join(folded), [*accumulate(len(label) + 1 for label in folded)]

    def find_similar_choices(self, text: str, most: int) -> list[int]:
        """Return the positions of the first choices whose label contains this text, whatever its case and accents."""
        labels, ends = self.normalized_labels
        wanted, found = normalize_label(text.strip()), list[int]()
        start = labels.find(wanted) if wanted else -1
        while start >= 0 and len(found) < most:
            found.append(bisect_right(ends, start))
            start = labels.find(wanted, ends[found[-1]])
        return found

    def index_texts_by_key(self, texts: Sequence[str]) -> Mapping[tuple[type, str], str]:
        found: dict[tuple[type, str], str] = {}
        for text, (_, value) in zip(texts, self, strict=True):
            found.setdefault(make_value_key(value), text)
        return found


def normalize_label(text: str) -> str:
    """The text without case and accents."""
    return "".join(letter for letter in normalize("NFD", text.casefold()) if not combining(letter))


def make_value_key(value: Any) -> tuple[type, str]:
    """1, 1.0, True and "1" are four values."""
    return type(value), json.dumps(value, sort_keys=True)
