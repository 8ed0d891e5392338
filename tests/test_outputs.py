"""How a value is drawn: by its shape first, and never more of it than a page can hold."""

import re
from typing import Any

import pytest

from hfcourse.runs.outputs import json_tree, table_presenters, untrusted_markdown, value_presenters
from hfcourse.runs.outputs.chat_messages import find_part_value
from hfcourse.runs.outputs.output_kinds import classify_value
from hfcourse.runs.outputs.rendered_outputs import EXPORT_FORMATS, VALUE_PRESENTERS, render_output, render_outputs
from hfcourse.runs.outputs.scores import MAX_SCORES, present_label
from hfcourse.runs.outputs.table_presenters import FormattedNumber
from hfcourse.runs.values.file_refs import FETCH_FAILED, OVER_LIMIT, FileEntry
from hfcourse.text.typography import format_number
from tests.spaces.all_components import make_data_url
from tests.support.clocks import FakeCpuClock
from tests.support.cpu_time import measure_cpu_seconds
from tests.support.paths import ROOT

FILE = FileEntry(file="/essais/x/fichiers/0", name="chat.png", bytes=3, media_type="image/png")
PICTURE = {"image": FILE, "caption": None}
MESSAGE = {"role": "user", "content": "Bonjour"}
UPDATE = {"__type__": "update"}
TABLE: dict[str, Any] = {"headers": ["a"], "data": [[1]], "metadata": None}
CHART = {"columns": ["x", "y"], "data": [[1, 2]], "datatypes": {}, "mark": "line"}
SPAN = {"token": "mot", "class_or_confidence": "N"}
LINE = {"speaker": "Awa", "text": "Oui"}
EDITED: dict[str, Any] = {"background": FILE, "layers": [], "composite": None, "id": None}


