"""The five programs of lesson 3.4: the very files that it shows, in front of the practice Space and of others."""

import importlib.util
import itertools
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest
from flask.testing import FlaskClient
from huggingface_hub import HfApi

from hfcourse.config import ROOT
from hfcourse.practice.server import PracticeServer
from tests.spaces import fake_servers
from tests.spaces.fake_servers import FakeServer, FakeSpace, make_completed, make_failed, make_generating
from tests.support.processes import find_free_port
from tests.support.waiting import wait_until

FOLDER = ROOT / "hfcourse" / "content" / "mini-chatbot"
PROGRAMS = {1: "1-question", 2: "2-erreurs", 3: "3-memoire", 4: "4-flux", 5: "5-en-ligne"}
OWN_MODULES = ("errors", "protection", "space", "visitors")
TOKEN = "hf_" + "z" * 34
HTML = "<img src=x onerror=alert(1)>"
QUESTION = "Qu’est-ce qu’un Space ?"
DEFINITION = "Un Space est une mini-application"

all_programs = pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
programs_with_errors = pytest.mark.parametrize("number", [2, 3, 4, 5])
programs_with_memory = pytest.mark.parametrize("number", [3, 4, 5])
programs_with_stream = pytest.mark.parametrize("number", [4, 5])


@dataclass(frozen=True)
class Program:
    """One program, imported as `flask run` imports it: its modules by name, `app` first."""

    number: int
    modules: dict[str, ModuleType]

    def browse(self) -> FlaskClient:
        """Return a new visitor's client."""
        return self.modules["app"].app.test_client()

    def set(self, name: str, value: object) -> None:
        """Replace a constant in each module that has it."""
        for module in self.modules.values():
            if hasattr(module, name):
                setattr(module, name, value)

    def visitors(self) -> dict[str, Any]:
        return self.modules["app" if self.number < 5 else "visitors"].visitors


Build = Callable[..., Program]


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> Iterator[Build]:
    """`build(number, url)`: a program as a student starts it, its settings in the environment."""
    built: list[Program] = []
    monkeypatch.setenv("PYTHON_DOTENV_DISABLED", "1")

    def make(number: int, space: str, **settings: str) -> Program:
        for name in ("SPACE", "ENDPOINT", "WITH_TOKEN", "HF_TOKEN", "SECRET_KEY"):
            monkeypatch.delenv(name, raising=False)
        for name, value in ({"SPACE": space, "GRADIO_ANALYTICS_ENABLED": "False"} | settings).items():
            monkeypatch.setenv(name, value)
        built.append(Program(number, import_program(number, monkeypatch)))
        return built[-1]

    yield make
    forget_modules()
    for program in built:
        for visitor in program.visitors().values() if program.number > 2 else ():
            client = visitor.client if program.number == 5 else visitor["client"]
            if client:
                client.close()


