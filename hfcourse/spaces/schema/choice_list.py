"""The choices of a parameter, with cached look-up tables for a form. Pure."""

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

MAX_POSTED_TEXT_CHARACTERS = 200  # longer ones are posted as an index


class ChoiceList(tuple[tuple[str, Any], ...]):
    """Immutable list of choices, as pairs of label and JSON value.

    The look-up tables are computed lazily, cached, and shared by all parameters of one component:
    thousands of parameters may name one component. `is_cut` is true if the list was truncated.
    """

    is_cut = False

    @cached_property
    def value_texts(self) -> tuple[str, ...]:
        """Text of each value: a string itself, anything else encoded as JSON."""
        return tuple(value if isinstance(value, str) else json.dumps(value) for _, value in self)

    @cached_property
    def posted_texts(self) -> tuple[str, ...]:
        """Text that a form posts for each choice: its value, or for all choices their index if one is unsafe.

        A value is unsafe if it duplicates another, is too long, is empty (parsed as no choice) or contains
        a newline, which a browser rewrites to CR LF
        (https://html.spec.whatwg.org/#constructing-the-form-data-set).
        """
        texts = self.value_texts
        is_clear = len(set(texts)) == len(texts) and not any(
            not text or len(text) > MAX_POSTED_TEXT_CHARACTERS or has_newline(text) for text in texts
        )
        return texts if is_clear else tuple(str(position) for position in range(len(texts)))

    @cached_property
    def typed_texts(self) -> tuple[str, ...]:
        """Text of each choice in a text field: its label if that identifies it uniquely, else its posted text."""
        named, posted = self.values_by_label, self.values_by_posted_text
        return tuple(
            label if label in named and label not in posted else text
            for text, (label, _) in zip(self.posted_texts, self, strict=True)
        )

    @cached_property
    def rendered_bytes(self) -> int:
        """Bytes that all posted texts and labels take in a rendered page."""
        return self.measure_first_choices(len(self))

    def measure_first_choices(self, count: int) -> int:
        """Return the bytes that posted texts and labels of the first `count` choices take in a rendered page."""
        return measure_escaped_bytes("".join([*self.posted_texts[:count], *(label for label, _ in self[:count])]))

    @cached_property
    def values_by_posted_text(self) -> Mapping[str, Any]:
        """Value by posted text."""
        return dict(zip(self.posted_texts, (value for _, value in self), strict=True))

    @cached_property
    def typed_texts_by_posted_text(self) -> Mapping[str, str]:
        """Text shown in a text field, by posted text."""
        return dict(zip(self.posted_texts, self.typed_texts, strict=True))

    @cached_property
    def posted_texts_by_typed_text(self) -> Mapping[str, str]:
        """Posted text, by the text shown in a text field."""
        return dict(zip(self.typed_texts, self.posted_texts, strict=True))

    @cached_property
    def values_by_typed_text(self) -> Mapping[str, Any]:
        """Value, by the text shown in a text field."""
        return dict(zip(self.typed_texts, (value for _, value in self), strict=True))

    @cached_property
    def values_by_value_text(self) -> Mapping[str, Any]:
        """Value, by its text with newlines normalized to LF; ambiguous texts are omitted."""
        texts = [normalize_line_endings(text) for text in self.value_texts]
        counts = Counter(texts)
        return {text: value for text, (_, value) in zip(texts, self, strict=True) if counts[text] == 1}

    @cached_property
    def values_by_label(self) -> Mapping[str, Any]:
        """Value by label; ambiguous labels are omitted."""
        counts = Counter(label for label, _ in self)
        return {label: value for label, value in self if counts[label] == 1}

    @cached_property
    def posted_texts_by_key(self) -> Mapping[tuple[type, str], str]:
        """Posted text by value key (see `make_value_key`); the first of equal values wins."""
        return self.index_texts_by_key(self.posted_texts)

    @cached_property
    def typed_texts_by_key(self) -> Mapping[tuple[type, str], str]:
        """Text shown in a text field by value key (see `make_value_key`); the first of equal values wins."""
        return self.index_texts_by_key(self.typed_texts)

    @cached_property
    def normalized_labels(self) -> tuple[str, Sequence[int]]:
        """All normalized labels joined by newlines, and the end offset of each: one search scans them all."""
        folded = [normalize_label(label) for label, _ in self]
        return "\n".join(folded), [*accumulate(len(label) + 1 for label in folded)]

    def find_similar_choices(self, text: str, most: int) -> list[int]:
        """Return the indexes of the first `most` choices whose label contains the text, ignoring case and accents."""
        labels, ends = self.normalized_labels
        needle, found = normalize_label(text.strip()), list[int]()
        start = labels.find(needle) if needle else -1
        while start >= 0 and len(found) < most:
            found.append(bisect_right(ends, start))
            start = labels.find(needle, ends[found[-1]])
        return found

    def index_texts_by_key(self, texts: Sequence[str]) -> Mapping[tuple[type, str], str]:
        """Build an index of these texts, one per choice, by value key; the first of equal values wins."""
        found: dict[tuple[type, str], str] = {}
        for text, (_, value) in zip(texts, self, strict=True):
            found.setdefault(make_value_key(value), text)
        return found


def normalize_label(text: str) -> str:
    """Normalize a text for search: fold its case and strip its accents."""
    return "".join(letter for letter in normalize("NFD", text.casefold()) if not combining(letter))


def make_value_key(value: Any) -> tuple[type, str]:
    """Return a hashable key of a JSON value; 1, 1.0, True and "1" have different keys."""
    return type(value), json.dumps(value, sort_keys=True)
