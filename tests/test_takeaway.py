"""The page of a Space: the call of its form as code, and an endpoint that cannot be called in the place of the form."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from hfcourse.files.file_store import FileHandle
from hfcourse.files.storage_backends import LocalBackend
from hfcourse.playground import form_snippets
from hfcourse.spaces.catalogue import CatalogueEntry
from hfcourse.spaces.form import forms
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.spaces.schema.parameters.parameter import Parameter
from tests.spaces import fake_servers
from tests.spaces.fake_servers import FakeSpace, component
from tests.support.clients import Student
from tests.test_validators import site_of

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


def made(kind: str, name: str = "x", **parts: Any) -> Parameter:
    return Parameter(name=name, label="Champ", component=kind, **parts)


def codes(*parameters: Parameter, entry: CatalogueEntry | None = None, url: str = HUB, **given: Any) -> dict[str, str]:
    form = forms.bind_form(Endpoint("/f", "F", "", parameters, ()), given)
    found = form_snippets.build_form_snippets(entry or CatalogueEntry("a/b", "A"), url, "6.31.0", form)
    return {snippet.title: snippet.code for snippet in found}


class TestValues:
    def test_the_defaults_of_the_form_are_the_values_of_the_call(self) -> None:
        code = codes(made("textbox", "words", default="Bonjour"), made("number", "count"))["Python"]
        assert 'words="Bonjour"' in code
        assert "count=None" in code

    def test_what_a_run_sent_is_in_the_call(self) -> None:
        assert 'words="Zoé"' in codes(made("textbox", "words", default="Awa"), words="Zoé")["Python"]

    def test_a_table_is_the_value_that_the_space_gets(self) -> None:
        table = made("dataframe", "rows", headers=("a",), datatypes=("number",))
        code = codes(table, rows={"headers": ["a"], "data": [[1]], "metadata": None})["JavaScript"]
        assert 'rows: {"headers": ["a"], "data": [[1]], "metadata": null}' in code

    def test_a_file_is_a_sample_whether_one_is_chosen_or_not(self, tmp_path: Path) -> None:
        kept = FileHandle("id", "secret-name.png", "image/png", 3, LocalBackend(tmp_path))
        for given in ({}, {"photo": kept}):
            code = codes(made("image", "photo"), **given)["Python"]
            assert 'photo=handle_file("votre_image.png")' in code
            assert "secret-name" not in code

    @pytest.mark.parametrize(
        ("parameter", "expected"),
        [
            (made("audio"), 'handle_file("votre_son.wav")'),
            (made("model3d"), 'handle_file("votre_volume.glb")'),
            (made("file", file_types=(".xlsx", ".csv")), 'handle_file("votre_fichier.xlsx")'),
            (made("file", file_types=("image",)), 'handle_file("votre_image.png")'),
            (made("file", multiple=True), '[handle_file("votre_fichier.txt")]'),
            (made("gallery"), '[{"image": handle_file("votre_image.png"), "caption": None}]'),
            (made("gallery", file_types=("video",)), '[{"video": handle_file("votre_video.mp4"), "caption": None}]'),
            (made("imageslider"), '[handle_file("votre_image.png"), handle_file("votre_image.png")]'),
            (made("multimodaltextbox"), '{"text": "", "files": []}'),
            (made("video", schema=VIDEO_DATA), '{"video": handle_file("votre_video.mp4")}'),
            (made("api", schema={"type": "array", "prefixItems": [API_FILE, {"type": "integer"}]}),
             '[handle_file("votre_fichier.txt"), 0]'),
            (made("api", schema={"oneOf": [{"type": "null"}, API_FILE]}), 'handle_file("votre_fichier.txt")'),
        ],
        ids=lambda each: each.component if isinstance(each, Parameter) else "",
    )  # fmt: skip
    def test_sample_is_wrapped_and_named_as_the_parameter_wants(self, parameter: Parameter, expected: str) -> None:
        assert f"x={expected}," in codes(parameter)["Python"]

    def test_sample_has_the_extension_of_the_file_that_was_chosen(self, tmp_path: Path) -> None:
        kept = FileHandle("id", "secret.HDR", "application/octet-stream", 3, LocalBackend(tmp_path))
        assert 'handle_file("votre_fichier.hdr")' in codes(made("file"), x=kept)["Python"]
        odd = FileHandle("id", 'secret."); import os', "application/octet-stream", 3, LocalBackend(tmp_path))
        assert 'handle_file("votre_fichier.txt")' in codes(made("file"), x=odd)["Python"]

    def test_what_could_not_be_sent_is_nothing(self) -> None:
        assert "count=None" in codes(made("number", "count", default="beaucoup"))["Python"]


class TestAddress:
    def test_a_space_of_the_hub_is_named(self) -> None:
        code = codes(made("textbox"))
        assert 'Client("a/b", token=False)' in code["Python"]
        assert f"SPACE={HUB}" in code["cURL"]

    def test_the_address_of_another_is_told_to_nobody(self) -> None:
        for code in codes(made("textbox"), url="http://127.0.0.1:7861/path").values():
            assert "127.0.0.1" not in code
            assert "SPACE" in code

    def test_the_token_is_asked_for_where_the_catalogue_lends_it(self) -> None:
        assert (
            'os.environ["HF_TOKEN"]' in codes(made("textbox"), entry=CatalogueEntry("a/b", "A", token=True))["Python"]
        )


class TestPages:
    @pytest.fixture
    def space(self) -> Iterator[FakeSpace]:
        running = FakeSpace()
        yield running
        running.close()

    @pytest.fixture
    def app(self, tmp_path: Path, space: FakeSpace) -> Iterator[Flask]:
        with site_of(tmp_path, space.url) as made:
            yield made

    def test_the_code_is_beside_the_form_without_the_address(self, app: Flask, space: FakeSpace) -> None:
        page = Student(app.test_client()).open("/espaces/a/b")
        shown = {str(each["data-lang"]): each.get_text() for each in page.select("pre[data-lang]")}
        assert list(shown) == ["python", "javascript", "curl"]
        assert 'words=""' in shown["python"]
        assert space.url.removeprefix("http://") not in str(page)

    def test_code_stays_beside_a_form_that_is_refused_with_what_was_typed(self, app: Flask, space: FakeSpace) -> None:
        student = Student(app.test_client())
        answer = student.send(student.open("/espaces/a/b"), words="hf_" + "a" * 30)
        page = BeautifulSoup(answer.text, "html.parser")
        code = page.select_one('pre[data-lang="python"]').get_text()  # type: ignore[union-attr]
        assert answer.status_code == 400
        assert "hf_a" not in answer.text
        assert 'words="[jeton masqué]"' in code

    def test_types_and_what_returns_stand_folded_beside_the_code(self, app: Flask, space: FakeSpace) -> None:
        page = Student(app.test_client()).open("/espaces/a/b")
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
        space.config["dependencies"] = [{**fake_servers.CONFIG["dependencies"][0], "collects_event_data": True}]
        page = Student(app.test_client()).open("/espaces/a/b?endpoint=/echo")
        assert page.select_one("form[data-endpoint]") is None
        words = page.select_one("main").get_text(" ", strip=True)  # type: ignore[union-attr]
        assert "on ne peut pas l’appeler d’ici" in words
        assert "Aucun point d’accès de ce Space ne s’appelle d’ici" in words
        assert page.select("pre[data-lang]") == []


class TestFindings:
    """What real apps taught."""

    def described(self, props: dict[str, Any], kind: str = "dataframe", **entry: Any) -> Parameter:
        config = {
            "components": [component(1, kind, **props)],
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
    assert form_snippets.parse_version(written) == version
