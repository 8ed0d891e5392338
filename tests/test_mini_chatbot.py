"""The chatbot that lesson 3.4 builds: the very files that it shows, in front of the practice Space and of others."""

import importlib.util
import itertools
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from flask.testing import FlaskClient
from huggingface_hub import HfApi

from hfcourse.config import ROOT
from hfcourse.practice.server import PracticeServer
from tests.browser.site import free_port
from tests.practice_fixtures import until
from tests.spaces import fake
from tests.spaces.fake import FakeServer, FakeSpace, completed, failed, generating

FOLDER = ROOT / "hfcourse" / "content" / "mini-chatbot"
TOKEN = "hf_" + "z" * 34
HTML = "<img src=x onerror=alert(1)>"
Build = Callable[..., ModuleType]


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> Iterator[Build]:
    """`build(url)`: the application as a student starts it, its settings in the environment."""
    built: list[ModuleType] = []

    def make(space: str, name: str = "app", **settings: str) -> ModuleType:
        for each in ("SPACE", "ENDPOINT", "WITH_TOKEN", "HF_TOKEN"):
            monkeypatch.delenv(each, raising=False)
        values = {"SPACE": space, "GRADIO_ANALYTICS_ENABLED": "False"} | settings
        for each, value in values.items():
            monkeypatch.setenv(each, value)
        spec = importlib.util.spec_from_file_location(f"mini_chatbot_{name}", FOLDER / f"{name}.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        built.append(module)
        return module

    yield make
    for module in built:
        for visitor in getattr(module, "visitors", {}).values():
            module.leave(visitor)


@pytest.fixture
def space() -> Iterator[FakeSpace]:
    """A Space that notes what it is sent."""
    made = FakeSpace()
    yield made
    made.close()


def streamed(client: FlaskClient, message: str) -> list[dict[str, Any]]:
    """What the script of the page receives, event by event."""
    answer = client.post("/flux", data={"message": message})
    assert answer.mimetype == "text/event-stream"
    return [json.loads(event.removeprefix("data: ")) for event in answer.text.split("\n\n") if event]


def told(client: FlaskClient, message: str = "Bonjour") -> str:
    """The sentence that stands in place of an answer; the page without JavaScript says the same."""
    last = streamed(client, message)[-1]
    assert last["failed"]
    assert f'<li class="failure">{last["answer"]}</li>' in client.get("/").text
    return last["answer"]


# --- the first program


def test_the_smallest_chatbot_answers(build: Build, practice: PracticeServer):
    client = build(practice.url, "premier").app.test_client()
    page = client.post("/", data={"message": "Qu’est-ce qu’un Space ?"}).text
    assert "Un Space est une mini-application" in page


def test_the_smallest_chatbot_shows_html_as_text(build: Build, practice: PracticeServer):
    page = build(practice.url, "premier").app.test_client().post("/", data={"message": HTML}).text
    assert "&lt;img" in page
    assert "<img" not in page


@pytest.mark.parametrize("message", ["", "   ", "x" * 2001])
def test_the_smallest_chatbot_calls_nobody_for_nothing(build: Build, space: FakeSpace, message: str):
    page = build(space.url, "premier").app.test_client().post("/", data={"message": message}).text
    assert "Écrivez un message" in page
    assert space.requests == []


# --- the whole program


def test_the_answer_grows_and_each_state_is_the_whole_text_so_far(build: Build, practice: PracticeServer):
    turns = streamed(build(practice.url).app.test_client(), "Qu’est-ce qu’un Space ?")
    answers = [turn["answer"] for turn in turns]
    assert len(answers) > 2
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(answers))
    assert "Un Space est une mini-application" in answers[-1]
    assert not any(turn["failed"] for turn in turns)


def test_without_javascript_the_page_comes_back_with_the_answer(build: Build, practice: PracticeServer):
    client = build(practice.url).app.test_client()
    sent = client.post("/", data={"message": "Qu’est-ce qu’un Space ?"})
    assert (sent.status_code, sent.location) == (303, "/")
    page = client.get("/").text
    assert '<li class="question">Qu’est-ce qu’un Space ?</li>' in page
    assert "Un Space est une mini-application" in page


def test_a_conversation_is_remembered_and_nobody_elses(build: Build, practice: PracticeServer):
    app = build(practice.url).app
    awa, noe = app.test_client(), app.test_client()
    streamed(awa, "Qu’est-ce qu’un jeton ?")
    streamed(noe, "Qu’est-ce qu’un quota ?")
    assert "jeton" in streamed(awa, "Quelle était ma première question ?")[-1]["answer"]
    assert "quota" in streamed(noe, "Quelle était ma première question ?")[-1]["answer"]
    assert "jeton" not in noe.get("/").text