@pytest.mark.parametrize(
    ("component", "value", "kind"),
    [
        ("Image", None, "null"),
        ("Textbox", "", "text"),
        ("Textbox", "mot", "text"),
        ("Radio", "mot", "text"),
        ("Number", "mot", "text"),
        ("Markdown", "# mot", "markdown"),
        ("Html", "<b>", "html"),
        ("Html", 3, "scalar"),
        ("Code", "x = 1", "code"),
        ("Json", "mot", "markdown"),
        ("Json", "[1] Une **note**", "markdown"),
        ("Json", '"Bonjour" a-t-il dit', "markdown"),
        ("Json", "{pas du JSON}", "markdown"),
        ("Json", "42", "markdown"),
        ("Json", ' {"a": 1}', "code"),
        ("Json", "[1, 2]", "code"),
        ("Json", '"mot"', "code"),
        ("Json", "[" * 5000, "code"),
        ("Chat-answer", "**mot**", "markdown"),
        ("Chat-answer", MESSAGE, "chat"),
        ("Chat-answer", [["Bonjour", "Salut"]], "chat"),
        ("Chat-answer", ["un", {"text": "deux", "type": "text"}], "chat"),
        ("Chat-answer", [{"a": 1}], "json"),
        ("Number", 3.5, "scalar"),
        ("Textbox", 3, "scalar"),
        ("Checkbox", True, "scalar"),
        ("Datetime", "2026-11-22 14:02:00", "datetime"),
        ("Datetime", "2026-11-22", "datetime"),
        ("Datetime", "now - 5m", "text"),
        ("Datetime", 1700000000.5, "scalar"),
        ("Textbox", "2026-11-22", "text"),
        ("Colorpicker", "#d98236", "color"),
        ("Colorpicker", "rgba(1, 2, 3, 0.5)", "color"),
        ("Colorpicker", "url(#x)", "text"),
        ("Textbox", UPDATE, "unchanged"),
        ("Textbox", UPDATE | {"visible": True}, "component_update"),
        ("Image", FILE, "file"),
        ("Personne", FILE, "file"),
        ("File", [FILE, FILE], "files"),
        ("Imageslider", [FILE, None], "image_slider"),
        ("Imageslider", [None, None], "image_slider"),
        ("Gallery", [PICTURE, {"video": FILE, "caption": "x"}], "gallery"),
        ("Annotatedimage", {"image": FILE, "annotations": []}, "annotated_image"),
        ("Imageeditor", EDITED, "image_editor"),
        ("Multimodaltextbox", {"text": "", "files": [FILE]}, "multimodal"),
        ("Label", {"label": "chat", "confidences": None}, "label"),
        ("Label", {"label": "chat"}, "json"),
        ("Label", {"label": "chat", "confidences": [{"label": "x", "confidence": 10**400}]}, "json"),
        ("Label", {"label": "chat", "confidences": [{"label": "x", "confidence": -71.5}]}, "label"),
        ("Video", {"video": FILE, "subtitles": None}, "video"),
        ("Video", {"video": FILE, "subtitles": FILE}, "video"),
        ("Video", {"video": FILE}, "video"),
        ("Video", {"video": "film.mp4", "subtitles": None}, "json"),
        ("Paramviewer", {"a": {"type": "int", "default": "1", "description": ""}}, "parameters"),
        ("Json", {"a": {"type": "int"}}, "json"),
        ("Highlightedtext", [SPAN], "highlighted_text"),
        ("Dataframe", TABLE, "table"),
        ("Json", TABLE, "table"),
        ("Lineplot", CHART, "native_plot"),
        ("Plot", {"type": "matplotlib", "plot": make_data_url()}, "plot_image"),
        ("Plot", {"type": "matplotlib", "plot": "data:image/png;base64,AAAA"}, "plot_spec"),
        ("Plot", {"type": "matplotlib", "plot": "data:text/html;base64,AAAA"}, "plot_spec"),
        ("Plot", {"type": "altair", "plot": "{}", "chart": "bar"}, "plot_spec"),
        ("Chatbot", [MESSAGE], "chat"),
        ("Chatbot", [["Bonjour", None]], "chat"),
        ("Chatbot", [], "chat"),
        ("Chatbot", [{"role": "user", "content": True}], "json"),
        ("Json", [MESSAGE], "chat"),
        ("Textbox", [MESSAGE | {"metadata": {"title": "t"}, "options": None, "tool_calls": None}], "chat"),
        ("Json", [MESSAGE | {"tool_calls": [1]}], "json"),
        ("Json", [{"role": "rédactrice", "content": "x"}], "json"),
        ("Json", MESSAGE, "json"),
        ("Json", [["Paris", "France"]], "json"),
        ("Dialogue", [LINE], "dialogue"),
        ("Dialogue", "Awa : oui", "text"),
        ("Checkboxgroup", ["a", "b"], "list"),
        ("Dropdown", [], "list"),
        ("Json", [1, 2], "json"),
        ("Api", [1, 2], "json"),
        ("Fileexplorer", [["a", "b.txt"], ["c"]], "list"),
        ("Checkboxgroup", [["a"]], "json"),
        ("Json", {"a": 1}, "json"),
    ],
)
def test_the_shape_decides_then_the_component(component: str, value: Any, kind: str) -> None:
    assert classify_value(component.lower(), value) == kind
    drawn = render_output({"label": "Sortie", "component": component, "value": value}, 3)
    assert (drawn.kind, drawn.number, drawn.component) == (kind, 3, component)


@pytest.mark.parametrize(
    "value",
    [
        TABLE,
        CHART,
        SPAN,
        LINE,
        EDITED,
        {"label": "x", "confidences": None},
        {"type": "a", "plot": "b"},
        {"text": "", "files": []},
    ],
    ids=lambda value: next(iter(value)),
)
def test_what_has_more_than_a_shape_has_is_shown_whole(value: dict[str, Any]) -> None:
    kind = classify_value("json", value)
    assert classify_value("json", value | {"et": 1}) == ("native_plot" if kind == "native_plot" else "json")


def test_the_value_of_an_update_is_shown_as_its_component_shows_it() -> None:
    drawn = render_output(
        {"label": "", "component": "Checkboxgroup", "value": UPDATE | {"value": ["a"], "choices": []}}, 0
    )
    assert (drawn.kind, drawn.value.items) == ("list", ["a"])


def test_the_columns_that_an_update_names_are_those_of_its_plot() -> None:
    mesures = {"columns": ["ville", "jour", "pluie"], "data": [["Lyon", 1, 8], ["Lyon", 2, 3]], "mark": "line"}
    update = UPDATE | {"value": mesures, "x": "jour", "y": "pluie", "color": 3}
    drawn = render_output(
        {"component": "Lineplot", "label": "", "value": update, "hints": {"x": "ville", "color": "ville"}}, 0
    )
    assert (drawn.value.chart.x_title, drawn.value.chart.y_title) == ("jour", "pluie")
    assert [series.name for series in drawn.value.chart.series] == ["Lyon"]


