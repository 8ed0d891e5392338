"""An output as a whole: what is copied and downloaded."""

import csv
import json
from io import StringIO
from typing import Any

import pytest

from hfcourse.runs.outputs.export import serialize_output
from hfcourse.runs.values.file_refs import FileEntry

FILE = FileEntry(file="/essais/x/fichiers/0", name="chat.png", bytes=3, media_type="image/png")


def exported(component: str, value: Any, form: str) -> str | None:
    return serialize_output({"label": "", "component": component, "value": value}, form)


@pytest.mark.parametrize(
    ("component", "value", "text"),
    [
        ("Textbox", "un <b>mot</b>", "un <b>mot</b>"),
        ("Number", 3.5, "3.5"),
        ("Checkbox", False, "false"),
        ("Code", "x = 1\n", "x = 1\n"),
        ("Checkboxgroup", ["a", 2], "a\n2"),
        ("Fileexplorer", [["a", "b.txt"]], "a/b.txt"),
        ("Dialogue", [{"speaker": "Awa", "text": "Oui"}], "Awa\u00a0: Oui"),
        ("Textbox", {"__type__": "update", "value": "neuf"}, "neuf"),
        (
            "Chatbot",
            [{"role": "user", "content": "Ça va ?"}, {"role": "assistant", "content": ["Oui", {"file": FILE}]}],
            "Vous\u00a0: Ça va ?\n\nLe Space\u00a0: Oui\n[chat.png]",
        ),
    ],
)
def test_what_is_written_is_text(component: str, value: Any, text: str) -> None:
    assert exported(component, value, "txt") == text


def test_a_whole_conversation_is_written_not_its_end() -> None:
    text = exported("Chatbot", [{"role": "user", "content": str(n)} for n in range(300)], "txt")
    assert text is not None
    assert text.startswith("Vous\u00a0: 0\n")
    assert text.endswith(": 299")


def test_a_table_comes_whole_and_is_read_back() -> None:
    rows = [["a;b", 'dit "x"', "é\nà"], [1.5, True, None], *[[n, -n, ""] for n in range(3000)]]
    text = exported("Dataframe", {"headers": ["x", "y", "z"], "data": rows}, "csv")
    assert text is not None
    read = list(csv.reader(StringIO(text, newline="")))
    assert read[:3] == [["x", "y", "z"], ["a;b", 'dit "x"', "é\nà"], ["1.5", "true", ""]]
    assert read[-1] == ["2999", "-2999", ""]
    assert "\r\n" in text


SIGNS = tuple("=+-@＝＋－＠")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+cmd|x", "-1+1", "@x", "\t=1", "\r=1", "\n=1", "  =1", "=HYPERLINK(1)", "＝1", "-", "--1",
     "kiwi,mangue;=HYPERLINK(1)", "a\t=1", "a\n=1", "a|@x", "a; =1", 'a;"=1"', "x,\u00a0+cmd", "a,-b", "x\r\n@y"],
)  # fmt: skip
def test_csv_cell_is_no_formula_under_any_separator(cell: str, separator: str) -> None:
    text = exported("Dataframe", {"headers": [cell], "data": [[cell, cell], [[cell]]]}, "csv")
    assert text is not None
    for row in csv.reader(StringIO(text, newline=""), delimiter=separator):
        for each in row:
            assert not each.lstrip(' \u00a0"').startswith(SIGNS), (row, each)


def test_csv_numbers_with_a_sign_stay_numbers_after_a_separator() -> None:
    text = exported("Dataframe", {"headers": [], "data": [["-3;-4", "a;-3", -3.5]]}, "csv")
    assert text is not None
    assert list(csv.reader(StringIO(text)))[1] == ["-3;-4", "a;-3", "-3.5"]


@pytest.mark.parametrize("cell", ["-3", "+3,5", "-0.25", "mot = 1", "a@b.c", ""])
def test_a_number_and_a_word_are_left_as_they_are(cell: str) -> None:
    text = exported("Dataframe", {"headers": [], "data": [["x", cell]]}, "csv")
    assert text is not None
    assert list(csv.reader(StringIO(text)))[1] == ["x", cell]


def test_the_data_of_a_plot_is_a_table() -> None:
    value = {"columns": ["x", "y"], "data": [[1, 2]], "datatypes": {}, "mark": "bar"}
    assert exported("Barplot", value, "csv") == "x,y\r\n1,2\r\n"


@pytest.mark.parametrize("value", [None, "x", {"a": [1, "é"]}, {"headers": [], "data": []}])
def test_anything_can_be_had_as_json(value: Any) -> None:
    text = exported("Json", value, "json")
    assert text is not None
    assert json.loads(text) == value


@pytest.mark.parametrize(
    ("component", "value", "form"),
    [
        ("Textbox", "x", "csv"),
        ("Image", FILE, "txt"),
        ("Dataframe", {"headers": [], "data": []}, "txt"),
        ("Html", None, "txt"),
    ],
)
def test_what_is_no_table_has_no_csv_and_what_is_no_text_no_text(component: str, value: Any, form: str) -> None:
    assert exported(component, value, form) is None
