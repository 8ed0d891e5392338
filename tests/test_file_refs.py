"""File references in stored values: one rule for inputs and outputs, and rows of earlier versions."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.runs.values import file_refs
from hfcourse.runs.values.file_refs import FILE_KEY, NAME_KEY, OVER_LIMIT, REASON_KEY, FileEntry, FileNumberer


@dataclass(frozen=True)
class Upload:
    """File of a form."""

    name: str


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.builds(Upload, st.text(max_size=3))
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner))


@given(VALUES, VALUES)
def test_numbered_files_are_restored_at_their_places(first: Any, second: Any) -> None:
    numbered = FileNumberer(Upload)
    stored = {name: numbered.extract_files(name, value) for name, value in (("a", first), ("b", second))}
    sent = [(parameter, number, file) for number, (parameter, file) in enumerate(numbered.files)]
    restored = file_refs.restore_input_files(stored, sent, lambda file: file)
    assert restored == {"a": first, "b": second}


@pytest.mark.parametrize(
    "typed",
    [
        {FILE_KEY: 1},  # a file of another parameter
        {FILE_KEY: 7},
        {FILE_KEY: True},
        {FILE_KEY: "0"},
        {FILE_KEY: [0]},
        {FILE_KEY: None, REASON_KEY: "lost"},
        {FILE_KEY: 0, "other": 1},
        {REASON_KEY: "lost"},
    ],
)
def test_a_typed_dictionary_that_names_no_file_of_its_parameter_stays_as_typed(typed: dict[str, Any]) -> None:
    sent = [("image", 0, "cat"), ("sound", 1, "mew")]
    restored = file_refs.restore_input_files({"image": [typed, {FILE_KEY: 0}]}, sent, str.upper)
    assert restored == {"image": [typed, "CAT"]}


def test_a_null_of_an_earlier_version_is_its_only_file() -> None:
    inputs = {"image": None, "sound": None, "words": None}
    sent = [("image", 0, "cat"), ("sound", 1, "mew"), ("sound", 2, "miaow")]
    assert file_refs.restore_input_files(inputs, sent, str.upper) == {"image": "CAT", "sound": None, "words": None}


@pytest.mark.parametrize(
    ("reference", "name", "reason"),
    [
        ({FILE_KEY: 5}, None, file_refs.PENDING),
        ({FILE_KEY: True}, None, file_refs.PENDING),
        ({FILE_KEY: None, REASON_KEY: OVER_LIMIT, NAME_KEY: "x" * 500}, "x" * 120, OVER_LIMIT),
        ({FILE_KEY: [], REASON_KEY: 3, NAME_KEY: {}}, None, file_refs.PENDING),
    ],
)
def test_an_output_reference_without_a_file_becomes_a_missing_entry(
    reference: dict[str, Any], name: str | None, reason: str
) -> None:
    entry = FileEntry(file="/essais/x/fichiers/1", name="a.png", bytes=1, media_type="image/png")
    resolved = file_refs.resolve_output_references({"a": [reference, {FILE_KEY: 1}]}, {1: entry})
    missing, found = resolved["a"]
    assert (missing["file"], missing["name"], missing.missing_reason) == (None, name, reason)
    assert found is entry


def test_an_output_with_other_keys_is_application_data() -> None:
    value = {FILE_KEY: 1, "label": "x"}
    assert file_refs.resolve_output_references([value], {}) == [value]


def test_references_over_the_limit_are_counted_at_any_depth() -> None:
    over, lost = (file_refs.make_missing_file_reference(why, "a.png") for why in (OVER_LIMIT, file_refs.FETCH_FAILED))
    assert file_refs.count_references_over_limit({"a": [over, {"b": over}], "c": lost, "d": [[over]]}) == 3
