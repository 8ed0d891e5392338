"""From text to JSON values and back: every rule of every control."""

import json
import math
from typing import Any

import pytest

from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.widgets import CONTROL_KINDS, FILE_CONTROLS, get_control_kind
from hfcourse.spaces.schema.values import tables, value_parsers
from hfcourse.spaces.schema.values.value_parsers import format_value, parse_value
from tests.support.form_values import make_parameter, parse_invalid
from tests.support.recordings import RECORDED_PARAMETERS, get_recorded_parameter

NO_BREAK, NARROW = "\u00a0", "\u202f"


@pytest.mark.parametrize(("where", "each"), RECORDED_PARAMETERS, ids=[where for where, _ in RECORDED_PARAMETERS])
def test_every_recorded_default_goes_to_the_form_and_comes_back(where: str, each: Parameter) -> None:
    kind = get_control_kind(each)
    if kind in FILE_CONTROLS:
        assert each.default in (None, [], {"text": "", "files": []})
    elif kind == "table":
        assert tables.parse_table(each, tables.format_table_rows(each, each.default))["data"] == each.default["data"]
    else:
        empty = {"text": "", "code": "", "color": "", "checkbox": False, "checkbox_group": [], "chat": []}
        assert parse_value(each, format_value(each, each.default)) == (
            empty.get(kind) if each.default is None else each.default
        )


@pytest.mark.parametrize(("where", "each"), RECORDED_PARAMETERS, ids=[where for where, _ in RECORDED_PARAMETERS])
def test_every_recorded_parameter_has_a_control_that_the_form_knows(where: str, each: Parameter) -> None:
    assert get_control_kind(each) in {*value_parsers.PARSERS, "table", *FILE_CONTROLS} == CONTROL_KINDS


@pytest.mark.parametrize(
    ("parameter", "kind"),
    [
        (make_parameter("number"), "number"),
        (make_parameter("slider"), "slider"),
        (make_parameter("textbox"), "text"),
        (make_parameter("checkbox"), "checkbox"),
        (make_parameter("radio"), "radio"),
        (make_parameter("dropdown", choices=(("a", "a"),)), "select"),
        (make_parameter("dropdown"), "select"),
        (make_parameter("dropdown", choices=(("a", "a"),), multiple=True), "checkbox_group"),
        (make_parameter("checkboxgroup"), "checkbox_group"),
        (make_parameter("dataframe"), "table"),
        (make_parameter("code"), "code"),
        (make_parameter("image"), "file"),
        (make_parameter("audio"), "file"),
        (make_parameter("datetime"), "datetime"),
        (make_parameter("json"), "json"),
        (make_parameter("plot"), "null"),
        (make_parameter("api", schema={"type": "integer"}), "number"),
        (make_parameter("starrating", schema={"type": "integer"}), "number"),
        (make_parameter("custom", schema={"type": "boolean"}), "checkbox"),
        (make_parameter("custom", schema={"type": "string"}), "text"),
        (make_parameter("custom", schema={"title": "ImageData", "type": "object"}), "file"),
        (make_parameter("custom", schema={"type": ["string", "null"]}), "json"),
        (make_parameter("browserstate", schema={"type": {}}), "json"),
    ],
)
def test_a_component_has_its_control(parameter: Parameter, kind: str) -> None:
    assert get_control_kind(parameter) == kind


class TestText:
    @pytest.mark.parametrize(("typed_text", "value"), [("", ""), ("a\r\nb\r\n", "a\nb\n"), (" é ", " é "), ("0", "0")])
    def test_text_is_sent_as_it_is_typed(self, typed_text: str, value: str) -> None:
        assert parse_value(make_parameter("textbox"), [typed_text]) == value

    def test_that_a_browser_would_have_sent_is_missed(self) -> None:
        assert "manque" in parse_invalid(make_parameter("textbox"))