def import_program(number: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """Import app.py with its own folder first in the path, so that it finds the files beside it."""
    folder = FOLDER / PROGRAMS[number]
    forget_modules()
    monkeypatch.syspath_prepend(str(folder))
    spec = importlib.util.spec_from_file_location(f"mini_chatbot_{number}", folder / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # where Flask looks for the folder of its templates
    spec.loader.exec_module(module)
    return {"app": module} | {name: sys.modules[name] for name in OWN_MODULES if name in sys.modules}


def forget_modules() -> None:
    """Let the next program import its own `errors`, not that of the last one."""
    for name in OWN_MODULES:
        sys.modules.pop(name, None)


def ask(client: FlaskClient, question: str = "Bonjour") -> str:
    """Send the form as a browser without JavaScript does, and return the page that comes back."""
    return client.post("/", data={"question": question}, follow_redirects=True).text


def stream(client: FlaskClient, question: str) -> list[dict[str, Any]]:
    """Return what the script of the page receives, step by step."""
    answer = client.post("/flux", data={"question": question})
    assert answer.mimetype == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def plain_spaces(text: str) -> str:
    """Return the text without the no-break spaces that French puts around its signs."""
    return re.sub("[\u00a0\u202f]", " ", text)


def error_in(page: str) -> str:
    """Return the sentence that a page shows in place of an answer."""
    (found,) = re.findall(r'<p class="failure"[^>]*>(.*?)</p>', page)
    return found


# --- one question


@all_programs
def test_a_program_answers_without_javascript(build: Build, practice: PracticeServer, number: int):
    page = ask(build(number, practice.url).browse(), QUESTION)
    assert f'<p class="question">{QUESTION}</p>' in page
    assert DEFINITION in page


@all_programs
def test_a_program_shows_html_as_text(build: Build, space: FakeSpace, number: int):
    page = ask(build(number, space.url, ENDPOINT="/echo").browse(), HTML)
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") == 2
    assert "<img" not in page


@all_programs
def test_a_token_of_the_environment_is_not_sent_unless_asked(build: Build, space: FakeSpace, number: int):
    assert "Bonjour" in ask(build(number, space.url, ENDPOINT="/echo", HF_TOKEN=TOKEN).browse())
    assert space.requests
    assert all(TOKEN not in repr(request) for request in space.requests)


@pytest.mark.parametrize("number", [1, 2])
def test_a_program_without_memory_forgets(build: Build, practice: PracticeServer, number: int):
    client = build(number, practice.url).browse()
    ask(client, QUESTION)
    assert "aucune question en mémoire" in ask(client, "Quelle était ma première question ?")


# --- errors and patience


@programs_with_errors
@pytest.mark.parametrize("question", ["", "   ", "x" * 2001])
def test_a_question_that_is_empty_or_too_long_calls_nobody(build: Build, space: FakeSpace, number: int, question: str):
    page = ask(build(number, space.url).browse(), question)
    assert error_in(page) == "Écrivez de 1 à 2000 caractères."
    assert space.requests == []


@programs_with_errors
def test_a_failure_keeps_what_was_typed(build: Build, number: int):
    page = ask(build(number, f"http://127.0.0.1:{find_free_port()}").browse(), QUESTION)
    assert error_in(page) == "Le Space est injoignable. Vérifiez qu’il tourne, et SPACE dans .env."
    assert QUESTION in page


@programs_with_errors
def test_an_unknown_endpoint_gives_a_french_sentence(build: Build, space: FakeSpace, number: int):
    page = ask(build(number, space.url, ENDPOINT="/rien").browse())
    assert error_in(page).startswith("Space ou point d’accès introuvable.")


@pytest.mark.parametrize("number", [2, 5])  # what chooses the sentence is one file in the programs between
@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (make_failed(error="Trop long."), "Le Space refuse cette question et dit pourquoi. Trop long."),
        (make_failed(error=None), "Le Space s’est arrêté sans dire pourquoi."),
        (make_failed(error="You have exceeded your GPU quota."), "Le quota de calcul est épuisé."),
    ],
)
def test_an_error_of_the_space_gives_a_french_sentence(
    build: Build, space: FakeSpace, number: int, message: dict[str, Any], sentence: str
):
    space.messages = [message]
    assert error_in(ask(build(number, space.url, ENDPOINT="/echo").browse())).startswith(sentence)


def test_the_sentences_are_chosen_by_one_file_until_the_fifth_program():
    texts = [(FOLDER / PROGRAMS[number] / "errors.py").read_text(encoding="utf-8") for number in (2, 3, 4)]
    assert len(set(texts)) == 1


@pytest.mark.parametrize("number", [2, 5])
def test_a_full_queue_gives_a_french_sentence(build: Build, space: FakeSpace, number: int):
    space.answers["/queue/join"] = fake_servers.reply_with({"detail": "Queue is full."}, 503)
    assert error_in(ask(build(number, space.url, ENDPOINT="/echo").browse())).startswith("Trop de monde attend")


@programs_with_errors
def test_a_space_that_says_nothing_is_given_up(build: Build, space: FakeSpace, number: int):
    space.answers["/queue/data"] = fake_servers.never_reply
    program = build(number, space.url, ENDPOINT="/echo")
    program.set("MAX_SECONDS", 0.3)
    assert error_in(ask(program.browse())).startswith("Le Space n’a pas répondu à temps.")
    space.wait_for("/cancel")


# --- memory


@programs_with_memory
def test_a_conversation_is_remembered_and_nobody_elses(build: Build, practice: PracticeServer, number: int):
    program = build(number, practice.url)
    awa, noe = program.browse(), program.browse()
    ask(awa, "Qu’est-ce qu’un jeton ?")
    ask(noe, "Qu’est-ce qu’un quota ?")
    assert "« Qu’est-ce qu’un jeton ? »" in plain_spaces(ask(awa, "Quelle était ma première question ?"))
    assert "« Qu’est-ce qu’un quota ? »" in plain_spaces(ask(noe, "Quelle était ma première question ?"))
    assert "jeton" not in noe.get("/").text


