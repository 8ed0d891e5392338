"""What a run is found by, and recognised by."""

from typing import Any

import pytest

from hfcourse.runs.store.search_text import (
    MAX_QUERY_WORDS,
    MAX_RUN_EXCERPT_CHARACTERS,
    MAX_SEARCHED_CHARACTERS,
    build_excerpt,
    build_search_text,
    fold_text,
    split_query,
)
from tests.support.cpu_time import measure_cpu_seconds

MAX_CPU_SECONDS = 0.5
LABELS = [{"name": "prenom", "label": "Votre prénom"}]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("L’Été à Nîmes", "l'ete a nimes"),
        ("ŒUVRE, Æsir", "oeuvre, aesir"),
        ("Straße", "strasse"),
        ("un\u202fdeux\n trois\t", "un deux trois"),
        ("NUL\0ici, demi\ud800 lettre", "nul ici, demi lettre"),
        ("100%_\\", "100%_\\"),
    ],
)
def test_case_and_accents_make_no_difference(text: str, wanted: str) -> None:
    assert fold_text(text) == wanted


def test_labels_values_and_names_of_files_are_searched() -> None:
    inputs = {"prenom": "Zoé", "x": 3.5, "y": True, "z": {"clé": ["Été", None, {"$file": 0}]}}
    found = build_search_text(LABELS, inputs, ["Chat.PNG"])
    for word in ("prenom", "zoe", "3,5", "3.5", "oui", "cle", "ete", "chat.png"):
        assert word in found
    assert "file" not in found


def test_a_book_is_searched_at_its_beginning() -> None:
    found = build_search_text([], {"texte": "mot " * MAX_SEARCHED_CHARACTERS, "fin": "jamais"}, [])
    assert len(found) <= MAX_SEARCHED_CHARACTERS
    assert "jamais" not in found


def test_cost_of_deep_and_long_values_is_bounded() -> None:
    deep: Any = "fond"
    for _ in range(5000):
        deep = [deep]
    assert build_search_text([], {"a": deep}, []) == "fond"
    long = {"b": list(range(200_000))}
    assert build_search_text([], long, []).startswith("0 1 2")
    for value in ({"a": deep}, long):
        assert measure_cpu_seconds(lambda value=value: build_search_text([], value, [])) < MAX_CPU_SECONDS


@pytest.mark.parametrize(
    ("inputs", "names", "wanted"),
    [
        ({"a": 7, "b": 2.5, "operation": "division"}, [], "7 · 2,5 · division"),
        ({"image": {"$file": 0}, "filtre": "flou"}, ["chat.png"], "chat.png · flou"),
        ({"texte": "deux\nlignes", "rien": None, "vide": "", "non": False}, [], "deux lignes · non"),
        ({"table": {"headers": ["x"], "data": [[1, 2]]}}, [], "x 1 2"),
        ({"message": {"text": "Bonjour", "files": [{"$file": 0}]}}, ["chat.png"], "chat.png Bonjour"),
        (
            {"a": [{"$file": 1}, {"$file": 0}], "b": {"$file": 7}, "c": {"$file": None}},
            ["x.txt", "y.txt"],
            "y.txt, x.txt",
        ),
        ({}, [], ""),
    ],
)
def test_a_run_is_recognised_by_the_beginning_of_what_was_sent(
    inputs: dict[str, Any], names: list[str], wanted: str
) -> None:
    assert build_excerpt(inputs, names) == wanted


def test_file_is_named_after_its_parameter() -> None:
    inputs = {"filtre": "flou", "image": {"$file": 0}}
    excerpt = build_excerpt(inputs, ["chat.png"], {"filtre": "Filtre", "image": "Image"})
    assert excerpt == "Image\u00a0: chat.png · Filtre\u00a0: flou"


def test_the_beginning_of_much_says_that_there_is_more() -> None:
    excerpt = build_excerpt({"texte": "mot " * 500}, [])
    assert len(excerpt) <= MAX_RUN_EXCERPT_CHARACTERS
    assert excerpt.endswith("…")


def test_a_search_has_so_many_words() -> None:
    assert split_query("  Été  ÉCOLE ") == ["ete", "ecole"]
    assert len(split_query("a " * 90)) == MAX_QUERY_WORDS
    assert split_query("\u0301 \0") == []
