"""A value that a Space's own validator refuses: told beside its field, whoever the validator is."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup, Tag

from tests.spaces import fake_servers
from tests.spaces.fake_servers import FakeSpace, make_component
from tests.spaces.program_runner import run_program
from tests.support.apps import open_app_for_space
from tests.support.clients import BrowserClient
from tests.support.form_parsing import list_error_codes
from tests.support.processes import find_free_port
from tests.support.waiting import wait_until

START_SECONDS = 60


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
    folder, port = tmp_path_factory.mktemp("validated"), find_free_port()
    log, address = folder / "app.log", f"http://127.0.0.1:{port}"
    environment = {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": str(folder)}
    with run_program(sys.executable, "tests.spaces.validator_app", str(port), log, environment) as has_ended:
        assert wait_until(lambda: is_up(address) or has_ended(), START_SECONDS), log.read_text()
        assert not has_ended(), log.read_text()
        yield address


class TestARealOne:
    @pytest.fixture
    def student(self, tmp_path: Path, url: str) -> Iterator[BrowserClient]:
        with open_app_for_space(tmp_path, url) as app:
            yield BrowserClient(app.test_client())

    def sent(self, student: BrowserClient, **values: Any) -> tuple[str, dict[str, Any]]:
        """Address and end of a run with these values."""
        address = student.submit_form(student.open_page("/espaces/a/b"), **values).headers["Location"]
        return address, student.wait_for_end(address)

    def test_good_values_pass(self, student: BrowserClient) -> None:
        _, run = self.sent(student, name="Awa", age="20", town="Dakar")
        assert [output["value"] for output in run["outputs"]] == ["Awa, 20, Dakar, 0"]

    def test_the_run_fails_with_all_that_was_said(self, student: BrowserClient) -> None:
        _, run = self.sent(student, name="", age="12", town="Dakar")
        assert (run["status"], run["error"]["code"]) == ("failed", "invalid-input")
        assert "Name <b>required</b>" in run["error"]["message"]
        assert "At least 18" in run["error"]["message"]

    def test_page_of_the_run_shows_each_message_with_the_label_of_its_parameter(self, student: BrowserClient) -> None:
        address, _ = self.sent(student, name="", age="12", town="Nowhere")
        page = student.open_page(address)
        told = page.select(".error-panel dl > *")
        assert [each.get_text(" ", strip=True) for each in told[::2]] == ["Nom", "Âge", "Ville"]
        assert [each.get_text() for each in page.select(".error-panel dd code")] == [
            "Name <b>required</b>",
            "At least 18",
        ]
        assert "sans dire pourquoi" in told[5].get_text()
        assert list_error_codes(page) == ["invalid-input"]

    def test_the_form_that_is_opened_again_shows_each_beside_its_field(self, student: BrowserClient) -> None:
        address, _ = self.sent(student, name="", age="12", town="Dakar")
        link = student.open_page(address).select_one("a.button--primary")
        assert link is not None
        page = student.open_page(str(link["href"]))
        assert "Name <b>required</b>" in (field_error(page, "name") or "")
        assert "At least 18" in (field_error(page, "age") or "")
        assert field_error(page, "town") is None
        town, age = page.select_one("[name=arg-town]"), page.select_one("[name=arg-age]")
        assert town is not None
        assert age is not None
        assert (town.text.strip(), age["value"]) == ("Dakar", "12")
        assert list_error_codes(page) == ["invalid-input"] * 2  # above the form, and of the run beside it

    def test_a_corrected_form_says_nothing_more(self, student: BrowserClient) -> None:
        _, run = self.sent(student, name="Awa", age="12", town="Dakar")
        page = student.open_page(f"/espaces/a/b?endpoint=/greet&essai={run['id']}")
        corrected = student.submit_form(page, age="18").headers["Location"]
        assert student.wait_for_end(corrected)["status"] == "succeeded"
        page = student.open_page(f"/espaces/a/b?endpoint=/greet&essai={corrected.rpartition('/')[2]}")
        assert (list_error_codes(page), page.select("[aria-invalid]")) == ([], [])

    def test_a_stranger_reads_none_of_it(self, student: BrowserClient, url: str) -> None:
        _, run = self.sent(student, name="", age="12", town="Dakar")
        stranger = BrowserClient(student.client.application.test_client())
        page = stranger.open_page(f"/espaces/a/b?endpoint=/greet&essai={run['id']}")
        assert (list_error_codes(page), page.select("[aria-invalid]")) == ([], [])


class TestAHostileOne:
    """Whatever it says is text, bounded, without the address of the Space; a parameter of any name has its field."""

    @pytest.fixture
    def space(self) -> Iterator[FakeSpace]:
        words = fake_servers.ECHO_INFO["named_endpoints"]["/echo"]["parameters"][0]
        made = FakeSpace(
            config={
                "components": [
                    make_component(1, "textbox", label="Texte"),
                    make_component(2, "textbox", visible=False),
                ],
                "dependencies": [fake_servers.ECHO_CONFIG["dependencies"][0] | {"inputs": [1, 2], "outputs": [1]}],
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
        space.answers["/join"] = fake_servers.reply_with({"detail": detail}, 422)

    def test_words_of_a_hostile_validator_are_escaped_bounded_and_masked(
        self, space: FakeSpace, tmp_path: Path
    ) -> None:
        self.refusing(space, f"<script>alert(1)</script> {space.url} " + "x" * 2000, "y\0z")
        with open_app_for_space(tmp_path, space.url) as app:
            student = BrowserClient(app.test_client())
            address = student.submit_form(student.open_page("/espaces/a/b")).headers["Location"]
            run = student.wait_for_end(address)
            again = f"/espaces/a/b?endpoint=/echo&essai={run['id']}"
            for each, kind in ((address, "text/html"), (again, "text/html"), (address + ".json", "application/json")):
                response = student.client.get(each)
                assert (response.status_code, response.mimetype) == (200, kind)
                assert (b"<script>alert" in response.data) is (kind == "application/json")
                assert space.url.encode() not in response.data
                assert b"x" * 501 not in response.data
            page = student.open_page(again)
            assert "<script>alert(1)</script> [adresse du Space]" in (field_error(page, "words") or "")
            # A parameter that the Space hides is folded, unless something is wrong with it.
            assert page.select_one("details[open] .error") is not None

    def test_more_messages_than_parameters_harm_nobody(self, space: FakeSpace, tmp_path: Path) -> None:
        self.refusing(space, *["no"] * 500)
        with open_app_for_space(tmp_path, space.url) as app:
            student = BrowserClient(app.test_client())
            run = student.wait_for_end(student.submit_form(student.open_page("/espaces/a/b")).headers["Location"])
            assert (run["status"], run["error"]["code"]) == ("failed", "invalid-input")


def is_up(address: str) -> bool:
    try:
        return httpx.get(address + "/config", trust_env=False, verify=False).status_code == 200
    except httpx.TransportError:
        return False