class TestNumber:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("", None),
            ("  ", None),
            ("3", 3),
            ("-3", -3),
            ("+3", 3),
            ("2.5", 2.5),
            ("2,5", 2.5),
            (",5", 0.5),
            ("1 234,5", 1234.5),
            (f"1{NO_BREAK}234{NARROW}567", 1234567),
            ("1e3", 1000),
            ("1e-3", 0.001),
            ("-0", 0),
            ("3.0", 3),
            ("5,", 5),
            ("1e300", 1e300),
        ],
    )
    def test_number_is_read_the_french_way_or_not(self, text: str, value: Any) -> None:
        read = parse_value(make_parameter("number"), [text])
        assert read == value
        assert type(read) is type(value)

    @pytest.mark.parametrize("text", [str(2**53 + 1), "12345678901234567890", "-" + "9" * 300])
    def test_a_whole_one_is_kept_to_the_last_digit(self, text: str) -> None:
        assert parse_value(make_parameter("number"), [text]) == int(text)

    @pytest.mark.parametrize(
        "text",
        [
            "abc",
            "1,2,3",
            "1.2.3",
            "1,234.5",
            "nan",
            "inf",
            "-Infinity",
            "0x10",
            "1_000",
            "٣",
            "e5",
            "-",
            ".",
            "5 €",
            "1x",
        ],
    )
    def test_what_is_none_is_refused_in_words(self, text: str) -> None:
        assert "Écrivez un nombre" in parse_invalid(make_parameter("number"), text)

    @pytest.mark.parametrize("text", ["1e400", "-1e400", "9" * 400])
    def test_one_without_end_is_refused(self, text: str) -> None:
        assert "trop grand" in parse_invalid(make_parameter("number"), text)

    def test_a_whole_one_is_asked_for_where_nothing_rounds(self) -> None:
        whole = make_parameter("api", schema={"type": "integer"})
        assert "entier" in parse_invalid(whole, "2,5")
        assert parse_value(whole, ["2,0"]) == 2

    @pytest.mark.parametrize("parts", [{"precision": 0}, {"schema": {"type": "integer"}}])
    def test_the_space_rounds_what_its_own_number_field_is_given(self, parts: dict[str, Any]) -> None:
        assert parse_value(make_parameter("number", **parts), ["2,5"]) == 2.5

    def test_bounds_of_a_number_are_those_of_its_author(self) -> None:
        bounded = make_parameter("number", minimum=1, maximum=2.5)
        assert parse_value(bounded, ["2,5"]) == 2.5
        assert "au plus 2,5" in parse_invalid(bounded, "2,6")
        assert "au moins 1" in parse_invalid(bounded, "0")
        assert parse_value(bounded, [""]) is None


class TestSlider:
    @pytest.mark.parametrize("text", ["2", "20", "2,5"])
    def test_takes_what_lies_within(self, text: str) -> None:
        assert parse_value(make_parameter("slider", minimum=2, maximum=20), [text]) == float(text.replace(",", "."))

    @pytest.mark.parametrize("text", ["1", "20,5", "-5", "1e300"])
    def test_refuses_what_lies_outside_and_tells_the_bounds(self, text: str) -> None:
        assert "entre 2 et 20,25" in parse_invalid(make_parameter("slider", minimum=2, maximum=20.25), text)

    def test_a_default_outside_is_brought_in(self) -> None:
        assert format_value(make_parameter("slider", minimum=2, maximum=20), 100) == ["20"]
        assert format_value(make_parameter("slider", minimum=2, maximum=20), -1.5) == ["2"]
        assert format_value(make_parameter("slider", minimum=0, maximum=1), 0.25) == ["0,25"]

    def test_one_without_a_bound_says_no_null(self) -> None:
        assert "null" not in parse_invalid(make_parameter("slider", maximum=5), "6")


