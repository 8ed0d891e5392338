"""The labels of choices: those that need nothing are taken as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.spaces.schema import listed_choices
from hfcourse.spaces.schema.listed_choices import (
    MAX_CHOICE_LABEL_CHARACTERS,
    format_choice_label,
    is_clean_label,
    parse_choice_list,
)

PIECES = ["a", "É", " ", "  ", "\t", "\n", "\u00a0", "\0", "_1", "param_1", '__i18n__{"key": "a.b"}', "…", "x" * 60]


@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join) | st.text())
def test_label_that_is_ready_is_what_would_be_made_of_it(label: str) -> None:
    found = format_choice_label(label)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listed_choices, "is_clean_label", lambda _label: False)
        assert format_choice_label(label) == found


@pytest.mark.parametrize("label", ["Awa", "Café crème", "x" * MAX_CHOICE_LABEL_CHARACTERS, "3,5 × 2"])
def test_ordinary_label_is_ready(label: str) -> None:
    assert is_clean_label(label)


def test_pairs_and_values_alone_are_listed() -> None:
    assert [*(parse_choice_list([["Un", 1], "deux", 3, ["quatre"]]) or ())] == [
        ("Un", 1),
        ("deux", "deux"),
        ("3", 3),
        ("['quatre']", ["quatre"]),
    ]
