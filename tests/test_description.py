"""What a Space says of itself, joined from /config and /info: recorded ones, old ones, hostile ones."""

import json
from typing import Any

import pytest

from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.spaces.schema.page import ranking
from hfcourse.spaces.schema.parameters.parameter import Parameter
from tests.support.recordings import (
    RECORDED_ENDPOINTS,
    RECORDED_PARAMETERS,
    RECORDING_NAMES,
    RECORDINGS_FOLDER,
    describe_recording,
    get_recorded_endpoint,
    get_recorded_parameter,
)


def make_endpoint(
    entry: dict[str, Any] | None = None, dependency: dict[str, Any] | None = None, **props: Any
) -> Endpoint:
    """An endpoint of one parameter, with these parts."""
    given = {"label": "Champ", "parameter_name": "x", "type": {"type": "string"}, "component": "Textbox"} | (
        entry or {}
    )
    config = {
        "components": [{"id": 1, "type": given["component"].lower(), "props": props}],
        "dependencies": [{"api_name": "f", "inputs": [1], "outputs": [], "targets": []} | (dependency or {})],
    }
    info = {"named_endpoints": {"/f": {"parameters": [given], "returns": []}}}
    return build_description(config, info).endpoints[0]


def field(entry: dict[str, Any] | None = None, **props: Any) -> Parameter:
    return make_endpoint(entry, **props).parameters[0]


@pytest.mark.parametrize("name", RECORDING_NAMES)
def test_every_recorded_endpoint_is_described_with_all_its_parameters_and_returns(name: str) -> None:
    info = json.loads((RECORDINGS_FOLDER / f"{name}.json").read_text())["info"]["named_endpoints"]
    found = {each.name: each for each in describe_recording(name).endpoints}
    assert set(found) == set(info)
    for path, entry in info.items():
        assert [each.name for each in found[path].parameters] == [
            each["parameter_name"] for each in entry["parameters"]
        ]
        assert [each.component for each in found[path].returns] == [each["component"] for each in entry["returns"]]


@pytest.mark.parametrize(("where", "each"), RECORDED_PARAMETERS, ids=[where for where, _ in RECORDED_PARAMETERS])
def test_every_recorded_parameter_has_a_label_that_a_person_can_read(where: str, each: Parameter) -> None:
    assert each.label.strip()
    assert not each.label.startswith(("parameter_", "__i18n__"))
    assert each.component == each.component.lower()


@pytest.mark.parametrize(
    ("name", "each"), RECORDED_ENDPOINTS, ids=[f"{name}{each.name}" for name, each in RECORDED_ENDPOINTS]
)
def test_every_recorded_output_has_a_label(name: str, each: Endpoint) -> None:
    assert all(item.label and not item.label.startswith("value_") for item in each.returns)
    assert each.title


@pytest.mark.parametrize("name", RECORDING_NAMES)
def test_what_can_be_called_comes_before_what_cannot(name: str) -> None:
    obstacles = [bool(each.blocked_reason) for each in describe_recording(name).endpoints]
    assert obstacles == sorted(obstacles)