class TestChoices:
    def test_a_checkbox_is_present_or_absent(self) -> None:
        assert parse_value(make_parameter("checkbox"), []) is False
        assert parse_value(make_parameter("checkbox"), ["1"]) is True
        assert parse_value(make_parameter("checkbox"), ["on"]) is True
        assert (
            format_value(make_parameter("checkbox"), True),
            format_value(make_parameter("checkbox"), False),
            format_value(make_parameter("checkbox"), None),
        ) == (
            ["1"],
            [],
            [],
        )

    def test_an_integer_choice_comes_back_as_a_number(self) -> None:
        radio = get_recorded_parameter("stock_forecast", "/predict", "final_year")
        assert parse_value(radio, ["2030"]) == 2030
        assert format_value(radio, 2030) == ["2030"]

    def test_nothing_chosen_is_null(self) -> None:
        assert parse_value(make_parameter("radio", choices=(("A", "a"),)), []) is None
        assert parse_value(make_parameter("dropdown", choices=(("A", "a"),)), [""]) is None

    def test_an_empty_choice_can_be_chosen(self) -> None:
        choice = make_parameter("dropdown", choices=(("None", ""), ("A", "a")))
        assert parse_value(choice, format_value(choice, "")) == ""
        assert parse_value(choice, ["None"]) == ""
        assert parse_value(choice, [""]) is None
        assert parse_value(make_parameter("checkboxgroup", choices=(("None", ""), ("A", "a"))), ["", "a"]) == ["", "a"]

    def test_an_absent_select_is_missed(self) -> None:
        assert "manque" in parse_invalid(make_parameter("dropdown", choices=(("A", "a"),)))

    @pytest.mark.parametrize("component", ["radio", "dropdown", "checkboxgroup"])
    def test_what_is_no_choice_is_refused(self, component: str) -> None:
        assert "réponses proposées" in parse_invalid(make_parameter(component, choices=(("A", "a"),)), "b")

    def test_a_choice_of_ones_own_where_the_author_allows_it(self) -> None:
        own = make_parameter("dropdown", choices=(("A", "a"),), allows_custom=True)
        assert parse_value(own, ["b"]) == "b"
        assert format_value(own, "b") == ["b"]

    def test_a_default_that_is_no_choice_is_not_shown(self) -> None:
        assert format_value(make_parameter("dropdown", choices=(("A", "a"),)), "b") == [""]
        assert format_value(make_parameter("radio", choices=(("A", "a"),)), "b") == []

    def test_choices_that_print_alike_are_told_apart(self) -> None:
        alike = make_parameter(
            "radio", choices=(("un", 1), ("un", "1"), ("vrai", True), ("vrai", "true"), ("rien", None))
        )
        for _, value in alike.choices[:4]:
            read = parse_value(alike, format_value(alike, value))
            assert (read, type(read)) == (value, type(value))
        assert parse_value(alike, ["4"]) is None

    def test_labels_are_shown_and_values_sent(self) -> None:
        assert (
            parse_value(make_parameter("radio", choices=(("Ajouter", "add"), ("Ôter", "subtract"))), ["subtract"])
            == "subtract"
        )

    def test_several_are_a_list(self) -> None:
        several = make_parameter("checkboxgroup", choices=(("A", 1), ("B", 2), ("C", 3)))
        assert parse_value(several, ["3", "1"]) == [3, 1]
        assert parse_value(several, []) == []
        assert format_value(several, [1, 3, None, 9]) == ["1", "3"]

    def test_two_thousand_ticked_choices_take_no_time(self) -> None:
        several = make_parameter("checkboxgroup", choices=tuple((str(number), number) for number in range(2_000)))
        assert len(format_value(several, list(range(2_000)))) == 2_000


class TestMoment:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("", None),
            ("2020-10-01", "2020-10-01 00:00:00"),
            ("2020-10-01T05:20", "2020-10-01 05:20:00"),
            ("2020-10-01T05:20:07", "2020-10-01 05:20:07"),
            ("2020-10-01 05:20:00", "2020-10-01 05:20:00"),
        ],
    )
    def test_moment_is_written_as_gradio_does(self, text: str, value: str | None) -> None:
        assert parse_value(make_parameter("datetime"), [text]) == value


class TestJson:
    JSON = make_parameter("json")

    @pytest.mark.parametrize(
        "value", [None, 5, "a", [1, {"a": [None]}], {"path": "/x"}, {"meta": 1}, {"é": "\U0001f600"}]
    )
    def test_any_json_is_sent(self, value: Any) -> None:
        assert parse_value(self.JSON, [json.dumps(value)]) == value
        assert parse_value(self.JSON, format_value(self.JSON, value)) == value

    def test_empty_is_null(self) -> None:
        assert parse_value(self.JSON, [" \n"]) is None

    def test_a_mistake_is_told_by_line_and_column(self) -> None:
        assert "ligne 2, colonne 6" in parse_invalid(self.JSON, '{"a": 1,\n "b" 2}')

    @pytest.mark.parametrize(
        "text", ["NaN", "[Infinity]", '{"a": -Infinity}', "1e400", "[-1e999]", '"\\ud800"', "[" * 5_000, "1" * 5_000]
    )
    def test_what_only_python_reads_is_refused(self, text: str) -> None:
        assert parse_invalid(self.JSON, text)

    def test_forty_levels_are_enough(self) -> None:
        assert parse_value(self.JSON, ["[" * 40 + "]" * 40])
        assert "40 niveaux" in parse_invalid(self.JSON, "[" * 42 + "]" * 42)

    def test_a_hundred_kilobytes_are_enough(self) -> None:
        assert parse_value(self.JSON, ['"' + "x" * 99_998 + '"'])
        assert "100" in parse_invalid(self.JSON, '"' + "x" * 99_999 + '"')
        assert "100" in parse_invalid(self.JSON, '"' + "é" * 50_000 + '"')

    @pytest.mark.parametrize("around", ["{}", "[{}]", '{{"a": [[{}]]}}', '{{"path": {{"meta": {}}}}}'])
    @pytest.mark.parametrize("meta", ['{"_type": "gradio.FileData"}', "5", "null", "[]"])
    def test_file_data_is_refused_wherever_it_stands(self, around: str, meta: str) -> None:
        assert "fichier" in parse_invalid(self.JSON, around.format(f'{{"path": "/etc/passwd", "meta": {meta}}}'))