def test_update_changes_how_a_plot_is_aggregated() -> None:
    notes = {"columns": ["k", "v"], "data": [["a", 1], ["a", 3]], "datatypes": {"k": "nominal"}, "mark": "bar"}
    output = {"component": "Barplot", "label": "", "hints": {"x": "k", "y": "v", "y_aggregate": "mean"}}
    highs = {
        how: render_output(output | {"value": UPDATE | {"value": notes, "y_aggregate": how}}, 0).value.chart.high
        for how in ("max", None)
    }
    assert highs == {"max": "3", None: "4"}
    assert render_output(output | {"value": UPDATE | {"value": notes}}, 0).value.chart.high == "2"


def test_the_language_of_an_update_is_that_of_its_code() -> None:
    update = UPDATE | {"value": "let x = 1", "language": "javascript"}
    drawn = render_output({"component": "Code", "label": "", "value": update, "hints": {"language": "python"}}, 0)
    assert (
        drawn.value.html
        == untrusted_markdown.render_code("let x = 1", "javascript")
        != untrusted_markdown.render_code("let x = 1", "python")
    )


def test_moments_in_the_table_of_a_plot_are_dates() -> None:
    day = 24 * 3600 * 1000
    rows = [[0, 1], [59 * day, 2], [day + 3600 * 1000, 3], [None, 4], [1e15, 5]]
    value = {"columns": ["quand", "y"], "data": rows, "datatypes": {"quand": "temporal"}, "mark": "line"}
    drawn = render_output({"component": "Lineplot", "label": "", "value": value}, 0)
    assert [row[0] for row in drawn.value.table.rows] == ["1970-01-01", "1970-03-01", "1970-01-02 01:00:00", "", 1e15]


def test_an_update_names_what_it_changes() -> None:
    drawn = render_output({"label": "", "component": "Textbox", "value": UPDATE | {"visible": True, "label": "x"}}, 0)
    assert drawn.value == ["visible", "label"]


def test_every_kind_has_its_presenter_and_its_macro() -> None:
    templates = (ROOT / "templates/runs/outputs").glob("_*.html")
    macros = {name for path in templates for name in re.findall(r"{% macro (\w+)\(output, run\b", path.read_text())}
    assert set(VALUE_PRESENTERS) == macros
    assert set(EXPORT_FORMATS) <= set(VALUE_PRESENTERS)