class TestRecorded:
    def test_a_calculator(self) -> None:
        described = get_recorded_endpoint("calculator", "/predict")
        assert [(each.name, each.component, each.default) for each in described.parameters] == [
            ("num1", "number", 0),
            ("operation", "radio", None),
            ("num2", "number", 0),
        ]
        assert described.parameters[1].choices[0] == ("add", "add")

    def test_integer_choices_are_numbers(self) -> None:
        choices = get_recorded_endpoint("stock_forecast", "/predict").parameters[0].choices
        assert choices == (("2025", 2025), ("2030", 2030), ("2035", 2035), ("2040", 2040))

    def test_a_sentence_builder_has_its_help_texts_and_bounds(self) -> None:
        parameters = {each.name: each for each in get_recorded_endpoint("sentence_builder", "/predict").parameters}
        slider = next(each for each in parameters.values() if each.component == "slider")
        assert (slider.minimum, slider.maximum) == (2, 20)
        assert sum(bool(each.help) for each in parameters.values()) >= 3

    def test_the_file_that_an_app_shows_first_is_no_default_of_ours(self) -> None:
        for each in get_recorded_endpoint("image_mod_default_image", "/predict").parameters:
            assert each.default is None

    def test_a_table_has_headers_types_and_a_first_value(self) -> None:
        table = get_recorded_endpoint("matrix_transpose", "/predict").parameters[0]
        assert table.component == "dataframe"
        assert table.headers == ("1", "2", "3")
        assert len(table.datatypes) == 3

    def test_the_first_of_forty_endpoints_is_the_one_that_has_a_button(self) -> None:
        endpoints = describe_recording("change_vs_input").endpoints
        assert len(endpoints) == 40
        assert endpoints[0].title == "Set Values"

    def test_a_generator_is_known_as_one(self) -> None:
        assert [each.name for each in describe_recording("count_generator").endpoints if each.is_generator]
        assert not any(each.is_generator for each in describe_recording("hello_world").endpoints)

    def test_an_endpoint_with_state_is_known_as_one(self) -> None:
        assert all(each.has_session_state for each in describe_recording("blocks_simple_squares").endpoints)
        assert not any(each.has_session_state for each in describe_recording("calculator").endpoints)

    def test_several_files_are_several(self) -> None:
        assert get_recorded_parameter("zip_files", "/predict", "files").multiple


class TestPresentation:
    def test_a_button_gives_its_words_as_title(self) -> None:
        config = {
            "components": [{"id": 1, "type": "button", "props": {"value": "Calculer"}}],
            "dependencies": [{"api_name": "f", "inputs": [], "outputs": [], "targets": [[1, "click"]]}],
        }
        assert (
            build_description(config, {"named_endpoints": {"/f": {"parameters": [], "returns": []}}}).endpoints[0].title
            == "Calculer"
        )

    @pytest.mark.parametrize(
        "label", ["parameter_12", "param_3", "", None, 5, {}, {"key": 5}, "__i18n__{", "__i18n__[]", "  "]
    )
    def test_a_label_that_is_none_falls_back_to_the_name(self, label: Any) -> None:
        assert field({"label": label, "parameter_name": "my_text"}).label == "My text"

    @pytest.mark.parametrize(
        "label", ['__i18n__{"__type__": "translation_metadata", "key": "chat.send_all"}', {"key": "chat.send_all"}]
    )
    def test_a_translated_label_is_the_last_word_of_its_key(self, label: Any) -> None:
        assert field({"label": label, "parameter_name": "my_text"}).label == "Send all"

    @pytest.mark.parametrize(
        ("name", "component", "label"),
        [("param_0", "Image", "Image 1"), ("param_11", "Slider", "Réglette 12"), ("param_2", "Mine", "Valeur 3")],
    )
    def test_without_label_or_name_it_is_what_it_is(self, name: str, component: str, label: str) -> None:
        assert field({"label": "parameter_7", "parameter_name": name, "component": component}).label == label

    def test_a_label_is_cut_and_stays_text(self) -> None:
        assert field({"label": "<b>" + "x" * 500}).label == "<b>" + "x" * 197

    @pytest.mark.parametrize(
        ("props", "shown"),
        [
            ({}, True),
            ({"visible": True}, True),
            ({"visible": False}, False),
            ({"visible": "hidden"}, False),
            ({"interactive": False}, False),
            ({"interactive": None}, True),
        ],
    )
    def test_what_the_spaces_page_does_not_show_is_folded(self, props: dict[str, Any], shown: bool) -> None:
        assert field(**props).is_shown is shown

    @pytest.mark.parametrize(
        ("dependency", "entry", "words"),
        [
            ({"collects_event_data": True}, {}, ranking.NEEDS_EVENT),
            ({"component_prop_inputs": [0]}, {}, ranking.NEEDS_COMPONENT),
            ({"connection": "stream"}, {}, ranking.NEEDS_STREAM),
            ({}, {"oauth_token": "required"}, ranking.NEEDS_LOGIN),
            ({}, {"oauth_token": "of tomorrow"}, ranking.NEEDS_LOGIN),
            ({}, {"oauth_token": "optional"}, ""),
            ({}, {"oauth_token": None}, ""),
            ({"component_prop_inputs": [], "connection": "sse"}, {}, ""),
        ],
    )
    def test_what_cannot_be_called_from_outside_says_why(
        self, dependency: dict[str, Any], entry: dict[str, Any], words: str
    ) -> None:
        assert ranking.find_blocked_reason(dependency, entry) == words

    def test_private_and_undocumented_endpoints_are_left_out(self) -> None:
        entry = {"parameters": [], "returns": []}
        info = {
            "named_endpoints": {
                "/a": entry,
                "/b": entry | {"api_visibility": "private"},
                "/c": entry | {"api_visibility": "undocumented"},
                "/d": entry | {"show_api": False},
                "/e": entry | {"show_api": True},
            }
        }
        found = build_description({"components": [], "dependencies": []}, info).endpoints
        assert {each.name for each in found} == {"/a", "/e"}

    def test_an_endpoint_that_config_does_not_have_is_described_without_extras(self) -> None:
        entry = {
            "parameters": [{"parameter_name": "x", "component": "Slider", "type": {"type": "number"}}],
            "returns": [],
        }
        found = build_description({"components": [], "dependencies": []}, {"named_endpoints": {"/f": entry}}).endpoints[
            0
        ]
        assert (found.parameters[0].component, found.parameters[0].label, found.title) == ("slider", "X", "F")

    def test_a_space_without_endpoints_is_a_space(self) -> None:
        assert build_description({"components": [], "dependencies": []}, {"named_endpoints": {}}).endpoints == ()

    def test_ranking_prefers_what_its_author_meant_for_people(self) -> None:
        parameters = [{"parameter_name": "x", "component": "Textbox", "type": {"type": "string"}}]
        entry = {"parameters": parameters, "returns": [{"component": "Textbox"}]}
        deps = [
            {"api_name": "lambda", "inputs": [1], "outputs": [1], "targets": [[1, "change"]]},
            {"api_name": "loaded", "inputs": [1], "outputs": [1], "targets": [[None, "load"]]},
            {
                "api_name": "event",
                "inputs": [1],
                "outputs": [1],
                "targets": [[1, "click"]],
                "collects_event_data": True,
            },
            {"api_name": "meant", "inputs": [1], "outputs": [1], "targets": [[1, "submit"]]},
        ]
        config = {"components": [{"id": 1, "type": "textbox", "props": {}}], "dependencies": deps}
        found = build_description(
            config, {"named_endpoints": {f"/{each['api_name']}": entry for each in deps}}
        ).endpoints
        assert [each.name for each in found] == ["/meant", "/loaded", "/lambda", "/event"]


