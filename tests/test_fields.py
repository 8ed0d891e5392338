"""A form with every input component of Gradio, through the site: drawn, sent as it is, filled, filled again."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from sqlalchemy import update

from hfcourse import database
from hfcourse.files import file_store
from hfcourse.runs.store.models import Run, RunFile
from hfcourse.tokens import MASK_TEXT
from tests.spaces.fake_servers import FakeSpace
from tests.support.clients import BrowserClient
from tests.support.form_parsing import collect_form_fields, list_error_codes, parse_page

EVERYTHING = json.loads((Path(__file__).parent / "data" / "every_component.json").read_text(encoding="utf-8"))
PARAMETERS = EVERYTHING["info"]["named_endpoints"]["/tout"]["parameters"]
PNG, WEBM = b"\x89PNG\r\n\x1a\n" + b"\0" * 20, b"\x1aE\xdf\xa3" + b"\0" * 20
IMAGES = "image/png,image/jpeg,image/webp,image/gif,image/avif,image/bmp,image/tiff,.ico"
TOKEN = "hf_" + "d" * 34
PAGE = "/espaces/a/b"
EDITED = {"background": None, "layers": [], "composite": None, "id": None}
SAID = {"role": "user", "metadata": None, "content": [{"text": "salut", "type": "text"}], "options": None}
LABEL = {"label": "a", "confidences": [{"label": each, "confidence": 0.5} for each in "ab"]}
# What is sent when nobody touches the form, in order.
UNTOUCHED: list[Any] = [
    "", "", "", 0, 0.5, True, [], None, "a", [], "now - 5m", "2024-01-02", "#ff0000", None, None, None, None, None,
    None, None, EDITED, [None, None], [], {"headers": ["x", "y"], "data": [], "metadata": None},
    {"headers": ["1", "2", "3"], "data": [], "metadata": None}, {"a": 1}, "x=1", [SAID], {"text": "hé", "files": []},
    LABEL, [{"token": "a", "class_or_confidence": "x"}], [{"speaker": "A", "text": "b"}],
    [], "<b>x</b>", "**x**", [1], None, 2, None, None, None, {},
]  # fmt: skip


@pytest.fixture
def space() -> Iterator[FakeSpace]:
    made = FakeSpace(config=EVERYTHING["config"], info=EVERYTHING["info"])
    yield made
    made.close()


def sent_to(space: FakeSpace) -> list[Any]:
    """The values of the latest call."""
    return space.requests_to("/join")[-1].json["data"]


def words_of(page: BeautifulSoup, control: Tag) -> str:
    """What names a control: a label, an aria-label, the legend around it."""
    said = [str(control.get("aria-label", ""))]
    said += [each.get_text(" ", strip=True) for each in page.select(f'label[for="{control.get("id")}"]')]
    said += [each.get_text(" ", strip=True) for each in (control.find_parent("label"), legend_of(control)) if each]
    return " ".join(said).strip()


def legend_of(control: Tag) -> Tag | None:
    around = control.find_parent("fieldset")
    return around.find("legend") if around else None


def kept(*places: str, content: bytes = PNG) -> dict[str, Any]:
    """A file for each of these controls, each with a name of its own."""
    return {place: (io.BytesIO(content), f"{place}.png") for place in places}


def test_each_parameter_has_a_control_that_says_what_it_is(site_student: BrowserClient) -> None:
    page = site_student.open_page(PAGE)
    for parameter in PARAMETERS:
        name = f"arg-{parameter['parameter_name']}"
        controls = [each for each in page.select("form [name]") if f"{each['name']}-".startswith(f"{name}-")]
        assert controls, name
        for control in controls:
            assert control.get("type") == "hidden" or words_of(page, control), control


def test_each_component_has_the_control_that_suits_it(site_student: BrowserClient) -> None:
    page = site_student.open_page(PAGE)
    kinds = {
        str(each["name"]).removeprefix("arg-param_"): str(each.get("type", each.name))
        for each in page.select("form [name^='arg-']")
    }
    assert kinds == {
        **{"0": "password", "1": "email", "2": "textarea", "3": "text", "4": "text", "5": "checkbox", "6": "checkbox"},
        **{"7": "radio", "8": "text", "9": "checkbox", "9-others": "textarea", "10": "text", "11": "date"},
        **{"12": "color", "13": "file", "14": "file", "15": "file", "16": "file", "17": "file", "18": "file"},
        **{"19": "file", "20-background": "file", "20-layers": "file", "20-composite": "file", "21-1": "file"},
        **{"21-2": "file", "22": "file", "23-0-0": "text", "23-0-1": "text", "23-1-0": "text", "23-1-1": "text"},
        **{f"24-{line}-{column}": "text" for line in range(3) for column in range(3)},
        **{"25": "textarea", "26": "textarea", "27": "textarea", "28-text": "textarea", "28-files": "file"},
        **{"29": "text", "30": "textarea", "31": "textarea", "32": "textarea", "33": "textarea", "34": "textarea"},
        **{"35": "textarea", "36": "hidden", "37": "text", "39": "hidden", "40": "hidden", "42": "file"},
        "43": "textarea",
    }


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("param_0", {"maxlength": "5"}),
        ("param_8", {"list": "l-arg-param_8"}),
        ("param_13", {"multiple": "", "accept": "image/*,.pdf"}),
        ("param_14", {"multiple": "", "webkitdirectory": ""}),
        ("param_16", {"accept": IMAGES, "capture": "environment"}),
        ("param_17", {"accept": "audio/*", "capture": "user"}),
        ("param_18", {"accept": "video/*"}),
        ("param_19", {"accept": ".obj,.glb,.gltf,.stl,.splat,.ply"}),
        ("param_20-layers", {"multiple": "", "accept": IMAGES}),
        ("param_22", {"multiple": "", "accept": f"{IMAGES},video/*"}),
    ],
)
def test_a_control_has_what_its_space_says(site_student: BrowserClient, name: str, attributes: dict[str, str]) -> None:
    control = site_student.open_page(PAGE).select_one(f'[name="arg-{name}"]')
    assert control
    assert {key: control.get(key) for key in attributes} == attributes
    watched = {"multiple", "accept", "webkitdirectory", "capture", "maxlength", "list"}
    assert watched & set(control.attrs) == set(attributes)


def test_a_form_that_nobody_touches_sends_the_empty_value_or_the_default_of_each(
    site_student: BrowserClient, space: FakeSpace
) -> None:
    run = site_student.wait_for_end(site_student.submit_form(site_student.open_page(PAGE)).headers["Location"])
    assert run["status"] == "succeeded", run
    assert [run["inputs"][each["parameter_name"]] for each in PARAMETERS] == UNTOUCHED
    # The client adds the state of the session, and a button's own words.
    assert sent_to(space) == [*UNTOUCHED[:38], None, *UNTOUCHED[38:40], "B", *UNTOUCHED[40:]]


FILLED: dict[str, Any] = {
    "param_0": "abc", "param_3": "2,5", "param_5": None, "param_6": ["a", "b"], "param_7": "2", "param_8": "autre",
    "param_9": ["b"], "param_9__others": "c\r\nd\r\n", "param_10": "2024-02-29T05:20", "param_11": "2024-02-29",
    "param_12": "#00ff7f", "param_23__1__1": "7", "param_25": "[1]", "param_27": "vous : a\r\nb\r\nmodèle : c",
    "param_28__text": "deux\r\nlignes", "param_29": "chat", "param_31": "Zoé : Salut : ça va", "param_32": "d/e.txt",
}  # fmt: skip


def test_what_is_typed_is_sent_with_its_type(site_student: BrowserClient) -> None:
    run = site_student.wait_for_end(
        site_student.submit_form(site_student.open_page(PAGE), **FILLED).headers["Location"]
    )
    inputs = {key.removeprefix("param_"): value for key, value in run["inputs"].items()}
    part = [{"text": "a\nb", "type": "text"}], [{"text": "c", "type": "text"}]
    assert {key: inputs[key] for key in ("0", "3", "5", "6", "7", "8", "9", "10", "11", "12", "25", "29", "32")} == {
        "0": "abc", "3": 2.5, "5": False, "6": ["a", "b"], "7": 2, "8": "autre", "9": ["b", "c", "d"],
        "10": "2024-02-29 05:20:00", "11": "2024-02-29", "12": "#00ff7f", "25": [1],
        "29": {"label": "chat", "confidences": None}, "32": [["d", "e.txt"]],
    }  # fmt: skip
    assert inputs["23"]["data"] == [["", 7]]
    assert [(each["role"], each["content"]) for each in inputs["27"]] == [("user", part[0]), ("assistant", part[1])]
    assert inputs["28"] == {"text": "deux\nlignes", "files": []}
    assert inputs["31"] == [{"speaker": "Zoé", "text": "Salut : ça va"}]


class TestFiles:
    PLACES = ("param_16", "param_20__background", "param_21__2", "param_28__files")

    def filled(self) -> dict[str, Any]:
        several = [(io.BytesIO(b"%PDF-1.7 a"), "a.pdf"), (io.BytesIO(PNG), "b.png")]
        films = [(io.BytesIO(PNG), "c.png"), (io.BytesIO(WEBM), "d.webm")]
        return {**kept(*self.PLACES), "param_13": several, "param_22": films}

    def test_a_file_is_sent_at_its_place(self, site_student: BrowserClient, space: FakeSpace) -> None:
        site_student.wait_for_end(
            site_student.submit_form(site_student.open_page(PAGE), **self.filled()).headers["Location"]
        )
        data = sent_to(space)

        def name_of(value: Any) -> Any:
            assert value["meta"] == {"_type": "gradio.FileData"}
            return value["orig_name"]

        assert [name_of(each) for each in data[13]] == ["a.pdf", "b.png"]
        assert name_of(data[16]) == "param_16.png"
        assert (name_of(data[20]["background"]), data[20]["layers"]) == ("param_20__background.png", [])
        assert name_of(data[20]["composite"]) == "param_20__background.png"
        assert (data[21][0], name_of(data[21][1])) == (None, "param_21__2.png")
        assert [(*each,) for each in data[22]] == [("image", "caption"), ("video", "caption")]
        assert [name_of(each) for each in data[28]["files"]] == ["param_28__files.png"]
        assert data[28]["text"] == "hé"

    def test_the_run_shows_them_and_its_form_has_them_again(self, site_student: BrowserClient) -> None:
        address = site_student.submit_form(site_student.open_page(PAGE), **self.filled()).headers["Location"]
        run = site_student.wait_for_end(address)
        entries = run["inputs"]["param_13"]
        assert [(each["name"], each["bytes"]) for each in entries] == [("a.pdf", 10), ("b.png", len(PNG))]
        assert run["inputs"]["param_22"][1]["video"]["media_type"] == "video/webm"
        with site_student.client.get(entries[1]["file"]) as answer:
            assert answer.data == PNG
        shown = site_student.open_page(address).select_one("section[aria-labelledby=envoi]")
        assert shown
        assert {"a.pdf", "b.png", "c.png", "d.webm"} <= {each.text for each in shown.select("a")}
        assert "param_20__background.png" in shown.text

        again = site_student.open_page(f"{PAGE}?endpoint=/tout&essai={address.rsplit('/', 1)[-1]}")
        second = site_student.wait_for_end(site_student.submit_form(again).headers["Location"])

        def without_addresses(value: Any) -> str:
            return json.dumps(value).replace(run["id"], "").replace(second["id"], "")

        assert without_addresses(second["inputs"]) == without_addresses(run["inputs"])

    def test_files_survive_an_error_elsewhere_and_one_can_be_left_out(self, site_student: BrowserClient) -> None:
        refused = parse_page(site_student.submit_form(site_student.open_page(PAGE), **self.filled(), param_3="abc"))
        assert list_error_codes(refused)[0] == "invalid-input"
        texts = [each.text for each in refused.select("form .message b")]
        assert texts == ["a.pdf", "b.png", "param_16.png", "param_20__background.png", "param_21__2.png", "c.png",
                         "d.webm", "param_28__files.png"]  # fmt: skip
        first = refused.select_one('[name="arg-param_13-drop"]')
        assert first
        sent = site_student.submit_form(
            refused, param_3="3", param_13__drop=first["value"], param_13=(io.BytesIO(b"%PDF"), "e.pdf")
        )
        run = site_student.wait_for_end(sent.headers["Location"])
        assert [each["name"] for each in run["inputs"]["param_13"]] == ["b.png", "e.pdf"]

    def test_one_of_several_that_is_refused_leaves_the_others(self, site_student: BrowserClient) -> None:
        chosen = [(io.BytesIO(b"text"), "a.txt"), (io.BytesIO(PNG), "b.png")]
        refused = parse_page(site_student.submit_form(site_student.open_page(PAGE), param_13=chosen))
        field = refused.select_one("#e-arg-param_13")
        assert field
        assert "Le Space refuse ce fichier" in field.text
        assert [each.text for each in refused.select("form .message b")] == ["b.png"]

    @pytest.mark.parametrize("place", ["param_13", "param_20-layers", "param_21-1", "param_22", "param_28-files"])
    def test_text_is_no_file_anywhere(self, site_student: BrowserClient, space: FakeSpace, place: str) -> None:
        data = '{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}'
        refused = site_student.submit_form(site_student.open_page(PAGE), **{place: [data]})
        assert (refused.status_code, list_error_codes(parse_page(refused))[0]) == (400, "invalid-input")
        assert space.requests_to("/join") == []

    def test_a_missing_part_is_missed(self, site_student: BrowserClient) -> None:
        assert site_student.submit_form(site_student.open_page(PAGE), **{"param_20-layers": None}).status_code == 400
        assert site_student.submit_form(site_student.open_page(PAGE), **{"param_28-text": None}).status_code == 400

    def test_a_file_survives_a_space_that_is_gone(
        self, site_student: BrowserClient, space: FakeSpace, site: Flask
    ) -> None:
        page = site_student.open_page(PAGE)
        for each in page.select('[name="endpoint"]'):
            each["value"] = "/gone"
        refused = parse_page(site_student.submit_form(page, **kept("param_16"), param_0="abc"))
        assert list_error_codes(refused)[0] == "endpoint-gone"
        again = refused.select_one("form[action='/essais']")
        assert again
        assert again.select_one('[name="arg-param_0"]').text.strip() == "abc"
        file_id = again.select_one('[name="arg-param_16-kept"]')["value"]
        with site.app_context(), site_student.client.session_transaction() as session:
            assert file_store.find_file(session["visitor"], file_id).name == "param_16.png"


def test_a_run_of_before_still_shows_its_file_and_fills_its_form(site_student: BrowserClient, site: Flask) -> None:
    address = site_student.submit_form(site_student.open_page(PAGE), **kept("param_16")).headers["Location"]
    run_id = address.rsplit("/", 1)[-1]
    site_student.wait_for_end(address)
    with site.app_context(), database.write_session() as session:
        run = session.get(Run, run_id)
        assert run.inputs["param_16"] == {"$file": 0}
        session.execute(update(Run).where(Run.id == run_id).values(inputs={**run.inputs, "param_16": None}))
        assert session.get(RunFile, (run_id, 0)).parameter == "param_16"
    assert site_student.wait_for_end(address)["inputs"]["param_16"]["name"] == "param_16.png"
    again = site_student.open_page(f"{PAGE}?essai={run_id}")
    assert (
        site_student.wait_for_end(site_student.submit_form(again).headers["Location"])["inputs"]["param_16"]["name"]
        == "param_16.png"
    )


def test_what_a_student_writes_as_json_is_no_file_of_ours(site_student: BrowserClient, space: FakeSpace) -> None:
    run = site_student.wait_for_end(
        site_student.submit_form(site_student.open_page(PAGE), param_25='{"$file": 0}', **kept("param_16")).headers[
            "Location"
        ]
    )
    assert run["inputs"]["param_25"] == {"$file": 0}
    assert sent_to(space)[25] == {"$file": 0}


@pytest.mark.parametrize(
    "place",
    ["param_0", "param_9-others", "param_10", "param_12", "param_23-0-0", "param_25", "param_26", "param_27",
     "param_28-text", "param_29", "param_30", "param_31", "param_32", "param_35"],
)  # fmt: skip
def test_a_token_is_masked_in_every_control(site_student: BrowserClient, space: FakeSpace, place: str) -> None:
    refused = site_student.submit_form(site_student.open_page(PAGE), **{place: f"user: {TOKEN}"})
    page = parse_page(refused)
    assert (refused.status_code, list_error_codes(page)[0]) == (400, "secret-in-input")
    assert TOKEN not in refused.text
    assert MASK_TEXT in refused.text
    assert space.requests_to("/join") == []


@pytest.mark.parametrize("place", ["param_13", "param_20-layers", "param_22", "param_28-files"])
def test_a_token_in_the_name_of_a_file_is_found_wherever_it_is_sent(
    site_student: BrowserClient, space: FakeSpace, place: str
) -> None:
    refused = site_student.submit_form(
        site_student.open_page(PAGE), **{place: [(io.BytesIO(PNG), "a.png"), (io.BytesIO(PNG), f"{TOKEN}.png")]}
    )
    assert (refused.status_code, list_error_codes(parse_page(refused))[0]) == (400, "secret-in-input")
    assert TOKEN not in refused.text
    assert [request.path for request in space.requests if request.path.endswith("/upload")] == []


@pytest.mark.parametrize(
    ("place", "text", "words"),
    [
        ("param_3", "9", "au plus 5"),
        ("param_4", "2", "entre 0 et 1"),
        ("param_7", "3", "réponses proposées"),
        ("param_10", "demain", "2025-07-14"),
        ("param_25", '{"a": 1,\r\n "b" 2}', "ligne 2, colonne 6"),
        ("param_27", "salut", "Commencez la première ligne"),
        ("param_32", "../../etc", "chemin par ligne"),
    ],
)
def test_a_mistake_is_told_beside_its_field_and_stays(
    site_student: BrowserClient, place: str, text: str, words: str
) -> None:
    page = parse_page(site_student.submit_form(site_student.open_page(PAGE), **{place: text}))
    said = page.select_one(f"#e-arg-{place}")
    assert said
    assert words in said.text
    control = page.select_one(f'[name="arg-{place}"]')
    if control.get("type") != "radio":
        assert control.get("value", control.text.strip()).replace("\r\n", "\n") == text.replace("\r\n", "\n")
    assert f"e-arg-{place}" in str(page.select_one('[aria-invalid="true"]')["aria-describedby"])


class TestExamples:
    def test_the_first_one_is_number_0_and_fills_what_it_names(self, site_student: BrowserClient) -> None:
        page = site_student.open_page(PAGE)
        links = page.select(".examples a")
        assert [each["href"].rsplit("=", 1)[-1] for each in links] == ["0", "1", "2", "3", "4", "5"]
        assert all("Remplir avec cet exemple" in each.text for each in links)
        assert [each.text for each in links[0].select(".example-value")] == ["t\u00a0: hé", "Nombre 4\u00a0: 3"]
        filled = site_student.open_page(links[1]["href"])
        assert filled.select_one('[name="arg-param_0"]')["value"] == "ho"
        assert filled.select_one('[name="arg-param_3"]')["value"] == "5"
        assert filled.select_one('[name="arg-param_4"]')["value"] == "0,5"

    @pytest.mark.parametrize("number", ["99", "-1", "x", "", "0x0", "1" * 9])
    def test_one_that_there_is_not_leaves_the_defaults(self, site_student: BrowserClient, number: str) -> None:
        page = site_student.open_page(f"{PAGE}?exemple={number}")
        assert page.select_one('[name="arg-param_0"]')["value"] == ""


def test_a_line_is_added_without_a_run(site_student: BrowserClient, space: FakeSpace) -> None:
    page = site_student.open_page(PAGE)
    sent = collect_form_fields(page.select_one("form[data-endpoint]"))
    page = parse_page(
        site_student.post_form("/essais", {**sent, "arg-param_23-0-0": ["gardé"], "add-row": ["param_23"]})
    )
    assert page.select_one('[name="arg-param_23-0-0"]')["value"] == "gardé"
    assert page.select_one('[name="arg-param_23-2-1"]')
    assert space.requests_to("/join") == []


def test_a_function_without_components_is_filled_by_its_python_types(site_student: BrowserClient) -> None:
    page = site_student.open_page(f"{PAGE}?endpoint=/typed")
    sent = site_student.submit_form(page, a="3", g="v", h="", i=["k"], f='{"x": 1}')
    assert site_student.wait_for_end(sent.headers["Location"])["inputs"] == {
        "a": 3, "b": 2.5, "c": False, "d": "x", "e": [1], "f": {"x": 1}, "g": "v", "h": None, "i": ["k"], "j": [1, "a"],
    }  # fmt: skip
    assert "attendu" in page.select_one('label[for="arg-a"]').text
    assert "attendu" not in page.select_one('label[for="arg-b"]').text
