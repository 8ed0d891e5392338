"""Real Gradio apps whose authors say what goes wrong, and two replicas behind a load balancer and a gateway."""

import io
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from hfcourse import create_app
from tests.spaces.served_apps import run_apps
from tests.support.apps import close_app
from tests.support.clients import BrowserClient
from tests.support.form_parsing import list_error_codes

TROUBLES, REPLICAS = "/espaces/essai/troubles", "/espaces/essai/replicas"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A site that knows both Spaces."""
    folder = tmp_path_factory.mktemp("troubles")
    with run_apps(folder, sys.executable, "tests.spaces.serve_replicas") as found:
        (folder / "instance").mkdir()
        entries = [f'[[space]]\nid = "essai/{name}"\nurl = "{url}"\n' for name, url in found["addresses"].items()]
        (folder / "instance" / "spaces.toml").write_text("\n".join(entries))
        made = create_app({"INSTANCE": str(folder / "instance"), "TESTING": True, "RUNS_PER_MINUTE": 1000})
        yield made
        close_app(made)


def called(student: BrowserClient, space: str, endpoint: str, **values: Any) -> tuple[str, dict[str, Any]]:
    """The address of a run, and the run once it is over."""
    answer = student.submit_form(student.open_form(endpoint, space=space), **values)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"], student.wait_for_end(answer.headers["Location"])


@pytest.mark.parametrize(
    ("case", "code", "shown", "hidden"),
    [
        ("quota", "quota-exceeded", ["ZeroGPU quota exceeded — ", "(https://huggingface.co/join)", "43"], "demain"),
        ("card", "queue-full", ["Aucune carte graphique", "No GPU was available after 60s"], "<a style"),
        ("card, under another title", "queue-full", ["Aucune carte graphique"], "quota exceeded"),
        ("worker", "space-exception", ["erreur"], "OutOfMemoryError"),
        ("aborted", "space-exception", ["GPU task aborted", "interrompu"], "demain"),
        ("author", "space-error", ["La carte ZeroGPU ne suffit pas"], "quota"),
        ("author, with a title", "space-error", ["Image trop grande — Réduisez-la à 1024 pixels."], "<b>"),
    ],
)
def test_an_error_is_told_as_what_it_is(
    site_student: BrowserClient, case: str, code: str, shown: list[str], hidden: str
) -> None:
    address, run = called(site_student, TROUBLES, "/echouer", words=case)
    page = site_student.open_page(address)
    assert (run["error"]["code"], list_error_codes(page)[0]) == (code, code)
    trouble = page.select_one(".error-panel")
    assert trouble is not None
    told = trouble.get_text(" ", strip=True)
    assert [words for words in shown if words not in told] == []
    assert hidden not in told


def test_messages_of_an_author_keep_their_title_and_lose_their_tags(site_student: BrowserClient) -> None:
    address, run = called(site_student, TROUBLES, "/prevenir", words="Presque <i>fini</i>.")
    assert run["log"] == [
        {"level": "info", "text": "Une carte arrive. Create a free account (https://huggingface.co/join)",
         "title": "File d’attente"},
        {"level": "warning", "text": "Presque fini.", "title": ""},
    ]  # fmt: skip
    text = site_student.open_page(address).get_text(" ", strip=True)
    assert "File d’attente — Une carte arrive." in " ".join(text.split())
    assert "pour le programme seul" not in text


def test_a_function_that_reads_the_user_agent_gets_ours(site_student: BrowserClient) -> None:
    _, run = called(site_student, TROUBLES, "/saluer", words="Anne")
    assert run["outputs"][0]["value"] == "Bonjour Anne, de hfcourse"


class TestReplicas:
    def test_each_call_is_led_to_one_replica(self, site_student: BrowserClient) -> None:
        for _ in range(3):
            _, run = called(site_student, REPLICAS, "/compter", words="abc")
            assert (run["status"], run["outputs"][0]["value"], run["partials"]) == ("succeeded", "abc", 3)

    def test_files_are_sent_and_fetched_through_the_balancer(self, site_student: BrowserClient) -> None:
        for _ in range(3):
            _, run = called(site_student, REPLICAS, "/lire", path=(io.BytesIO(b"lignes"), "lignes.txt"))
            assert (run["status"], run["outputs"][0]["value"][1:]) == ("succeeded", ": lignes")
            _, written = called(site_student, REPLICAS, "/ecrire", words="mots")
            kept = written["outputs"][0]["value"]["file"]
            with site_student.client.get(kept) as answer:
                assert answer.get_data(as_text=True).endswith(": mots")

    def test_a_session_stays_with_its_replica_as_long_as_its_state(
        self, site_student: BrowserClient, site: Flask
    ) -> None:
        values = [called(site_student, REPLICAS, "/noter", words=word)[1]["outputs"][0]["value"] for word in "xyz"]
        replica = values[0][0]
        assert values == [f"{replica}: x", f"{replica}: x, y", f"{replica}: x, y, z"]
        other = BrowserClient(site.test_client())
        assert called(other, REPLICAS, "/noter", words="w")[1]["outputs"][0]["value"][1:] == ": w"

    @pytest.mark.parametrize(
        ("status", "code"),
        [("502", "connection-lost"), ("503", "space-sleeping"), ("504", "timeout"), ("524", "timeout"),
         ("521", "connection-lost")],
    )  # fmt: skip
    def test_a_gateway_that_answers_for_them_is_told_as_one(
        self, site_student: BrowserClient, status: str, code: str
    ) -> None:
        _, run = called(site_student, REPLICAS, "/compter", words=status)
        assert run["error"]["code"] == code