class TestDefaults:
    @pytest.mark.parametrize("value", ["text", 5, 2.5, True, False, "", 0, [], ["a", 1, None]])
    def test_scalars_and_lists_of_them_are_shown_first(self, value: Any) -> None:
        assert field({"parameter_default": value}).default == value
        assert field({"parameter_default": "other"}, value=value).default == value

    def test_a_table_is_shown_first(self) -> None:
        table = {"headers": ["a"], "data": [[1]], "metadata": None}
        assert field({"component": "Dataframe"}, value=table).default == table

    @pytest.mark.parametrize(
        "value",
        [
            {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
            [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}],
            {"data": [], "path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
            {"text": "", "files": [{"path": "/etc/passwd"}]},
            {"data": 5},
            None,
            ["x"] * 20_001,
        ],
    )
    def test_anything_else_is_not(self, value: Any) -> None:
        assert field({"parameter_default": value}, value=value).default in ("", None)

    def test_columns_without_titles_of_their_own_have_those_of_the_value(self) -> None:
        table = field({"component": "Dataframe"}, value={"headers": ["a", "b"], "data": [[1, 2]]}, datatype="number")
        assert (table.headers, table.datatypes) == (("a", "b"), ("number", "number"))


class TestHostile:
    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("minimum", "0"),
            ("maximum", []),
            ("step", {}),
            ("precision", True),
            ("precision", "0"),
            ("lines", "many"),
            ("lines", -5),
            ("choices", "abc"),
            ("choices", {}),
            ("headers", 5),
            ("datatype", 5),
            ("file_types", "a"),
            ("info", []),
            ("placeholder", 5),
            ("minimum", True),
        ],
    )
    def test_a_prop_of_the_wrong_type_is_as_if_absent(self, key: str, value: Any) -> None:
        assert field(**{key: value}) == field()

    def test_lines_are_within_reason(self) -> None:
        assert field(lines=10**9).lines == 20

    @pytest.mark.parametrize("name", ["x" * 300, "é" * 201])
    def test_an_endpoint_whose_name_no_column_holds_is_left_out(self, name: str) -> None:
        info = {"named_endpoints": {f"/{name}": {"parameters": [], "returns": []}}}
        assert build_description({"components": [], "dependencies": []}, info).endpoints == ()

    def test_a_parameters_name_is_cut(self) -> None:
        assert len(field({"parameter_name": "x" * 300}).name) == 200

    def test_too_many_endpoints_are_cut_and_one_of_too_many_parameters_is_closed(self) -> None:
        entry = {"parameters": [], "returns": []}
        config = {"components": [], "dependencies": []}
        many = {"named_endpoints": {f"/{number}": entry for number in range(600)}}
        assert len(build_description(config, many).endpoints) == 500
        heavy = {"named_endpoints": {"/f": entry | {"parameters": [{"parameter_name": "x"}] * 501}}}
        assert [each.blocked_reason for each in build_description(config, heavy).endpoints] == [
            ranking.TOO_LARGE_FOR_FORM
        ]

    def test_too_many_choices_are_cut(self) -> None:
        for cut in (
            field(choices=[["a", number] for number in range(20_001)]).choices,
            field({"type": {"enum": list(range(20_001))}}).choices,
        ):
            assert (len(cut), cut.is_cut) == (20_000, True)


