"""The line that says what was sent in a run."""

import pytest

from hfcourse.runs.values.sent_summary import MAX_VALUE_CHARACTERS, MAX_VALUES, describe_value, summarize_sent

FILE = {"name": "rouge.png", "media_type": "image/png", "bytes": 12, "file": "/essais/a/fichiers/0"}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("Awa", "Awa"),
        ("deux\nlignes  et   demie", "deux lignes et demie"),
        (True, "oui"),
        (False, "non"),
        (0, "0"),
        (12.5, "12,5"),
        (None, ""),
        ("", ""),
        ([], ""),
        (["pomme", "poire"], "pomme, poire"),
        ([["a", 1], ["b", 2]], "[2], [2]"),
        (FILE, "rouge.png"),
        ([FILE, FILE], "rouge.png, rouge.png"),
        ({"text": "Décris", "files": [FILE]}, "Décris, rouge.png"),
        ({"text": "", "files": []}, ""),
        ({"headers": ["a"], "data": [[1], [2], [3]], "metadata": None}, "3 lignes"),
        ({"headers": ["a"], "data": [[1]]}, "1 ligne"),
        ({"ton": 1, "durée": 2}, "{ton, durée}"),
        ({}, ""),
    ],
)
def test_a_value_is_described_in_a_few_words(value: object, words: str) -> None:
    assert describe_value(value) == words


def test_a_long_or_deep_value_stays_short() -> None:
    deep: list = []
    for _ in range(500):
        deep = [deep] * 9
    for value in ("mot " * 100_000, ["mot"] * 100_000, {str(n): n for n in range(100_000)}, deep):
        assert len(describe_value(value)) <= MAX_VALUE_CHARACTERS


def test_a_summary_names_the_values_that_are_not_empty() -> None:
    parameters = [{"name": name, "label": name.upper()} for name in "abc"]
    assert summarize_sent(parameters, {"a": "x", "b": "", "c": 0}) == [("A", "x"), ("C", "0")]
    many = [{"name": str(n), "label": str(n)} for n in range(40)]
    assert len(summarize_sent(many, {str(n): n for n in range(40)})) == MAX_VALUES
