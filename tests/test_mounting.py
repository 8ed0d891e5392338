"""What the page of a Space sends for a component without a value, by the version of Gradio and the blocks around it."""

from typing import Any

import pytest

from hfcourse.spaces.schema.layout.mounting import UnsetComponentValues, parse_mounted_page

NUMBER, BUTTON = 1, 2


def page(version: str, *around: dict[str, Any], props: dict[str, Any] | None = None, beside: bool = False) -> Any:
    """A page with a number inside these blocks, the innermost last; `beside` puts the button there too."""
    components = [{"id": NUMBER, "type": "number", "props": props or {}}, {"id": BUTTON, "type": "button", "props": {}}]
    node: list[dict[str, Any]] = [{"id": NUMBER}, *([{"id": BUTTON}] if beside else [])]
    for place, block in enumerate(reversed(around)):
        components.append({"id": 10 + place, **block})
        node = [{"id": 10 + place, "children": node}]
    layout = {"id": 99, "children": [*node, *([] if beside else [{"id": BUTTON}])]}
    return {"version": version, "components": components, "layout": layout}


def initial(config: dict[str, Any], kind: str = "number") -> Any:
    component = config["components"][0]
    return parse_mounted_page(config).make_unset_values([BUTTON]).find_unset_value(component, kind)


CLOSED = {"type": "accordion", "props": {"open": False}}
OPEN = {"type": "accordion", "props": {"open": True}}
HIDDEN = {"type": "column", "props": {"visible": False}}
SIDEBAR = {"type": "sidebar", "props": {"open": False}}


@pytest.mark.parametrize(
    ("around", "props", "sent"),
    [
        ((), {}, (0, 0, 0)),
        ((OPEN,), {}, (0, 0, 0)),
        ((SIDEBAR,), {}, (0, 0, 0)),
        ((CLOSED,), {}, (0, 0, None)),
        ((OPEN, CLOSED), {}, (0, 0, None)),
        ((CLOSED, OPEN), {}, (0, 0, None)),
        ((HIDDEN,), {}, (0, None, None)),
        ((HIDDEN, OPEN), {}, (0, None, None)),
        ((), {"visible": False}, (0, None, None)),
        ((), {"visible": "hidden"}, (0, 0, 0)),
        ((), {"interactive": False}, (0, 0, 0)),
    ],
)
def test_a_number_without_value_is_zero_where_it_is_mounted(around: Any, props: Any, sent: tuple[Any, ...]) -> None:
    assert tuple(initial(page(f"{n}.1.0", *around, props=props)) for n in (4, 5, 6)) == sent


@pytest.mark.parametrize("around", [(CLOSED,), (HIDDEN,), (CLOSED, HIDDEN)])
def test_what_stands_beside_the_button_is_mounted_when_it_is_pressed(around: Any) -> None:
    assert initial(page("6.31.0", *around, beside=True)) == 0


def tabbed(selected: Any = None, *, is_first_hidden: bool = False) -> dict[str, Any]:
    """Two tabs: the first holds a number, the second another."""
    components = [
        {"id": 1, "type": "number", "props": {}},
        {"id": 2, "type": "number", "props": {}},
        {"id": 3, "type": "tabitem", "props": {"id": "a", "visible": not is_first_hidden}},
        {"id": 4, "type": "tabitem", "props": {"id": "b"}},
        {"id": 5, "type": "tabs", "props": {"selected": selected}},
    ]
    tabs = [{"id": 3, "children": [{"id": 1}]}, {"id": 4, "children": [{"id": 2}]}]
    layout = {"id": 0, "children": [{"id": 5, "children": tabs}]}
    return {"version": "6.31.0", "components": components, "layout": layout}


@pytest.mark.parametrize(
    ("config", "sent"),
    [
        (tabbed(), [0, None]),
        (tabbed("b"), [None, 0]),
        (tabbed("nowhere"), [0, None]),
        (tabbed(is_first_hidden=True), [None, 0]),
    ],
)
def test_of_several_tabs_the_one_that_is_open_is_mounted(config: dict[str, Any], sent: list[Any]) -> None:
    found = parse_mounted_page(config).make_unset_values(())
    assert [found.find_unset_value(component, "number") for component in config["components"][:2]] == sent


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("textbox", ("", "", "")),
        ("code", ("", "", "")),
        ("html", ("", "", None)),
        ("markdown", ("", "", None)),
        ("image", (None, None, None)),
    ],
)
def test_each_widget_has_an_empty_value_of_its_own(kind: str, sent: tuple[Any, ...]) -> None:
    assert tuple(initial(page(f"{n}.0.0"), kind) for n in (4, 5, 6)) == sent


@pytest.mark.parametrize("version", ["", "dev", "٣.1", "99999999.0", None, 5])
@pytest.mark.parametrize("layout", [None, [], {"id": "x", "children": [None, {"id": []}, 5]}, {"children": {}}])
def test_a_page_that_makes_no_sense_is_a_flat_one(version: Any, layout: Any) -> None:
    config = {"version": version, "components": [{"id": NUMBER, "type": None, "props": None}], "layout": layout}
    found = parse_mounted_page(config).make_unset_values([None, BUTTON]).find_unset_value({"id": NUMBER}, "number")
    assert found == 0


def test_a_parameter_without_a_component_has_no_page() -> None:
    assert UnsetComponentValues().find_unset_value({}, "number") is None