class TestBounds:
    @pytest.fixture(autouse=True)
    def ample_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The sizes are tested here, however slow the machine."""
        FakeCpuClock(monkeypatch)

    """A page holds the beginning; what is left out is counted."""

    def test_a_long_text_is_cut(self) -> None:
        text = value_presenters.present_text("x" * 150_000)
        assert (len(text.text), text.is_cut) == (value_presenters.MAX_SHOWN_TEXT_CHARACTERS, True)

    def test_a_text_that_is_too_long_to_be_written_is_shown_as_it_is(self) -> None:
        text = value_presenters.present_markdown("# x\n" * untrusted_markdown.MAX_MARKDOWN_CHARACTERS)
        assert text.html is None
        assert text.is_plain

    def test_a_text_that_still_grows_is_written_for_less_long(self) -> None:
        words = "**x** " * 2000
        assert value_presenters.present_markdown(words).html is not None
        assert value_presenters.present_markdown(words, is_live=True).html is None
        assert value_presenters.present_code(words, "python").html is not None
        assert value_presenters.present_code(words, "python", is_live=True).html is None

    def test_a_table_of_many_columns_has_fewer_lines(self) -> None:
        table = table_presenters.cut_table([], [[1] * 5000] * 5000)
        assert (len(table.headers), table.columns, table.lines) == (table_presenters.MAX_COLUMNS, 5000, 5000)
        assert len(table.rows) * len(table.rows[0]) <= table_presenters.MAX_CELLS

    def test_a_table_of_numbers_of_three_hundred_digits_is_cut(self) -> None:
        table = table_presenters.cut_table([], [[1e-300] * 60] * 200)
        assert sum(len(format_number(cell)) for row in table.rows for cell in row) < 130_000

    def test_a_ragged_table_has_a_title_for_every_column(self) -> None:
        table = table_presenters.cut_table(["a"], [[1, "x"], [], [None, {"b": True}, True]])
        assert table.headers == ["a", "", ""]
        assert table.rows == [[1, "x"], [], ["", '{"b": true}', "vrai"]]
        assert table.numeric == [True, False, False]

    def test_files_beyond_the_share_of_a_run_are_counted_and_those_that_failed_named(self) -> None:
        value = [
            FILE,
            FileEntry.make_missing(FETCH_FAILED, "a.txt"),
            *[FileEntry.make_missing(OVER_LIMIT, "b.txt")] * 490,
        ]
        kept = value_presenters.present_files(value)
        assert ([each["name"] for each in kept.items], kept.omitted_count) == (["chat.png", "a.txt"], 490)
        assert value_presenters.present_gallery([{"image": each} for each in value]).omitted_count == 490

    def test_a_label_shows_its_first_bars(self) -> None:
        confidences = [{"label": n, "confidence": 0.5} for n in range(200)]
        label = present_label({"label": {"a": 1}, "confidences": confidences})
        assert (label.label, len(label.scores), label.omitted_count) == ('{"a": 1}', MAX_SCORES, 150)

    def test_json_is_cut_where_a_page_is_full_and_where_it_is_deep(self) -> None:
        wide = json_tree.build_json_tree(list(range(5000)))
        assert len(wide.children) == json_tree.MAX_LEAVES
        assert wide.omitted_count == 5000 - json_tree.MAX_LEAVES
        value: Any = 1
        for _ in range(150):
            value = {"a": [value]}
        node, levels = json_tree.build_json_tree(value), 0
        while node.children:
            node, levels = node.children[0], levels + 1
        assert (node.kind, levels) == ("cut", json_tree.MAX_TREE_LEVELS)

    def test_the_messages_of_a_conversation_share_the_page(self) -> None:
        long = {"role": "user", "content": "**x** " * 2500}
        bubbles, left = VALUE_PRESENTERS["chat"]([long] * 300, context())
        assert (len(bubbles), left) == (100, 200)
        kinds = [bubble.parts[0].kind for bubble in bubbles]
        assert kinds[-2:] == ["markdown", "markdown"]  # the latest are those that one reads
        assert set(kinds[:-2]) == {"text"}
        characters = sum(len(bubble.parts[0].value.text.removesuffix("…")) for bubble in bubbles)
        assert characters == value_presenters.MAX_SHOWN_TEXT_CHARACTERS

    def test_the_components_of_a_conversation_share_the_page_too(self) -> None:
        part = {"component": "json", "value": [1] * 3000}
        [bubble], _ = VALUE_PRESENTERS["chat"]([{"role": "user", "content": [part] * 20}], context())
        assert [each.kind for each in bubble.parts] == ["json"] * 2 + ["text"] * 18

    def test_outputs_that_a_page_has_no_room_for_are_named(self) -> None:
        outputs = [{"label": f"S{n}", "component": "Json", "value": [1] * 600} for n in range(500)]
        drawn = render_outputs(outputs)
        assert [each.label for each in drawn] == [each["label"] for each in outputs]
        assert {each.kind for each in drawn[:100]} == {"json"}
        assert {each.kind for each in drawn[200:]} == {"omitted"}
        assert sum(each.kind == "json" for each in render_outputs(outputs, is_live=True)) < 50
        assert {each.export_format for each in drawn} == {"json"}

    def test_a_conversation_inside_a_conversation_is_json(self) -> None:
        inner: dict[str, Any] = MESSAGE
        for _ in range(40):
            inner = {"role": "user", "content": {"component": "chatbot", "value": [inner]}}
        [bubble], _ = VALUE_PRESENTERS["chat"]([inner], context())
        assert bubble.parts[0].kind == "json"


def context(component: str = "chatbot", is_live: bool = False) -> Any:
    from hfcourse.runs.outputs.rendered_outputs import OutputContext

    return OutputContext(component, {}, is_live)


@pytest.mark.parametrize(
    "value",
    [
        "x" * 2_000_000,
        [["x" * 100] * 20] * 1000,
        {"headers": [], "data": [["x"] * 400] * 1000},
        {"a": {str(n): [n] * 5 for n in range(50_000)}},
        [{"token": "x", "class_or_confidence": str(n)} for n in range(40_000)],
        [{"role": "user", "content": "[![" * 10}] * 40_000,
        [{"role": "assistant", "content": [{"type": "text", "text": "```c\n" + "\n" * 7000}] * 20}] * 10,
        {"columns": ["a", "b"], "data": [[n, n] for n in range(100_000)], "mark": "line"},
    ],
    ids=["text", "lists", "table", "json", "spans", "chat", "chat of slow code", "plot"],
)
@pytest.mark.parametrize("component", ["Markdown", "Chatbot", "Code"])
def test_two_megabytes_take_no_second_of_ours(component: str, value: Any) -> None:
    output = {"label": "", "component": component, "value": value, "hints": {"language": "c"}}
    assert measure_cpu_seconds(lambda: render_output(output, 0, is_live=True)) < 1


class TestLabel:
    """A label and its scores."""

    def scores(self, *confidences: float) -> list[tuple[str, float | None]]:
        named = [{"label": str(n), "confidence": each} for n, each in enumerate(confidences)]
        label = present_label({"label": "chat", "confidences": named})
        return [(score.text.replace("\u00a0", " "), score.percent) for score in label.scores]

    def test_scores_between_zero_and_one_are_shares(self) -> None:
        assert self.scores(0.931, 1, 0) == [("93,1 %", 93.1), ("100,0 %", 100), ("0,0 %", 0)]

    def test_share_that_is_not_quite_all_or_nothing_says_so(self) -> None:
        assert [text for text, _ in self.scores(0.99999, 3e-07)] == ["plus de 99,9 %", "moins de 0,1 %"]

    def test_scores_that_are_no_shares_are_shown_as_they_are_without_a_bar(self) -> None:
        assert self.scores(71.5, 0.5, -1e-07) == [("71,5", None), ("0,5", None), ("-0,0000001", None)]

    @pytest.mark.parametrize(
        ("label", "text"), [("3.14", "3,14"), ("3e-07", "0,0000003"), (1, "1"), ("v2.0.1", "v2.0.1"), ("1234", "1234")]
    )
    def test_label_that_is_a_number_is_written_in_french(self, label: Any, text: str) -> None:
        assert present_label({"label": label, "confidences": None}).label == text


class TestTable:
    """The cells of a table."""

    def test_cell_of_a_styler_is_as_its_author_formatted_it(self) -> None:
        metadata = {"display_value": [["1.23 €", "<b>x</b>"], ["2.00 €"], None]}
        value = {"headers": ["prix", "nom"], "data": [[1.234, "x"], [2, "y"], [3, "z"]], "metadata": metadata}
        table = table_presenters.present_dataframe(value)
        assert table.rows[0] == [FormattedNumber(1.234, "1.23 €"), "<b>x</b>"]
        assert table.rows[1:] == [[FormattedNumber(2, "2.00 €"), "y"], [3, "z"]]
        assert table.numeric == [True, False]

    @pytest.mark.parametrize("metadata", [None, [], {}, {"display_value": 1}, {"display_value": [[1]]}])
    def test_cell_without_a_text_of_its_author_is_its_value(self, metadata: Any) -> None:
        value = {"headers": ["a"], "data": [[1.5]], "metadata": metadata}
        assert table_presenters.present_dataframe(value).rows == [[1.5]]

    def test_parameters_are_a_table(self) -> None:
        value = {"pas": {"type": "int", "default": "20", "description": "Combien."}, "graine": {}}
        table = table_presenters.present_parameters(value)
        assert table.rows == [["pas", "int", "20", "Combien."], ["graine", "", "", ""]]


class TestConversation:
    """A conversation, whichever of its forms it has."""

    def drawn(self, value: Any) -> list[Any]:
        return VALUE_PRESENTERS["chat"](value, context())[0]

    def test_one_message_and_the_parts_of_one_are_bubbles(self) -> None:
        assert [each.speaker for each in self.drawn({"role": "assistant", "content": "x"})] == ["Le Space"]
        [bubble] = self.drawn(["un", {"component": "number", "value": 2}])
        assert [part.kind for part in bubble.parts] == ["markdown", "scalar"]

    def test_component_is_drawn_with_its_own_properties(self) -> None:
        data = {"columns": ["a", "b"], "data": [["x", 1], ["x", 3]], "datatypes": {"a": "nominal"}, "mark": "bar"}
        part = {"component": "barplot", "value": data, "props": {"x": "a", "y": "b", "y_aggregate": "mean"}}
        [bubble] = self.drawn([{"role": "assistant", "content": part}])
        assert bubble.parts[0].value.chart.high == "2"

    def test_part_is_found_by_its_place(self) -> None:
        value = [["a", None], [None, {"component": "label", "value": {"__type__": "update", "value": 5}}]]
        [_, bubble] = self.drawn(value)
        assert bubble.parts[0].place == "1-0"
        assert find_part_value(value, "1-0") == 5
        for place in ("", "1", "1-1", "2-0", "-1-0", "1-x", "²-0", "9" * 5000 + "-0"):
            assert find_part_value(value, place) is None

    def test_roles_have_names(self) -> None:
        roles = ["user", "assistant", "system", "outil", {"x": 1}]
        bubbles = self.drawn([{"role": role, "content": "x"} for role in roles])
        assert [bubble.speaker for bubble in bubbles] == ["Vous", "Le Space", "Consigne", "outil", "Le Space"]
        assert [bubble.is_own for bubble in bubbles] == [True, False, False, False, False]

    def test_who_says_nothing_in_an_older_one_has_no_message(self) -> None:
        bubbles = self.drawn([["Bonjour", "Salut"], [None, "Encore là ?"]])
        assert [bubble.speaker for bubble in bubbles] == ["Vous", "Le Space", "Le Space"]

    def test_parts_are_texts_files_and_components(self) -> None:
        parts = [
            {"type": "text", "text": "**x**"},
            {"type": "file", "file": FILE, "alt_text": "Un chat"},
            {"type": "component", "component": "Label", "value": {"label": "x", "confidences": None}},
            {"type": "component", "component": "Html", "value": "<b>"},
            {"text": "lisez", "files": [FILE]},
            {"rien": 1},
            3,
        ]
        [bubble] = self.drawn([{"role": "user", "content": parts}])
        assert [part.kind for part in bubble.parts] == [
            "markdown", "file", "label", "code", "multimodal", "json", "scalar",
        ]  # fmt: skip
        assert bubble.parts[1].label == "Un chat"

    def test_what_a_message_says_of_itself(self) -> None:
        metadata = {"title": "Je cherche", "log": "ici", "duration": 1.5, "status": "pending"}
        options = [{"value": "oui", "label": "Oui !"}, {"value": "non"}, "x"]
        [bubble] = self.drawn([MESSAGE | {"metadata": metadata, "options": options}])
        assert bubble.thinking_step is not None
        assert (bubble.thinking_step.title, bubble.thinking_step.log) == ("Je cherche", "ici")
        assert (bubble.thinking_step.seconds, bubble.thinking_step.is_pending) == (1.5, True)
        assert bubble.options == ("Oui !", "non", "x")

    @pytest.mark.parametrize("metadata", [None, {}, [], {"title": None, "log": ""}, {"autre": 1}])
    def test_a_message_that_says_nothing_of_itself_has_no_thought(self, metadata: Any) -> None:
        assert self.drawn([MESSAGE | {"metadata": metadata}])[0].thinking_step is None


class TestHighlightedText:
    """The pieces of a text."""

    def test_each_class_has_a_mark_of_its_own_and_a_line_in_the_legend(self) -> None:
        pieces = [("Marie", "PERS"), (" à ", None), ("Varsovie", "LIEU"), (", puis ", None), ("Pierre", "PERS")]
        drawn = value_presenters.present_highlighted_text([{"token": t, "class_or_confidence": c} for t, c in pieces])
        assert [(span.label, span.mark) for span in drawn.spans] == [
            ("PERS", 1), (None, 0), ("LIEU", 2), (None, 0), ("PERS", 1),
        ]  # fmt: skip
        assert drawn.legend == [("PERS", 1, 2), ("LIEU", 2, 1)]

    def test_pieces_without_class_are_joined(self) -> None:
        drawn = value_presenters.present_highlighted_text([{"token": "x", "class_or_confidence": None}] * 5)
        assert [span.text for span in drawn.spans] == ["xxxxx"]

    def test_numbers_are_marked_by_their_sign(self) -> None:
        drawn = value_presenters.present_highlighted_text(
            [{"token": "x", "class_or_confidence": n} for n in (0.5, -1, 0)]
        )
        assert [span.mark for span in drawn.spans] == [1, 2, value_presenters.NEUTRAL_MARK]
        assert drawn.legend == []