def endpoints_of(**entries: Any) -> dict[str, Endpoint]:
    info = {"named_endpoints": {f"/{name}": entry for name, entry in entries.items()}}
    found = build_description({"components": [], "dependencies": []}, info).endpoints
    return {each.name: each for each in found}


def text_named(name: Any) -> dict[str, Any]:
    return {"label": "Texte", "parameter_name": name, "type": {"type": "string"}, "component": "Textbox"}


def test_parameters_of_one_name_get_names_of_their_own() -> None:
    names = ["param_1", "param_1", "param_1__2", "param_1", "autre"]
    found = endpoints_of(mixed={"parameters": [text_named(name) for name in names], "returns": []})["/mixed"]
    assert [each.name for each in found.parameters] == ["param_1", "param_1__2_", "param_1__2", "param_1__4", "autre"]
    assert [each.is_named for each in found.parameters] == [True, False, True, False, True]


@pytest.mark.parametrize(
    "odd",
    [
        {"parameters": [{"label": "x"}], "returns": []},
        {"parameters": [text_named("x") | {"type": {"type": []}}], "returns": [{"label": {}, "type": 5}]},
        {"parameters": [], "returns": [], "description": {"a": 1}},
    ],
)
def test_odd_endpoint_leaves_the_others_open(odd: dict[str, Any]) -> None:
    found = endpoints_of(odd=odd, good={"parameters": [text_named("x")], "returns": []})
    assert not found["/good"].blocked_reason
    assert [each.name for each in found["/good"].parameters] == ["x"]
    assert found["/odd"].blocked_reason in ("", ranking.MALFORMED_DESCRIPTION)


@pytest.mark.parametrize("odd", [None, 5, [], {}, {"parameters": {}}, {"parameters": [None], "returns": []}])
def test_what_is_no_endpoint_is_left_out(odd: Any) -> None:
    assert [*endpoints_of(odd=odd, good={"parameters": [], "returns": []})] == ["/good"]


def test_endpoint_without_names_in_info_is_closed_with_its_reason() -> None:
    found = endpoints_of(odd={"parameters": [{"label": "x"}], "returns": []}, good={"parameters": [], "returns": []})
    assert found["/odd"].blocked_reason == ranking.MALFORMED_DESCRIPTION