@programs_with_memory
def test_a_page_that_is_reloaded_sends_nothing_again(build: Build, space: FakeSpace, number: int):
    client = build(number, space.url, ENDPOINT="/echo").browse()
    sent = client.post("/", data={"question": "Bonjour"})
    assert (sent.status_code, sent.location) == (303, "/")
    client.get("/")
    assert len(space.requests_to("/queue/join")) == 1


@programs_with_memory
def test_after_a_failure_the_next_question_opens_a_new_client(build: Build, space: FakeSpace, number: int):
    program = build(number, f"http://127.0.0.1:{find_free_port()}", ENDPOINT="/echo")
    client = program.browse()
    error_in(ask(client, "Coucou"))
    program.set("SPACE", space.url)
    assert '<p class="answer">Bonjour</p>' in ask(client, "Bonjour")


# --- stream


@programs_with_stream
def test_the_answer_grows_and_each_step_is_the_whole_text_so_far(build: Build, practice: PracticeServer, number: int):
    steps = stream(build(number, practice.url).browse(), QUESTION)
    answers = [step["answer"] for step in steps]
    assert len(answers) > 2
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(answers))
    assert DEFINITION in answers[-1]
    assert not any(step["error"] for step in steps)


@programs_with_stream
def test_a_failure_is_the_last_step(build: Build, number: int):
    (step,) = stream(build(number, f"http://127.0.0.1:{find_free_port()}").browse(), QUESTION)
    assert (step["question"], step["answer"]) == (QUESTION, "")
    assert step["error"].startswith("Le Space est injoignable.")


@programs_with_stream
def test_a_page_reloaded_during_an_answer_still_has_the_question(build: Build, space: FakeSpace, number: int):
    space.messages = [make_generating(["Bon"]), make_completed(["Bonjour"])]
    program = build(number, space.url, ENDPOINT="/echo")
    client = program.browse()
    ask(client, "")
    (visitor,) = program.visitors().values()
    steps = program.modules["app"].add_turn(visitor, "Coucou")
    next(steps)
    steps.close()  # as the server does when the browser has gone
    page = client.get("/").text
    assert '<p class="question">Coucou</p>' in page
    assert '<p class="answer">Bon' in page


@programs_with_stream
def test_the_script_writes_text_and_no_html(number: int):
    script = (FOLDER / PROGRAMS[number] / "static" / "chat.js").read_text(encoding="utf-8")
    assert script.count(".textContent = ") == 3
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", script)


# --- going public


def test_the_token_goes_to_the_space_that_needs_it_and_never_to_a_page(build: Build, space: FakeSpace):
    client = build(5, space.url, ENDPOINT="/echo", WITH_TOKEN="yes", HF_TOKEN=TOKEN).browse()
    assert stream(client, "Bonjour")[-1]["answer"] == "Bonjour"
    (sent,) = space.requests_to("/queue/join")
    assert sent.headers["x-hf-authorization"] == f"Bearer {TOKEN}"
    assert "authorization" not in sent.headers
    for answer in (client.get("/"), client.post("/flux", data={"question": "Encore"})):
        assert TOKEN not in answer.text + str(answer.headers)
    assert space.url not in client.get("/").text


@pytest.mark.parametrize("message", [make_completed([f"Voici {TOKEN}"]), make_failed(error=f"Voici {TOKEN}")])
def test_a_token_that_the_space_gives_away_is_masked(build: Build, space: FakeSpace, message: dict[str, Any]):
    space.messages = [message]
    page = ask(build(5, space.url, ENDPOINT="/echo", WITH_TOKEN="yes", HF_TOKEN=TOKEN).browse())
    assert "Voici hf_••••" in page
    assert TOKEN not in page


def test_a_question_that_holds_a_token_does_not_leave(build: Build, space: FakeSpace):
    page = ask(build(5, space.url, ENDPOINT="/echo").browse(), f"Voici {TOKEN}")
    assert "contient un jeton" in error_in(page)
    assert TOKEN not in page
    assert space.requests == []


@pytest.mark.parametrize("path", ["/", "/flux"])
def test_a_form_on_another_site_is_refused(build: Build, space: FakeSpace, path: str):
    client = build(5, space.url).browse()
    for origin in ("https://ailleurs.example", "null"):
        answer = client.post(path, data={"question": "Bonjour"}, headers={"Origin": origin})
        assert answer.status_code == 403
    assert client.post(path, data={"question": ""}, headers={"Origin": "http://localhost"}).status_code != 403
    assert space.requests == []


def test_the_page_loads_nothing_from_elsewhere(build: Build, space: FakeSpace):
    assert build(5, space.url).browse().get("/").headers["Content-Security-Policy"] == "default-src 'self'"