def test_html_is_shown_as_text_whoever_says_it(build: Build, practice: PracticeServer):
    client = build(practice.url).app.test_client()
    streamed(client, HTML)
    assert HTML in streamed(client, "Quelle était ma première question ?")[-1]["answer"]
    page = client.get("/").text
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") == 2
    assert "<img" not in page


def test_the_script_writes_text_and_no_html():
    script = (FOLDER / "static" / "chat.js").read_text(encoding="utf-8")
    assert script.count(".textContent = ") == 3
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", script)


def test_the_token_goes_to_the_space_that_needs_it_and_never_to_a_page(build: Build, space: FakeSpace):
    module = build(space.url, ENDPOINT="/echo", WITH_TOKEN="yes", HF_TOKEN=TOKEN)
    client = module.app.test_client()
    assert streamed(client, "Bonjour")[-1]["answer"] == "Bonjour"
    (sent,) = space.asked("/queue/join")
    assert sent.headers["x-hf-authorization"] == f"Bearer {TOKEN}"
    assert "authorization" not in sent.headers
    for answer in (client.get("/"), client.post("/flux", data={"message": "Encore"})):
        assert TOKEN not in answer.text + str(answer.headers)
    assert space.url not in client.get("/").text


def test_a_token_of_the_environment_is_not_sent_unless_asked(build: Build, space: FakeSpace):
    client = build(space.url, ENDPOINT="/echo", HF_TOKEN=TOKEN).app.test_client()
    assert streamed(client, "Bonjour")[-1]["answer"] == "Bonjour"
    assert all(TOKEN not in repr(request) for request in space.requests)


@pytest.mark.parametrize(
    ("message", "sentence"), [("  ", "Écrivez un message"), ("x" * 2001, "Écrivez"), (f"Voici {TOKEN}", "un jeton")]
)
def test_what_must_not_leave_does_not(build: Build, space: FakeSpace, message: str, sentence: str):
    client = build(space.url, ENDPOINT="/echo").app.test_client()
    assert sentence in told(client, message)
    assert space.requests == []
    assert TOKEN not in client.get("/").text


def test_a_form_on_another_site_is_refused(build: Build, space: FakeSpace):
    client = build(space.url).app.test_client()
    for origin in ("https://ailleurs.example", "null"):
        answer = client.post("/flux", data={"message": "Bonjour"}, headers={"Origin": origin})
        assert answer.status_code == 403
    assert space.requests == []


# --- what goes wrong


def test_a_space_that_is_down_gives_a_french_sentence(build: Build):
    client = build(f"http://127.0.0.1:{free_port()}").app.test_client()
    assert told(client) == "Le Space est injoignable. Vérifiez son adresse et le réseau."


def test_after_a_failure_the_next_message_opens_a_new_session(build: Build, space: FakeSpace):
    module = build(f"http://127.0.0.1:{free_port()}", ENDPOINT="/echo")
    client = module.app.test_client()
    told(client)
    module.SPACE = space.url
    assert streamed(client, "Bonjour")[-1] == {"question": "Bonjour", "answer": "Bonjour", "failed": False}


def test_an_unknown_endpoint_gives_a_french_sentence(build: Build, space: FakeSpace):
    assert "son point d’accès est introuvable" in told(build(space.url, ENDPOINT="/rien").app.test_client())


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (failed(error="Le mot est trop long."), "Le Space refuse ce message et dit pourquoi. Le mot est trop long."),
        (failed(error=None), "Le Space s’est arrêté sur une erreur qu’il cache."),
        (failed(error="You have exceeded your GPU quota."), "Le quota de calcul est épuisé."),
    ],
)
def test_an_error_of_the_space_gives_a_french_sentence(
    build: Build, space: FakeSpace, message: dict[str, Any], sentence: str
):
    space.messages = [message]
    assert told(build(space.url, ENDPOINT="/echo").app.test_client()).startswith(sentence)


def test_a_full_queue_gives_a_french_sentence(build: Build, space: FakeSpace):
    space.answers["/queue/join"] = fake.says({"detail": "Queue is full."}, 503)
    assert told(build(space.url, ENDPOINT="/echo").app.test_client()).startswith("Trop de monde attend")


def test_a_space_that_says_nothing_is_given_up(build: Build, space: FakeSpace):
    space.answers["/queue/data"] = fake.silent
    module = build(space.url, ENDPOINT="/echo")
    module.MOST_SECONDS = 0.3
    assert told(module.app.test_client()).startswith("Le Space n’a pas répondu à temps.")
    space.wait_for("/cancel")


