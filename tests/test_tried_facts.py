"""Facts marked « essayé par nous-mêmes » are tried again: on the practice Space, and on the libraries installed here.

The fifth failed call of tests/test_calls_lesson.py tries `evenement-lu-une-fois`, the third `hf-token-renomme`.
"""

import os
import re
from importlib.metadata import metadata, version
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from flask.cli import load_dotenv
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from huggingface_hub import HfApi, SpaceStage

from hfcourse.lessons.library import CONTENT_FOLDER, FACTS_FILE
from hfcourse.lessons.reference.facts import read_facts
from hfcourse.lessons.syntax.context import Fact
from hfcourse.practice.server import PracticeServer
from tests.support.practice_space import open_practice_client

MIN_FACTS = 50
TRIED = [
    fact for fact in read_facts((CONTENT_FOLDER / FACTS_FILE).read_text(encoding="utf-8")).facts if fact.seen == "run"
]
LIBRARY = re.compile(r"(gradio_client|huggingface_hub|Gradio|Flask) (\d+\.\d+\.\d+)")
QUESTION = "Qu’est-ce qu’un jeton ?"


def test_facts_are_fifty_at_least_and_each_says_something_of_its_own() -> None:
    facts = read_facts((CONTENT_FOLDER / FACTS_FILE).read_text(encoding="utf-8")).facts
    assert len({fact.statement for fact in facts}) == len(facts) >= MIN_FACTS


@pytest.mark.parametrize("fact", TRIED, ids=lambda fact: fact.id)
def test_versions_of_a_tried_fact_are_those_installed(fact: Fact) -> None:
    """A library that was upgraded is tried again, and the fact dated anew."""
    named = LIBRARY.findall(f"{fact.statement} {fact.title}")
    assert [(name, number) for name, number in named if version(name.lower()) != number] == []


def test_clients_have_sessions_of_their_own(practice: PracticeServer) -> None:
    first, second = open_practice_client(practice), open_practice_client(practice)
    assert first.session_hash != second.session_hash
    first.predict(QUESTION, api_name="/discuter")
    remembered = [each.predict("Quelle était ma première question ?", api_name="/discuter") for each in (first, second)]
    assert ["un jeton" in answer for answer in remembered] == [True, False]


@pytest.mark.parametrize(("endpoint", "value"), [("/discuter", QUESTION), ("/compter", 3)])
def test_each_value_of_a_stream_holds_the_text_so_far(practice: PracticeServer, endpoint: str, value: object) -> None:
    values = [text.rstrip() for text in open_practice_client(practice).submit(value, api_name=endpoint)]
    assert len(values) > 1
    # The last sign of a value may be a pause (« 1… 2… ») that the next one writes anew.
    assert all(after.startswith(before.rstrip("… ")) for before, after in pairwise(values))


@pytest.mark.parametrize(("path", "body"), [("call/saluer", {"data": ["Awa", False]}),
                                            ("call/v2/saluer", {"prenom": "Awa", "tutoyer": False})])  # fmt: skip
def test_list_and_named_values_make_the_same_call(practice: PracticeServer, path: str, body: object) -> None:
    api = f"{practice.url}/gradio_api"
    event_id = httpx.post(f"{api}/{path}", json=body).json()["event_id"]
    answer = httpx.get(f"{api}/call/saluer/{event_id}").text
    assert answer.startswith('event: complete\ndata: ["Bonjour Awa')


@pytest.mark.parametrize(("host", "origin", "is_read"), [
    ("127.0.0.1", "http://127.0.0.1:8000", True), ("127.0.0.1", "https://exemple.fr", False),
    ("127.0.0.1", "null", False), ("gradio-hello-world.hf.space", "https://exemple.fr", True),
])  # fmt: skip
def test_space_of_this_machine_is_read_by_its_own_pages_only(
    practice: PracticeServer, host: str, origin: str, is_read: bool
) -> None:
    answer = httpx.get(f"{practice.url}/gradio_api/info", headers={"Host": host, "Origin": origin})
    assert (answer.headers.get("access-control-allow-origin") == origin) is is_read


def test_error_of_an_author_is_a_value_error() -> None:
    assert issubclass(AppError, ValueError)


def test_handle_file_takes_a_path_of_the_machine_and_an_address(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("x", encoding="utf-8")
    assert handle_file(tmp_path / "secret.txt")["path"] == str(tmp_path / "secret.txt")
    assert handle_file("http://127.0.0.1/interne")["url"] == "http://127.0.0.1/interne"


@pytest.mark.parametrize("library", ["gradio_client", "huggingface_hub"])
def test_libraries_ask_for_the_python_of_the_lessons(library: str) -> None:
    assert metadata(library)["Requires-Python"].startswith(">=3.10")


def test_flask_reads_the_env_file_of_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("SPACE_OF_THE_FOLDER=lu\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPACE_OF_THE_FOLDER", "")  # so that what is read is forgotten after the test
    monkeypatch.delenv("SPACE_OF_THE_FOLDER")
    assert load_dotenv()
    assert os.environ["SPACE_OF_THE_FOLDER"] == "lu"


def test_right_that_the_quota_asks_for_is_named_in_the_lesson() -> None:
    right = "Read billing usage and payment method status"
    assert right in str(HfApi.get_zero_gpu_quota.__doc__)
    assert right in (CONTENT_FOLDER / "34-mini-chatbot.md").read_text(encoding="utf-8")


def test_states_of_a_space_are_those_of_the_library() -> None:
    assert {"BUILDING", "RUNNING", "PAUSED", "RUNTIME_ERROR"} <= {stage.value for stage in SpaceStage}
