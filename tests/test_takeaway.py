"""The page of a Space: the call of its form as code, and an endpoint that cannot be called in the place of the form."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from hfcourse.files.file_store import FileHandle
from hfcourse.files.storage_backends import LocalBackend
from hfcourse.playground.code import code_target
from hfcourse.playground.code.form_code import build_form_call
from hfcourse.playground.code.languages.listings import render_listings
from hfcourse.spaces.catalogue import CatalogueEntry
from hfcourse.spaces.form import forms
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.spaces.schema.parameters.parameter import Parameter
from tests.spaces import fake_servers
from tests.spaces.fake_servers import FakeSpace, make_component
from tests.support.apps import open_app_for_space
from tests.support.clients import BrowserClient

API_FILE = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "meta": {"properties": {"_type": {"const": "gradio.FileData"}}}},
}
VIDEO_DATA = {
    "type": "object",
    "title": "VideoData",
    "properties": {"video": API_FILE, "subtitles": {"anyOf": [API_FILE, {"type": "null"}], "default": None}},
    "required": ["video"],
}
HUB = "https://a-b.hf.space"


def make_parameter(kind: str, name: str = "x", **parts: Any) -> Parameter:
    return Parameter(name=name, label="Champ", component=kind, **parts)


def codes(*parameters: Parameter, entry: CatalogueEntry | None = None, url: str = HUB, **given: Any) -> dict[str, str]:
    form = forms.bind_form(Endpoint("/f", "F", "", parameters, ()), given)
    target = code_target.make_target(entry or CatalogueEntry("a/b", "A"), url, "6.31.0")
    return {each.language.title: each.code for each in render_listings(build_form_call(target, form))}


class TestValues:
    def test_the_defaults_of_the_form_are_the_values_of_the_call(self) -> None:
        code = codes(make_parameter("textbox", "words", default="Bonjour"), make_parameter("number", "count"))["Python"]
        assert 'words="Bonjour"' in code
        assert "count=None" in code

    def test_what_a_run_sent_is_in_the_call(self) -> None:
        assert 'words="Zoé"' in codes(make_parameter("textbox", "words", default="Awa"), words="Zoé")["Python"]

    def test_a_table_is_the_value_that_the_space_gets(self) -> None:
        table = make_parameter("dataframe", "rows", headers=("a",), datatypes=("number",))
        code = codes(table, rows={"headers": ["a"], "data": [[1]], "metadata": None})["JavaScript"]
        assert 'rows: {"headers": ["a"], "data": [[1]], "metadata": null}' in code

    def test_a_file_is_a_sample_until_one_is_chosen(self, tmp_path: Path) -> None:
        kept = FileHandle("id", "ma photo.png", "image/png", 3, LocalBackend(tmp_path))
        assert 'photo=handle_file("votre_image.png")' in codes(make_parameter("image", "photo"))["Python"]
        assert 'photo=handle_file("ma photo.png")' in codes(make_parameter("image", "photo"), photo=kept)["Python"]

    def test_field_without_file_beside_a_chosen_one_is_empty_as_in_the_form(self, tmp_path: Path) -> None:
        kept = FileHandle("id", "a.png", "image/png", 3, LocalBackend(tmp_path))
        assert (
            "mask=None"
            in codes(make_parameter("image", "photo"), make_parameter("image", "mask"), photo=kept)["Python"]
        )

    def test_files_of_one_field_keep_their_own_names(self, tmp_path: Path) -> None:
        kept = [FileHandle(name, name, "text/plain", 3, LocalBackend(tmp_path)) for name in ("a.txt", "b.txt")]
        code = codes(make_parameter("file", multiple=True), x=kept)["Python"]
        assert 'x=[handle_file("a.txt"), handle_file("b.txt")]' in code

    @pytest.mark.parametrize(
        ("parameter", "expected"),
        [
            (make_parameter("audio"), 'handle_file("votre_son.wav")'),
            (make_parameter("model3d"), 'handle_file("votre_volume.glb")'),
            (make_parameter("file", file_types=(".xlsx", ".csv")), 'handle_file("votre_fichier.xlsx")'),
            (make_parameter("file", file_types=("image",)), 'handle_file("votre_image.png")'),
            (make_parameter("file", multiple=True), '[handle_file("votre_fichier.txt")]'),
            (make_parameter("gallery"), '[{"image": handle_file("votre_image.png"), "caption": None}]'),
            (
                make_parameter("gallery", file_types=("video",)),
                '[{"video": handle_file("votre_video.mp4"), "caption": None}]',
            ),
            (make_parameter("imageslider"), '[handle_file("votre_image.png"), handle_file("votre_image.png")]'),
            (make_parameter("multimodaltextbox"), '{"text": "", "files": []}'),
            (make_parameter("video", schema=VIDEO_DATA), '{"video": handle_file("votre_video.mp4")}'),
            (make_parameter("api", schema={"type": "array", "prefixItems": [API_FILE, {"type": "integer"}]}),
             '[handle_file("votre_fichier.txt"), 0]'),
            (make_parameter("api", schema={"oneOf": [{"type": "null"}, API_FILE]}), "None"),
        ],
        ids=lambda each: each.component if isinstance(each, Parameter) else "",
    )  # fmt: skip
    def test_sample_is_wrapped_and_named_as_the_parameter_wants(self, parameter: Parameter, expected: str) -> None:
        assert f"x={expected}," in codes(parameter)["Python"]

    def test_hostile_name_of_a_file_stays_a_text(self, tmp_path: Path) -> None:
        odd = FileHandle("id", 'secret."); import os', "application/octet-stream", 3, LocalBackend(tmp_path))
        assert """handle_file('secret."); import os')""" in codes(make_parameter("file"), x=odd)["Python"]

    def test_what_could_not_be_sent_is_nothing(self) -> None:
        assert "count=None" in codes(make_parameter("number", "count", default="beaucoup"))["Python"]


class TestAddress:
    def test_a_space_of_the_hub_is_named(self) -> None:
        code = codes(make_parameter("textbox"))
        assert 'Client("a/b", token=False)' in code["Python"]
        assert f"SPACE={HUB}" in code["cURL"]

    def test_the_address_of_another_is_told_to_nobody(self) -> None:
        for code in codes(make_parameter("textbox"), url="http://127.0.0.1:7861/path").values():
            assert "127.0.0.1" not in code
            assert "SPACE" in code

    def test_the_token_is_asked_for_where_the_catalogue_lends_it(self) -> None:
        assert (
            'os.environ["HF_TOKEN"]'
            in codes(make_parameter("textbox"), entry=CatalogueEntry("a/b", "A", token=True))["Python"]
        )


class TestPages:
    @pytest.fixture
    def space(self) -> Iterator[FakeSpace]:
        running = FakeSpace()
        yield running
        running.close()

    @pytest.fixture
    def app(self, tmp_path: Path, space: FakeSpace) -> Iterator[Flask]:
        with open_app_for_space(tmp_path, space.url) as made:
            yield made

    def test_the_code_is_beside_the_form_without_the_address(self, app: Flask, space: FakeSpace) -> None:
        page = BrowserClient(app.test_client()).open_page("/espaces/a/b")
        shown = {str(each["data-lang"]): each.get_text() for each in page.select("pre[data-lang]")}
        assert list(shown) == ["python", "flask", "javascript", "curl", "terminal", "notebook"]
        assert 'words=""' in shown["python"]
        assert space.url.removeprefix("http://") not in str(page)

    def test_code_stays_beside_a_form_that_is_refused_with_what_was_typed(self, app: Flask, space: FakeSpace) -> None:
        student = BrowserClient(app.test_client())
        answer = student.submit_form(student.open_page("/espaces/a/b"), words="hf_" + "a" * 30)
        page = BeautifulSoup(answer.text, "html.parser")
        code = page.select_one('pre[data-lang="python"]').get_text()  # type: ignore[union-attr]
        assert answer.status_code == 400
        assert "hf_a" not in answer.text
        assert 'words="[jeton masqué]"' in code

    def test_types_and_what_returns_stand_folded_beside_the_code(self, app: Flask, space: FakeSpace) -> None:
        page = BrowserClient(app.test_client()).open_page("/espaces/a/b")
        folded = page.select_one("section:has(pre[data-lang]) details")
        assert folded is not None
        assert folded.get("open") is None
        words = folded.get_text(" ", strip=True)
        assert "words" in words
        assert "texte" in words
        assert "Ce qui revient" in words

    def test_an_endpoint_that_cannot_be_called_says_why_in_the_place_of_the_form(
        self, app: Flask, space: FakeSpace
    ) -> None:
        space.config["dependencies"] = [{**fake_servers.ECHO_CONFIG["dependencies"][0], "collects_event_data": True}]
        page = BrowserClient(app.test_client()).open_page("/espaces/a/b?endpoint=/echo")
        assert page.select_one("form[data-endpoint]") is None
        words = page.select_one("main").get_text(" ", strip=True)  # type: ignore[union-attr]
        assert "on ne peut pas l’appeler d’ici" in words
        assert "Aucun point d’accès de ce Space ne s’appelle d’ici" in words
        assert page.select("pre[data-lang]") == []


class TestFindings:
    """What real apps taught."""

    def described(self, props: dict[str, Any], kind: str = "dataframe", **entry: Any) -> Parameter:
        config = {
            "components": [make_component(1, kind, **props)],
            "dependencies": [{"id": 0, "api_name": "f", "inputs": [1], "outputs": [], "targets": []}],
        }
        given = {"parameter_name": "x", "label": "X", "component": kind.title(), "type": {}, **entry}
        info = {"named_endpoints": {"/f": {"parameters": [given], "returns": []}}}
        return build_description(config, info).endpoints[0].parameters[0]

    def test_the_columns_of_the_first_value_win_over_the_numbers_that_gradio_fills_in(self) -> None:
        value = {"headers": ["a", "b", "c", "d"], "data": [[1, 2, 3, 4]], "metadata": None}
        assert self.described({"headers": ["1", "2", "3"], "value": value}).headers == ("a", "b", "c", "d")

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ({"path": "/tmp/x.png", "meta": {"_type": "gradio.FileData"}}, True),
            ([{"image": {"path": "/tmp/x.png"}, "caption": None}], True),
            ({"background": {"path": "x"}, "layers": []}, True),
            (None, False),
            ("text", False),
        ],
    )
    def test_a_file_that_the_space_starts_with_is_known(self, value: Any, expected: bool) -> None:
        assert self.described({"value": value}, "image").has_own_file is expected


@pytest.mark.parametrize(
    ("written", "version"),
    [("6.31.0", (6, 31)), ("6.13", (6, 13)), ("6", (6,)), ("5.49.1", (5, 49)), ("6.20.0b1", (6, 20)), ("six", ())],
)
def test_version_of_gradio_is_read_as_numbers(written: str, version: tuple[int, ...]) -> None:
    assert code_target.parse_version(written) == version
