"""The fields of a form in the groups of the author's page."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.spaces.form import forms
from hfcourse.spaces.form.form_sections import FieldGroup, arrange_form
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.spaces.schema.parameters.sections import MAX_LEVELS, MAX_SECTIONS
from tests.support.layout_descriptions import (
    UNNAMED_FIELD,
    LayoutNode,
    describe_layout_endpoint,
    make_block,
    make_field,
    outline_fields,
)
from tests.support.recordings import RECORDED_ENDPOINTS


def form_of(*parts: LayoutNode, given: dict[str, Any] | None = None) -> Form:
    return forms.bind_form(describe_layout_endpoint(*parts), given)


def shown(*parts: LayoutNode, given: dict[str, Any] | None = None) -> list[Any]:
    return outline_fields(arrange_form(form_of(*parts, given=given)).shown_group)


ADVANCED = make_block(
    "accordion", make_block("form", make_field("steps"), make_field("scale")), label="Advanced", open=False
)


def test_fields_are_in_the_order_of_the_page() -> None:
    assert shown(make_field("a"), make_field("b"), make_field("c")) == ["a", "b", "c"]


def test_values_stay_in_the_order_of_the_function() -> None:
    form = form_of(make_field("a"), ADVANCED)
    assert [each.parameter.name for each in form.fields] == ["scale", "steps", "a"]


def test_closed_accordion_is_a_fold_of_its_own_label() -> None:
    assert shown(make_field("a"), ADVANCED) == ["a", ("accordion", "Advanced", False, ["steps", "scale"])]


def test_open_accordion_is_an_open_fold() -> None:
    opened = make_block("accordion", make_field("b"), label="Réglages")
    assert shown(make_field("a"), opened) == ["a", ("accordion", "Réglages", True, ["b"])]


def test_fold_opens_where_there_is_a_fault() -> None:
    form = form_of(make_field("a"), ADVANCED)
    form.fields[0].error = "Trop grand."
    assert outline_fields(arrange_form(form).shown_group)[1][2] is True


@pytest.mark.parametrize(("value", "is_open"), [("", False), ("x", True)])
def test_fold_opens_where_a_value_is_not_the_default(value: str, is_open: bool) -> None:
    assert shown(make_field("a"), ADVANCED, given={"steps": value})[1][2] is is_open


def test_line_ends_of_a_browser_are_no_change() -> None:
    form = form_of(make_field("a"), make_block("accordion", make_field("b", value="x\ny"), label="B", open=False))
    form.fields[0].texts = ["x\r\ny"]
    assert outline_fields(arrange_form(form).shown_group)[1][2] is False


def test_nested_folds_open_together() -> None:
    inner = make_block("accordion", make_field("c"), label="Inner", open=False)
    parts = (make_field("a"), make_block("accordion", make_field("b"), inner, label="Outer", open=False))
    assert shown(*parts) == ["a", ("accordion", "Outer", False, ["b", ("accordion", "Inner", False, ["c"])])]
    assert shown(*parts, given={"c": "x"})[1] == (
        ("accordion", "Outer", True, ["b", ("accordion", "Inner", True, ["c"])])
    )


def test_accordion_without_label_is_a_fold_with_words_of_ours() -> None:
    assert shown(make_field("a"), make_block("accordion", make_field("b"), open=False))[1][1] == "Autres réglages"


def test_form_of_folds_alone_shows_the_first() -> None:
    other = make_block("accordion", make_field("d"), label="Other", open=False)
    assert [part[1:3] for part in shown(ADVANCED, other)] == [("Advanced", True), ("Other", False)]


def test_fold_around_all_fields_is_left_out() -> None:
    assert shown(ADVANCED) == ["steps", "scale"]


@pytest.mark.parametrize("is_open", [True, False])
def test_sidebar_comes_last(is_open: bool) -> None:
    sidebar = make_block("sidebar", text("### Tuning"), make_field("s"), open=is_open)
    fold = ("accordion", "Réglages de la barre latérale", is_open, [caption("Tuning"), "s"])
    assert shown(sidebar, make_field("a"), make_field("b")) == ["a", "b", fold]


def test_tab_is_a_titled_group() -> None:
    tabs = make_block(
        "tabs",
        make_block("tabitem", make_field("a"), label="Texte"),
        make_block("tabitem", make_field("b"), make_field("c"), label="Réglages"),
    )
    assert shown(tabs) == [("tab", "Texte", True, ["a"]), ("tab", "Réglages", True, ["b", "c"])]


def test_tab_around_all_fields_is_left_out() -> None:
    assert shown(make_block("tabs", make_block("tabitem", make_field("a"), make_field("b"), label="Démo"))) == [
        "a",
        "b",
    ]


def test_tab_with_the_name_of_its_only_field_is_left_out() -> None:
    tabs = make_block(
        "tabs", *(make_block("tabitem", make_field(name), label=f"🖼️ {name.upper()}") for name in ("image", "video"))
    )
    assert shown(tabs) == ["image", "video"]


def test_fields_of_a_row_are_side_by_side() -> None:
    row = make_block(
        "row",
        make_block("form", make_field("a"), make_field("b")),
        make_block("column", make_field("c"), make_field("d")),
    )
    assert shown(row) == [("row", "", True, ["a", "b", ("column", "", True, ["c", "d"])])]


@pytest.mark.parametrize("length", [1, 3, 9])
def test_long_column_in_a_row_is_drawn_below(length: int) -> None:
    names = [f"p{n}" for n in range(length)]
    found = shown(
        make_block("row", make_block("column", *map(make_field, names)), make_block("column", make_field("last")))
    )
    assert found == ([("row", "", True, [*names, "last"])] if length == 1 else [*names, "last"])


@pytest.mark.parametrize(
    ("kind", "props"), [("dataframe", {}), ("radio", {"choices": [f"choix {n}" for n in range(9)]}), ("code", {})]
)
def test_wide_field_in_a_row_is_drawn_below(kind: str, props: dict[str, Any]) -> None:
    assert shown(make_block("row", make_field("wide", kind, **props), make_field("last"))) == ["wide", "last"]


def test_row_with_one_field_is_none() -> None:
    assert shown(make_block("row", make_field("a"), make_block("textbox")), make_field("b")) == ["a", "b"]


def text(words: str, **props: Any) -> LayoutNode:
    return make_block("markdown", value=words, **props)


def caption(words: str) -> tuple[str, str, bool, list[Any]]:
    return ("caption", words, True, [])


def test_short_text_is_the_caption_of_what_is_directly_below() -> None:
    stages = make_block(
        "accordion",
        text("### Stage 1"),
        make_block("row", make_field("b"), make_field("c")),
        text("Second **stage**"),
        make_block("row", make_block("form", make_field("d"))),
        label="Advanced",
        open=False,
    )
    row = ("row", "", True, ["b", "c"])
    parts = [caption("Stage 1"), row, caption("Second stage"), "d"]
    assert shown(make_field("a"), stages) == ["a", ("accordion", "Advanced", False, parts)]


@pytest.mark.parametrize(
    "parts",
    [
        [text("# Title at the top"), make_field("a"), make_field("b")],
        [make_field("a"), text("### Results"), make_block("image"), make_field("b")],
        [make_field("a"), text("### Results"), make_field("b", visible=False), make_field("c")],
        [make_field("a"), make_block("column", text("### Beside")), make_field("b")],
        [make_field("a"), text("Voici " + "un long mode d’emploi " * 9), make_field("b")],
        [make_field("a"), text("### Hidden", visible=False), make_field("b")],
        [make_field("a"), text("### Fold"), make_block("accordion", make_field("b"), label="Autre")],
        [make_field("a"), make_field("b"), text("### At the end")],
    ],
)
def test_text_that_is_above_no_field_is_no_caption(parts: list[LayoutNode]) -> None:
    assert "caption" not in repr(shown(*parts))


def test_caption_stays_where_a_seed_is_paired() -> None:
    boxes = (text("### Chance"), make_field("seed", "number"), make_field("random_seed", "checkbox"))
    assert shown(make_field("a"), *boxes) == ["a", caption("Chance"), ("seed", "", True, ["seed", "random_seed"])]


@pytest.mark.parametrize("visible", [False, "hidden"])
@pytest.mark.parametrize("kind", ["group", "column", "row", "tabitem", "accordion"])
def test_what_a_block_hides_is_folded_as_hidden(kind: str, visible: Any) -> None:
    arranged = arrange_form(
        form_of(make_field("a"), make_block(kind, make_block("form", make_field("b")), visible=visible))
    )
    assert outline_fields(arranged.shown_group) == ["a"]
    assert (outline_fields(arranged.hidden_group), arranged.hidden_group.is_open) == (["b"], False)


def test_form_of_hidden_fields_alone_shows_them() -> None:
    arranged = arrange_form(form_of(make_block("group", make_field("a"), visible=False)))
    assert (outline_fields(arranged.hidden_group), arranged.hidden_group.is_open) == (["a"], True)


def test_hidden_fold_opens_where_a_value_is_not_the_default() -> None:
    hidden = make_block("group", make_field("b"), visible=False)
    assert arrange_form(form_of(make_field("a"), hidden, given={"b": "x"})).hidden_group.is_open


@pytest.mark.parametrize(
    ("parts", "labels"),
    [
        ([make_block("tabitem", make_field("img", "image", label=None), label="Input image")], ["Input image"]),
        (
            [
                make_block(
                    "accordion", make_field("param_0", "image", label=None), make_block("button"), label="Portrait"
                )
            ],
            ["Portrait"],
        ),
        (
            [
                make_block(
                    "tabitem",
                    make_field("param_0", "image", label=None),
                    make_field("param_1", "video", label=None),
                    label="Source",
                )
            ],
            ["Source (image)", "Source (vidéo)"],
        ),
        (
            [make_block("tabitem", make_field("prompt", label=None), make_field("steps"), label="Text to image")],
            ["Prompt", "steps"],
        ),
        ([make_field("param_1", "video", label=None)], ["Vidéo 2"]),
        ([make_block("tabitem", make_field("x", label=None), make_block("button"), label="Shorten")], ["Shorten"]),
        ([make_block("row", make_field("param_0", "image", label=None), label="Row")], ["Image 1"]),
    ],
)
def test_label_comes_from_the_tab_or_accordion_around(parts: list[LayoutNode], labels: list[str]) -> None:
    assert [each.label for each in describe_layout_endpoint(*parts).parameters][::-1] == labels


@pytest.mark.parametrize("endpoint", [pytest.param(each, id=f"{name}{each.name}") for name, each in RECORDED_ENDPOINTS])
def test_arranged_form_has_each_field_once(endpoint: Endpoint) -> None:
    arranged = arrange_form(forms.bind_form(endpoint))
    found = [*names_in(arranged.shown_group), *names_in(arranged.hidden_group)]
    assert sorted(found) == sorted(each.name for each in endpoint.parameters)


def names_in(group: FieldGroup) -> list[str]:
    return [
        name
        for part in group.members
        for name in (names_in(part) if isinstance(part, FieldGroup) else [part.parameter.name])
    ]


def levels_of(group: FieldGroup) -> int:
    inner = [levels_of(part) for part in group.members if isinstance(part, FieldGroup)]
    return (group.kind in ("accordion", "tab")) + max(inner, default=0)


def sections_in(group: FieldGroup) -> int:
    inner = sum(sections_in(part) for part in group.members if isinstance(part, FieldGroup))
    return (group.kind in ("accordion", "tab")) + inner


BLOCKS = st.sampled_from(["accordion", "tabitem", "row", "column", "group", "form", "tabs", "unheard-of"])


@st.composite
def trees(draw: st.DrawFn, depth: int = 5) -> list[LayoutNode]:
    """A page of any form."""
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        if depth and draw(st.booleans()):
            props = {"label": draw(st.sampled_from(["", "A", "B"])), "open": draw(st.booleans())}
            props["visible"] = draw(st.sampled_from([True, True, True, False]))
            parts.append(make_block(draw(BLOCKS), *draw(trees(depth=depth - 1)), **props))
        else:
            parts.append(make_field(UNNAMED_FIELD, draw(st.sampled_from(["slider", "checkbox"]))))
    return parts


@given(trees())
def test_any_layout_has_each_field_once_and_few_levels(parts: list[LayoutNode]) -> None:
    form = form_of(*parts)
    arranged = arrange_form(form)
    found = [*names_in(arranged.shown_group), *names_in(arranged.hidden_group)]
    assert sorted(found) == sorted(each.parameter.name for each in form.fields)
    assert levels_of(arranged.shown_group) <= MAX_LEVELS


def test_sections_of_a_form_are_bounded() -> None:
    parts = [make_block("accordion", make_field(f"p{n}"), label=f"Section {n}", open=False) for n in range(300)]
    random.Random(1).shuffle(parts)
    arranged = arrange_form(form_of(*parts))
    assert sections_in(arranged.shown_group) == MAX_SECTIONS
    assert len(names_in(arranged.shown_group)) == 300