@pytest.mark.parametrize(
    ("stage", "sentence"),
    [
        ("SLEEPING", "Le Space dort."),
        ("BUILDING", "Le Space est en construction."),
        ("PAUSED", "Le Space est en pause."),
        ("RUNTIME_ERROR", "Le Space est en panne."),
    ],
)
def test_a_space_of_the_hub_that_is_not_ready_gives_a_french_sentence(build: Build, stage: str, sentence: str):
    hub = FakeServer(fake.says({"stage": stage, "hardware": {"current": None, "requested": None}}))
    module = build("a/b")
    module.get_space_runtime = HfApi(endpoint=hub.url).get_space_runtime
    assert told(module.app.test_client()).startswith(sentence)
    assert hub.paths() == ["/api/spaces/a/b/runtime"]
    hub.close()


def test_one_answer_at_a_time_for_one_visitor(build: Build, space: FakeSpace):
    let_go = threading.Event()

    def slow(exchange: fake.Exchange) -> None:
        let_go.wait(fake.PATIENCE_SECONDS)
        space.tell(exchange)

    space.answers["/queue/data"] = slow
    module = build(space.url, ENDPOINT="/echo")
    client = module.app.test_client()
    told(client, "")
    (visitor,) = module.visitors.values()
    first = threading.Thread(target=lambda: list(module.turn_by_turn(visitor, "Bonjour")))
    first.start()
    space.wait_for("/queue/join")
    assert "déjà en cours" in told(client, "Salut")
    let_go.set()
    first.join()
    assert [turn["question"] for turn in visitor.turns] == ["", "Bonjour", "Salut"]
    assert visitor.turns[1]["answer"] == "Bonjour"


def test_a_page_reloaded_during_an_answer_still_has_the_question(build: Build, space: FakeSpace):
    space.messages = [generating(["Bon"]), completed(["Bonjour"])]
    module = build(space.url, ENDPOINT="/echo")
    client = module.app.test_client()
    told(client, "")
    (visitor,) = module.visitors.values()
    turn = module.turn_by_turn(visitor, "Coucou")
    next(turn)
    turn.close()  # as the server does when the browser has gone
    page = client.get("/").text
    assert '<li class="question">Coucou</li>' in page
    assert '<li class="answer">Bon' in page


def test_who_left_is_forgotten_and_the_session_with_the_space_closed(build: Build, space: FakeSpace):
    module = build(space.url, ENDPOINT="/echo")
    awa = module.app.test_client()
    streamed(awa, "Bonjour")
    (visitor,) = module.visitors.values()
    closed = visitor.client._kill_heartbeat
    visitor.seen -= module.IDLE_SECONDS + 1
    streamed(module.app.test_client(), "Salut")
    assert visitor not in module.visitors.values()
    assert until(closed.is_set)
    assert "Bonjour" not in awa.get("/").text


def test_the_server_keeps_a_bounded_number_of_visitors_and_of_turns(build: Build, space: FakeSpace):
    module = build(space.url, ENDPOINT="/echo")
    module.MOST_VISITORS, module.KEPT_TURNS = 1, 2
    awa = module.app.test_client()
    for message in ("un", "deux", "trois"):
        streamed(awa, message)
    page = awa.get("/").text
    assert "un</li>" not in page
    assert "deux" in page
    assert "trois" in page
    assert module.app.test_client().post("/flux", data={"message": "Bonjour"}).status_code == 503


def test_a_value_that_is_no_text_is_shown_all_the_same(build: Build, space: FakeSpace):
    space.messages = [completed([["<b>", 1]])]
    client = build(space.url, ENDPOINT="/echo").app.test_client()
    assert streamed(client, "Bonjour")[-1]["answer"] == "['<b>', 1]"


# --- the files around it


def test_the_requirements_are_those_of_the_site():
    site = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    pinned = {line.split()[0] for line in site if line and line[0] not in "#-"}
    needed = (FOLDER / "requirements.txt").read_text(encoding="utf-8").split()
    assert needed
    assert set(needed) <= pinned


def test_the_example_of_env_names_every_setting_and_holds_no_token():
    text = (FOLDER / "exemple.env").read_text(encoding="utf-8")
    program = (FOLDER / "app.py").read_text(encoding="utf-8")
    for name in re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', program):
        assert re.search(rf"^(# )?{name}=", text, re.MULTILINE), name
    assert re.search(r"^# HF_TOKEN=$", text, re.MULTILINE)


def test_the_lesson_shows_every_file_whole_or_part_by_part():
    lesson = (FOLDER.parent / "34-mini-chatbot.md").read_text(encoding="utf-8")
    shown = re.findall(r"^ *```\w+ (mini-chatbot/.+)$", lesson, re.MULTILINE)
    files = {path.relative_to(FOLDER.parent).as_posix(): path for path in FOLDER.rglob("*.*") if path.suffix != ".pyc"}
    assert "mini-chatbot/app.py" in shown
    for name, path in files.items():
        parts = re.findall(r"(?:#|//|\{#) >>> ([\w-]+)", path.read_text(encoding="utf-8"))
        assert [part for part in parts if f"{name} {part}" not in shown and name not in shown] == []
        assert parts or name in shown, name
