"""A value that a Space's own validator refuses: told beside its field, whoever the validator is."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask

from hfcourse import create_app
from tests.conftest import end
from tests.spaces import fake_servers
from tests.spaces.fake_servers import FakeSpace, component
from tests.spaces.program_runner import running
from tests.support.clients import Student, error_codes
from tests.support.practice_space import until
from tests.support.site_process import free_port

START_SECONDS = 60


@contextmanager
def site_of(folder: Path, url: str) -> Iterator[Flask]:
    """A site with this one Space."""
    (folder / "instance").mkdir()
    (folder / "instance" / "spaces.toml").write_text(f'[[space]]\nid = "a/b"\nurl = "{url}"\n')
    app = create_app({"INSTANCE": str(folder / "instance"), "TESTING": True})
    yield app
    end(app)


def field_error(page: BeautifulSoup, name: str) -> str | None:
    """What stands beside the control of this parameter, None for nothing."""
    control = page.select_one(f"[name='arg-{name}']")
    assert control is not None
    told = [page.find(id=each) for each in str(control.get("aria-describedby", "")).split()]
    errors = [each for each in told if isinstance(each, Tag) and "error" in each.get_attribute_list("class")]
    assert (control.get("aria-invalid") == "true") == bool(errors)
    return errors[0].get_text(" ", strip=True) if errors else None


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Gradio app with a validator, in a process of its own."""
    folder, port = tmp_path_factory.mktemp("validated"), free_port()
    log, address = folder / "app.log", f"http://127.0.0.1:{port}"
    environment = {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": str(folder)}
    with running(sys.executable, "tests.spaces.validator_app", str(port), log, environment) as has_ended:
        assert until(lambda: is_up(address) or has_ended(), START_SECONDS), log.read_text()
        assert not has_ended(), log.read_text()
        yield address


class TestARealOne:
    @pytest.fixture
    def student(self, tmp_path: Path, url: str) -> Iterator[Student]:
        with site_of(tmp_path, url) as app:
            yield Student(app.test_client())

    def sent(self, student: Student, **values: Any) -> tuple[str, dict[str, Any]]:
        """Address and end of a run with these values."""
        address = student.send(student.open("/espaces/a/b"), **values).headers["Location"]
        return address, student.finished(address)

    def test_good_values_pass(self, student: Student) -> None:
        _, run = self.sent(student, name="Awa", age="20", town="Dakar")
        assert [output["value"] for output in run["outputs"]] == ["Awa, 20, Dakar, 0"]

    def test_the_run_fails_with_all_that_was_said(self, student: Student) -> None:
        _, run = self.sent(student, name="", age="12", town="Dakar")
        assert (run["status"], run["error"]["code"]) == ("failed", "invalid-input")
        assert "Name <b>required</b>" in run["error"]["message"]
        assert "At least 18" in run["error"]["message"]

    def test_its_page_shows_each_message_with_the_label_of_its_parameter(self, student: Student) -> None:
        address, _ = self.sent(student, name="", age="12", town="Nowhere")
        page = student.open(address)
        told = page.select(".trouble dl > *")
        assert [each.get_text(" ", strip=True) for each in told[::2]] == ["Nom", "Âge", "Ville"]
        assert [each.get_text() for each in page.select(".trouble dd code")] == ["Name <b>required</b>", "At least 18"]
        assert "sans dire pourquoi" in told[5].get_text()
        assert error_codes(page) == ["invalid-input"]

    def test_the_form_that_is_opened_again_shows_each_beside_its_field(self, student: Student) -> None:
        address, _ = self.sent(student, name="", age="12", town="Dakar")
        link = student.open(address).select_one("a.button.go")
        assert link is not None
        page = student.open(str(link["href"]))
        assert "Name <b>required</b>" in (field_error(page, "name") or "")
        assert "At least 18" in (field_error(page, "age") or "")
        assert field_error(page, "town") is None
        town, age = page.select_one("[name=arg-town]"), page.select_one("[name=arg-age]")
        assert town is not None
        assert age is not None
        assert (town.text.strip(), age["value"]) == ("Dakar", "12")
        assert error_codes(page) == ["invalid-input"]

    def test_a_corrected_form_says_nothing_more(self, student: Student) -> None:
        _, run = self.sent(student, name="Awa", age="12", town="Dakar")
        page = student.open(f"/espaces/a/b?endpoint=/greet&essai={run['id']}")
        corrected = student.send(page, age="18").headers["Location"]
        assert student.finished(corrected)["status"] == "succeeded"
        page = student.open(f"/espaces/a/b?endpoint=/greet&essai={corrected.rpartition('/')[2]}")
        assert (error_codes(page), page.select("[aria-invalid]")) == ([], [])

    def test_a_stranger_reads_none_of_it(self, student: Student, url: str) -> None:
        _, run = self.sent(student, name="", age="12", town="Dakar")
        stranger = Student(student.client.application.test_client())
        page = stranger.open(f"/espaces/a/b?endpoint=/greet&essai={run['id']}")
        assert (error_codes(page), page.select("[aria-invalid]")) == ([], [])


class TestAHostileOne:
    """Whatever it says is text, bounded, without the address of the Space; a parameter of any name has its field."""

    @pytest.fixture
    def space(self) -> Iterator[FakeSpace]:
        words = fake_servers.INFO["named_endpoints"]["/echo"]["parameters"][0]
        made = FakeSpace(
            config={
                "components": [component(1, "textbox", label="Texte"), component(2, "textbox", visible=False)],
                "dependencies": [fake_servers.CONFIG["dependencies"][0] | {"inputs": [1, 2], "outputs": [1]}],
            },
            info={"named_endpoints": {"/echo": {
                "parameters": [words, words | {"parameter_name": "$file'<x>", "label": "<i>Caché</i>"}],
                "returns": [],
            }}},
        )  # fmt: skip
        yield made
        made.close()

    def refusing(self, space: FakeSpace, *messages: Any) -> None:
        detail = [{"__type__": "validate", "is_valid": False, "message": each} for each in messages]
        space.answers["/join"] = fake_servers.says({"detail": detail}, 422)

    def test_its_words_are_escaped_bounded_and_masked(self, space: FakeSpace, tmp_path: Path) -> None:
        self.refusing(space, f"<script>alert(1)</script> {space.url} " + "x" * 2000, "y\0z")
        with site_of(tmp_path, space.url) as app:
            student = Student(app.test_client())
            address = student.send(student.open("/espaces/a/b")).headers["Location"]
            run = student.finished(address)
            again = f"/espaces/a/b?endpoint=/echo&essai={run['id']}"
            for each in (address, again, address + ".json"):
                response = student.client.get(each)
                assert response.status_code == 200
                assert response.is_json or b"<script>alert" not in response.data
                assert space.url.encode() not in response.data
                assert b"x" * 501 not in response.data
            page = student.open(again)
            assert "<script>alert(1)</script> [adresse du Space]" in (field_error(page, "words") or "")
            # A parameter that the Space hides is folded, unless something is wrong with it.
            assert page.select_one("details[open] .error") is not None

    def test_more_messages_than_parameters_harm_nobody(self, space: FakeSpace, tmp_path: Path) -> None:
        self.refusing(space, *["no"] * 500)
        with site_of(tmp_path, space.url) as app:
            student = Student(app.test_client())
            run = student.finished(student.send(student.open("/espaces/a/b")).headers["Location"])
            assert (run["status"], run["error"]["code"]) == ("failed", "invalid-input")


def is_up(address: str) -> bool:
    try:
        return httpx.get(address + "/config", trust_env=False, verify=False).status_code == 200
    except httpx.TransportError:
        return False