class TestTable:
    TABLE = make_parameter("dataframe", headers=("nom", "âge", "là"), datatypes=("str", "number", "bool"))

    def test_cells_have_the_type_of_their_column(self) -> None:
        read = tables.parse_table(self.TABLE, [["Ada", "36,5", "vrai"], ["", "", ""], ["7", "", "non"]])
        assert read == {
            "headers": ["nom", "âge", "là"],
            "data": [["Ada", 36.5, True], ["7", None, False]],
            "metadata": None,
        }

    def test_an_empty_table_is_an_empty_table(self) -> None:
        assert tables.parse_table(self.TABLE, [["", " ", ""]]) == {
            "headers": ["nom", "âge", "là"],
            "data": [],
            "metadata": None,
        }

    @pytest.mark.parametrize("text", ["abc", "1e400", "nan"])
    def test_a_cell_that_is_no_number_is_told_by_its_place(self, text: str) -> None:
        with pytest.raises(InvalidValue) as caught:
            tables.parse_table(self.TABLE, [["", "1", ""], ["", text, ""]])
        assert f"Ligne 2, colonne «{NO_BREAK}âge{NO_BREAK}»" in str(caught.value)

    def test_there_is_always_a_line_to_type_in(self) -> None:
        for value in (None, {}, {"data": []}, {"data": 5}, {"data": ["x"]}):
            assert tables.format_table_rows(self.TABLE, value) == [["", "", ""]]
        assert tables.format_table_rows(make_parameter("dataframe"), None) == [[""]]

    def test_rows_are_as_wide_as_the_table(self) -> None:
        assert tables.format_table_rows(self.TABLE, {"data": [["a"], ["b", 1.5, True, "more"]]}) == [
            ["a", "", ""],
            ["b", "1,5", "oui"],
        ]

    def test_no_more_lines_are_drawn_than_a_form_can_send(self) -> None:
        rows = tables.format_table_rows(self.TABLE, {"data": [["a", 1, True]] * 5_000})
        assert len(rows) * 3 <= 1_000 - 100


def test_what_is_wrong_is_told_in_french_typography() -> None:
    assert (
        str(InvalidValue("Attention : c'est « faux » !"))
        == f"Attention{NO_BREAK}: c’est «{NO_BREAK}faux{NO_BREAK}»{NARROW}!"
    )


@pytest.mark.parametrize("value", [0, 1, -1, 2.5, 1e21, 1e-7, 0.1 + 0.2, 2**53, math.pi])
def test_a_number_goes_to_the_form_and_comes_back(value: float) -> None:
    assert parse_value(make_parameter("number"), format_value(make_parameter("number"), value)) == value


def test_a_dialogue_without_speakers_is_a_text_unless_a_line_names_one() -> None:
    assert parse_value(make_parameter("dialogue"), ["Bonjour\r\nà tous"]) == "Bonjour\nà tous"
    assert parse_value(make_parameter("dialogue"), ["Awa : Bonjour\nà tous"]) == [
        {"speaker": "Awa", "text": "Bonjour"},
        {"speaker": "", "text": "à tous"},
    ]
    assert parse_value(make_parameter("dialogue", speakers=("Awa",)), ["Bonjour"]) == [
        {"speaker": "Awa", "text": "Bonjour"}
    ]
    assert parse_value(make_parameter("dialogue"), [""]) == []