def test_a_form_that_is_too_large_is_refused(build: Build, space: FakeSpace):
    program = build(5, space.url)
    program.modules["app"].app.config["MAX_CONTENT_LENGTH"] = 1000
    assert program.browse().post("/", data={"question": "x" * 1001}).status_code == 413


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
    hub = FakeServer(fake_servers.reply_with({"stage": stage, "hardware": {"current": None, "requested": None}}))
    program = build(5, "a/b")
    program.set("get_space_runtime", HfApi(endpoint=hub.url).get_space_runtime)
    assert error_in(ask(program.browse())).startswith(sentence)
    assert hub.paths() == ["/api/spaces/a/b/runtime"]
    hub.close()


def test_one_answer_at_a_time_for_one_visitor(build: Build, space: FakeSpace):
    let_go = threading.Event()

    def slow(exchange: fake_servers.Exchange) -> None:
        let_go.wait(fake_servers.WAIT_TIMEOUT_SECONDS)
        space.stream_result(exchange)

    space.answers["/queue/data"] = slow
    program = build(5, space.url, ENDPOINT="/echo")
    client = program.browse()
    ask(client, "")
    (visitor,) = program.visitors().values()
    first = threading.Thread(target=lambda: list(program.modules["app"].add_turn(visitor, "Bonjour")))
    first.start()
    space.wait_for("/queue/join")
    assert "déjà en cours" in stream(client, "Salut")[-1]["error"]
    let_go.set()
    first.join()
    assert [turn["question"] for turn in visitor.turns] == ["", "Bonjour", "Salut"]
    assert visitor.turns[1]["answer"] == "Bonjour"


def test_a_visitor_who_left_is_forgotten_and_the_session_with_the_space_closed(build: Build, space: FakeSpace):
    program = build(5, space.url, ENDPOINT="/echo")
    awa = program.browse()
    ask(awa, "Bonjour")
    (visitor,) = program.visitors().values()
    closed = visitor.client._kill_heartbeat
    visitor.last_seen -= program.modules["visitors"].MAX_IDLE_SECONDS + 1
    ask(program.browse(), "Salut")
    assert visitor not in program.visitors().values()
    assert wait_until(closed.is_set)
    assert "Bonjour" not in awa.get("/").text


def test_the_server_keeps_a_bounded_number_of_visitors_and_of_turns(build: Build, space: FakeSpace):
    program = build(5, space.url, ENDPOINT="/echo")
    program.set("MAX_VISITORS", 1)
    program.set("MAX_TURNS", 2)
    awa = program.browse()
    for question in ("un", "deux", "trois"):
        ask(awa, question)
    page = awa.get("/").text
    assert ">un</p>" not in page
    assert ">deux</p>" in page
    assert ">trois</p>" in page
    assert program.browse().get("/").status_code == 200
    assert len(program.visitors()) == 1
    assert program.browse().post("/flux", data={"question": "Bonjour"}).status_code == 503


def test_a_value_that_is_no_text_is_shown_all_the_same(build: Build, space: FakeSpace):
    space.messages = [make_completed([["<b>", 1]])]
    page = ask(build(5, space.url, ENDPOINT="/echo").browse())
    assert '<p class="answer">[&#39;&lt;b&gt;&#39;, 1]</p>' in page


# --- the files around them


@all_programs
def test_the_requirements_are_pinned_as_the_site_pins_them(number: int):
    site = [(ROOT / name).read_text(encoding="utf-8") for name in ("requirements.in", "requirements-campus.in")]
    pinned = {line.split()[0] for line in "\n".join(site).splitlines() if line and line[0] not in "#-"}
    text = (FOLDER / PROGRAMS[number] / "requirements.txt").read_text(encoding="utf-8")
    needed = {line.partition(";")[0] for line in text.splitlines()}
    assert {"flask", "gradio_client", "python-dotenv"} <= {line.partition("==")[0] for line in needed}
    assert needed <= pinned


@all_programs
def test_the_example_of_env_names_every_setting_and_holds_no_token(number: int):
    folder = FOLDER / PROGRAMS[number]
    text = (folder / ".env.exemple").read_text(encoding="utf-8")
    programs = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    for name in re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', programs):
        assert re.search(rf"^(# )?{name}=", text, re.MULTILINE), name
    assert not re.search(r"HF_TOKEN=.", text)


@all_programs
def test_git_ignores_the_file_that_holds_secrets(number: int):
    ignored = (FOLDER / PROGRAMS[number] / ".gitignore").read_text(encoding="utf-8").split()
    assert {".env", ".venv/", "__pycache__/"} <= set(ignored)
