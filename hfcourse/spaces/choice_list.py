"""The choices of a parameter, with the look-up tables that a form needs of them. Pure."""

import json
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from hfcourse.spaces.json_size import escaped_size

TEXT_CHARACTERS = 200  # longer ones are posted by their position


class ChoiceList(tuple[tuple[str, Any], ...]):
    """Label and JSON value of each choice.

    The tables are computed once, at the first need, and shared by all parameters of one component: a component can be
    named by thousands of parameters.
    """

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The text that a form posts for each choice: its value; its position where values look alike or are long."""
        texts = tuple(value if isinstance(value, str) else json.dumps(value) for _, value in self)
        is_clear = len(set(texts)) == len(texts) and all(len(text) <= TEXT_CHARACTERS for text in texts)
        return texts if is_clear else tuple(str(position) for position in range(len(texts)))

    @cached_property
    def drawn_size(self) -> int:
        """Bytes of a page that posted texts and labels take."""
        return self.measure_first(len(self))

    def measure_first(self, count: int) -> int:
        """Bytes of a page that posted text and label of the first `count` choices take."""
        return escaped_size("".join([*self.texts[:count], *(label for label, _ in self[:count])]))

    @cached_property
    def values_by_text(self) -> Mapping[str, Any]:
        """The value of each posted text."""
        return dict(zip(self.texts, (value for _, value in self), strict=True))

    @cached_property
    def labels_by_text(self) -> Mapping[str, str]:
        """The label of each posted text."""
        return dict(zip(self.texts, (label for label, _ in self), strict=True))

    @cached_property
    def values_by_label(self) -> Mapping[str, Any]:
        """The value of each label that only one choice has."""
        counted = Counter(label for label, _ in self)
        return {label: value for label, value in self if counted[label] == 1}

    @cached_property
    def texts_by_key(self) -> Mapping[tuple[type, str], str]:
        """The posted text of each value, by `key_of` it; of equal values the first."""
        texts: dict[tuple[type, str], str] = {}
        for text, (_, value) in zip(self.texts, self, strict=True):
            texts.setdefault(key_of(value), text)
        return texts


def key_of(value: Any) -> tuple[type, str]:
    """1, 1.0, True and "1" are four values."""
    return type(value), json.dumps(value, sort_keys=True)
