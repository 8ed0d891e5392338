"""Files among the samples of a description: their shapes in each Gradio, what is refused, what loads them."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.space_description import Description
from hfcourse.spaces.schema.examples.sample_files import MAX_SAMPLE_DEPTH, SampleFile, iter_sample_files, parse_sample
from hfcourse.spaces.schema.page.page_events import MAX_INITIAL_CHARACTERS, MAX_LOAD_EVENTS, parse_page_events
from hfcourse.spaces.schema.parameters.parameter import Parameter
from tests.spaces.fake_servers import make_component

PATH = "/tmp/gradio/1a/chat noir.png"
ONE = {"path": PATH, "url": f"http://hostile.test{PATH}", "orig_name": None, "meta": {"_type": "gradio.FileData"}}
NAMED = ONE | {"orig_name": "photo.png"}
KINDS = {
    "image": {"type": "object"},
    "audio": {"type": "object"},
    "video": {"type": "object"},
    "gallery": {"type": "array"},
    "imageeditor": {"type": "object"},
    "multimodaltextbox": {"type": "object"},
}


def parameter(kind: str, **parts: Any) -> Parameter:
    return Parameter("p", "P", kind, KINDS.get(kind, {"type": "object"}), **parts)


@pytest.mark.parametrize(
    ("kind", "value", "names"),
    [
        ("image", ONE, ["chat noir.png"]),
        ("image", NAMED, ["photo.png"]),
        ("image", PATH, ["chat noir.png"]),
        ("video", {"video": NAMED, "subtitles": None}, ["photo.png"]),
        ("video", NAMED, ["photo.png"]),
        ("audio", "été.wav", ["été.wav"]),
        (
            "gallery",
            [{"image": NAMED, "caption": "ici"}, {"image": ONE, "caption": None}],
            ["photo.png", "chat noir.png"],
        ),
        ("imageeditor", {"background": NAMED, "layers": [ONE], "composite": None}, ["photo.png", "chat noir.png"]),
        ("multimodaltextbox", {"text": "Que voit-on ?", "files": [NAMED]}, ["photo.png"]),
    ],
)
def test_a_sample_has_its_files_in_their_places(kind: str, value: Any, names: list[str]) -> None:
    found = parse_sample(parameter(kind), value, "0-1-2")
    assert [file.name for file in iter_sample_files(found)] == names
    assert [file.key for file in iter_sample_files(found)] == [f"0-1-2-{n}" for n in range(len(names))]


def test_a_multimodal_sample_may_have_no_file() -> None:
    assert parse_sample(parameter("multimodaltextbox"), "Bonjour") == {"text": "Bonjour", "files": []}
    assert parse_sample(parameter("multimodaltextbox"), {"text": "Oui", "files": []}) == {"text": "Oui", "files": []}


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        3,
        [],
        {},
        {"path": "https://elsewhere.test/x.png", "url": "https://elsewhere.test/x.png"},
        "https://elsewhere.test/x.png",
        {"path": 3, "url": None},
        [NAMED] * 21,
    ],
)
def test_what_is_no_file_of_the_space_is_no_sample(value: Any) -> None:
    assert parse_sample(parameter("image"), value) is None


def test_files_too_deep_are_left_out() -> None:
    value: Any = NAMED
    for _ in range(MAX_SAMPLE_DEPTH + 1):
        value = [value]
    assert parse_sample(parameter("file"), value) is None


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.just(NAMED),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["path", "url", "text", "files", "image"]), inner)
        ),
        max_leaves=12,
    ),
    st.sampled_from([*KINDS, "file", "model3d"]),
)
def test_any_sample_is_read_and_names_no_file_of_the_web(value: Any, kind: str) -> None:
    for file in iter_sample_files(parse_sample(parameter(kind), value)):
        assert "://" not in file.path
        assert file.name.isprintable()


# --- in a description


def described(datasets: list[dict[str, Any]], dependencies: list[dict[str, Any]] = [], **props: Any) -> Description:  # noqa: B006
    """A Space with an image and a text, and these data sets (their ids count from 10)."""
    components = [
        make_component(1, "image", label="Photo"),
        make_component(2, "textbox", label="Mots"),
        make_component(3, "textbox"),
    ]
    components += [make_component(10 + n, "dataset", **each) for n, each in enumerate(datasets)]
    main = {"id": 0, "api_name": "voir", "inputs": [1, 2], "outputs": [3], "targets": [[3, "click"]]}
    entry = {
        "parameters": [
            {
                "label": label,
                "parameter_name": name,
                "type": {"type": kind},
                "component": shown,
                "example_input": "Hello!!",
            }
            for label, name, kind, shown in (
                ("Photo", "photo", "object", "Image"),
                ("Mots", "mots", "string", "Textbox"),
            )
        ],
        "returns": [{"label": "Vu", "type": {"type": "string"}, "component": "Textbox"}],
    }
    config = {"components": components, "dependencies": [main, *dependencies], "version": "6.31.0", **props}
    return build_description(config, {"named_endpoints": {"/voir": entry}})


def loader(dataset: int, number: int, outputs: list[int]) -> dict[str, Any]:
    return {
        "id": number,
        "api_name": "load_example",
        "inputs": [dataset],
        "outputs": outputs,
        "targets": [[dataset, "click"]],
    }


def test_values_that_gradio_makes_up_are_no_examples() -> None:
    assert described([]).endpoints[0].examples == ()


def test_an_example_says_its_values_by_field() -> None:
    rows = {"component_ids": [1, 2], "samples": [[NAMED, "un chat"]], "sample_labels": ["Le chat"]}
    (example,) = described([rows]).endpoints[0].examples
    assert example.labelled_values == (("Photo", "photo.png"), ("Mots", "un chat"))
    assert (example.label, example.link_text) == ("Le chat", "Le chat")
    assert example.values == {"photo": SampleFile("photo.png", PATH), "mots": "un chat"}


def test_a_file_known_by_its_name_alone_needs_an_event_that_answers_with_it() -> None:
    rows = {"component_ids": [1, 2], "samples": [["chat.png", "un chat"]]}
    assert described([rows]).endpoints[0].examples[0].values == {"mots": "un chat"}
    (example,) = described([rows], [loader(10, 4, [1, 2])]).endpoints[0].examples
    assert example.needs_loader
    assert example.row_loader is not None
    assert (example.row_loader.number, example.row_index) == (4, 0)


def test_two_files_of_one_name_are_two_examples() -> None:
    rows = {"component_ids": [1], "samples": [["voix.png"], ["voix.png"]]}
    assert len(described([rows], [loader(10, 4, [1])]).endpoints[0].examples) == 2
    assert len(described([{"component_ids": [1], "samples": [[NAMED], [NAMED]]}]).endpoints[0].examples) == 1


def test_each_file_is_found_by_its_place_and_by_nothing_else() -> None:
    rows = [
        {"component_ids": [2], "samples": [["un"]]},
        {"component_ids": [1, 2], "samples": [["x.png", "a"], [ONE, "b"]]},
    ]
    description = described(rows)
    assert [*description.examples_by_file_key] == ["1-1-0-0"]
    endpoint, example = description.examples_by_file_key["1-1-0-0"]
    assert (endpoint.name, example.values["photo"].path) == ("/voir", PATH)


# --- events of the page


def page(*dependencies: dict[str, Any]) -> dict[str, Any]:
    """A page with session state 5 and 6, and a dropdown 7."""
    shown = [
        make_component(5, "state"),
        make_component(6, "state"),
        make_component(7, "dropdown", value="a"),
        make_component(8, "file", value=ONE),
    ]
    return {
        "components": shown,
        "dependencies": [{"inputs": [], "outputs": [], "targets": [], **each} for each in dependencies],
    }


LOAD = [[0, "load"]]


@pytest.mark.parametrize(
    ("dependencies", "called"),
    [
        ([{"id": 3, "targets": LOAD, "outputs": [5]}], [3]),
        ([{"id": 3, "targets": LOAD, "outputs": [5], "api_name": False}], [3]),
        ([{"targets": LOAD, "outputs": [5]}], [0]),
        ([{"id": 3, "targets": LOAD}], [3]),
        ([{"id": 3, "targets": LOAD, "outputs": [7]}], []),
        (
            [{"id": 1, "targets": LOAD, "outputs": [7]}, {"id": 2, "trigger_after": 1, "inputs": [7], "outputs": [5]}],
            [1, 2],
        ),
        ([{"id": 1, "targets": LOAD, "outputs": [5]}, {"id": 2, "targets": [[7, "change"]], "outputs": [6]}], [1]),
        ([{"id": 3, "targets": LOAD, "outputs": [5], "backend_fn": False}], []),
        ([{"id": 3, "targets": LOAD, "outputs": [5], "every": 1}], []),
        ([{"id": 3, "targets": LOAD, "outputs": [5], "connection": "stream"}], []),
        ([{"id": 3, "targets": LOAD, "outputs": [5], "collects_event_data": True}], []),
        ([{"id": [], "targets": LOAD, "outputs": [[], 5], "trigger_after": {}}], [0]),
        ([{"id": n, "targets": LOAD, "outputs": [5]} for n in range(40)], [*range(MAX_LOAD_EVENTS)]),
    ],
)
def test_the_events_that_open_a_session_are_those_that_fill_it(
    dependencies: list[dict[str, Any]], called: list[int]
) -> None:
    assert [event.number for event in parse_page_events(page(*dependencies)).opening_events] == called


def test_an_opening_event_gets_what_the_page_shows_first_and_never_a_file() -> None:
    (event,) = parse_page_events(
        page({"id": 3, "targets": LOAD, "inputs": [5, 7, 8, 99], "outputs": [6]})
    ).opening_events
    assert event.initial_values == (None, "a", None, None)


def test_a_chain_without_end_is_looked_at_for_a_while() -> None:
    steps = [{"id": n, "trigger_after": n - 1 if n else 9_999, "outputs": [5]} for n in range(10_000)]
    events = parse_page_events(page(*steps))
    assert len(events.get_preceding_steps(9_999)) == 50
    assert json.dumps(events.opening_events) == "[]"


def test_first_values_of_a_page_are_kept_within_a_budget() -> None:
    long = make_component(8, "textbox", value="x" * (MAX_INITIAL_CHARACTERS + 1))
    config = page({"id": 3, "targets": LOAD, "inputs": [7, 8, 7], "outputs": [5]})
    config["components"] = [*config["components"][:3], long]
    (event,) = parse_page_events(config).opening_events
    assert event.initial_values == ("a", None, None)


def test_a_long_list_leaves_room_for_the_next_ones() -> None:
    many = {"component_ids": [2], "samples": [[f"mot {n}"] for n in range(40)], "headers": ["Un mot"]}
    examples = described([many, {"component_ids": [1], "samples": [[NAMED]]}]).endpoints[0].examples
    assert [example.dataset_index for example in examples] == [0] * 29 + [1]
    assert examples[0].labelled_values == (("Un mot", "mot 0"),)
    assert examples[29].labelled_values == (("Photo", "photo.png"),)


def test_a_value_that_an_example_leaves_empty_is_not_mentioned() -> None:
    photo = {"component_ids": [1, 2], "samples": [[NAMED, ""], [NAMED, "un chat"]]}
    words = {"component_ids": [2], "samples": [[""]]}
    examples = described([photo, words]).endpoints[0].examples
    assert [[label for label, _ in each.labelled_values] for each in examples] == [
        ["Photo"],
        ["Photo", "Mots"],
        ["Mots"],
    ]
    assert examples[0].values["mots"] == ""
