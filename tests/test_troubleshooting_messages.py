"""The messages of the troubleshooting page are those of the programs: each that can be provoked here is provoked."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import gradio_client
import pytest

from hfcourse.practice.server import PracticeServer
from tests.support.optional_tools import require_program
from tests.support.troubleshooting_guide import MESSAGE_INDEX, TROUBLESHOOTING_GUIDE

ENTRIES = {entry.id: entry for entry in TROUBLESHOOTING_GUIDE.entries}
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "FLASK_", "SPACE_"))}
DEADLINE_SECONDS = 60


def check(text: str, wanted: str, part: str = "") -> None:
    """The text leads to the entry, and holds one of its messages, `…` being anything."""
    known = [message for message in ENTRIES[wanted].messages if part in message]
    assert any(all(piece.strip() in text for piece in message.split("…")) for message in known), text
    assert wanted in [entry.id for entry in MESSAGE_INDEX.search_entries(text)][:2], text


def run(command: list[str], folder: Path, **variables: str) -> str:
    """What a command that fails writes."""
    ended = subprocess.run(
        command, check=False, cwd=folder, env=ENVIRONMENT | variables, capture_output=True, text=True,
        timeout=DEADLINE_SECONDS,
    )  # fmt: skip
    return ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("source", "wanted", "part"),
    [
        ("import no_such_library", "module-introuvable", "No module named …"),
        ("import os; os.environ['HF_TOKEN']", "keyerror-hf-token", "KeyError: 'HF_TOKEN'"),
        ("import os; os.environ['SPACE_URL']", "keyerror-hf-token", "KeyError: 'SPACE_URL'"),
        ("print(1)\n  print(2)", "indentation", "unexpected indent"),
        ("if True:\nprint(2)", "indentation", "expected an indented block"),
        ("print(", "indentation", "never closed"),
        ("open('absent.txt')", "fichier-introuvable", "FileNotFoundError"),
        ("'\u2192'.encode('cp1252')", "encodage", "can't encode"),
        ("b'\\x81'.decode('cp1252')", "encodage", "'charmap' codec can't decode"),
        ("b'\\xe9'.decode()", "encodage", "'utf-8' codec can't decode"),
        ("import json; json.loads('bonjour')", "json-guillemets", "Expecting value"),
        ('import json; json.loads("{\'a\': 1}")', "json-guillemets", "Expecting property name"),
        ("async def f(): pass\nf()", "await-oublie", "was never awaited"),
        ("from gradio_client import Client; Client('x', hf_token='')", "hf-token-argument", "__init__"),
        ("import flask; flask.Flask('x').jinja_env.get_template('page.html')", "page-vide", "TemplateNotFound"),
        ("import pip._internal.exceptions as e; print(e.ExternallyManagedEnvironment(None).message)",
         "externally-managed-environment", "This environment is"),
    ],
)  # fmt: skip
def test_message_of_python(tmp_path: Path, source: str, wanted: str, part: str) -> None:
    check(run([sys.executable, "-X", "utf8", "-c", source], tmp_path), wanted, part)


def test_message_of_python_for_a_file_that_is_not_there(tmp_path: Path) -> None:
    check(run([sys.executable, "absent.py"], tmp_path), "fichier-introuvable", "can't open file")


def test_message_of_python_for_a_file_named_as_a_library(tmp_path: Path) -> None:
    (tmp_path / "gradio_client.py").write_text("from gradio_client import Client\n")
    check(run([sys.executable, "gradio_client.py"], tmp_path), "nom-de-fichier", "cannot import name 'Client'")


def test_message_of_flask_for_a_port_that_is_taken(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("from flask import Flask\napp = Flask(__name__)\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        text = run([sys.executable, "-m", "flask", "--app", "app", "run", "--port", port], tmp_path)
    check(text, "port-occupe", "Address already in use")
    assert f"Port {port} is in use by another program" in text


def test_message_of_flask_for_an_app_that_is_not_there(tmp_path: Path) -> None:
    text = run([sys.executable, "-m", "flask", "--app", "app", "run"], tmp_path)
    check(text, "fichier-introuvable", "Could not import")


@pytest.mark.parametrize(
    ("name", "source", "wanted", "part"),
    [
        ("a.cjs", "import fs from 'fs'", "import-hors-module", "outside a module"),
        ("a.mjs", "import { Client } from '@gradio/client'", "import-hors-module", "ERR_MODULE_NOT_FOUND"),
        ("a.mjs", "console.log(new Promise(() => {}))", "await-oublie", "pending"),
        ("a.cjs", "await fetch('x')", "await-oublie", "only valid in async"),
        ("a.mjs", "await fetch('http://127.0.0.1:1/')", "pas-de-reseau", "fetch failed"),
        ("a.mjs", "const client = (async () => ({}))(); client.predict()", "await-oublie", "client.predict"),
        ("a.mjs", "import './absent.mjs'", "fichier-introuvable", "Cannot find module"),
    ],
)
def test_message_of_node(tmp_path: Path, name: str, source: str, wanted: str, part: str) -> None:
    (tmp_path / name).write_text(source)
    check(run([require_program("node"), name], tmp_path), wanted, part)


@pytest.mark.parametrize(
    ("arguments", "wanted", "part"),
    [
        (["http://nom.invalid/"], "json-guillemets", "curl: (6) Could not resolve host: …"),
        (["http://127.0.0.1:1/"], "pas-de-reseau", "curl: (7)"),
        (["-x", "http://proxy.invalid:3128", "http://127.0.0.1:1/"], "proxy", "curl: (5)"),
    ],
)
def test_message_of_curl(tmp_path: Path, arguments: list[str], wanted: str, part: str) -> None:
    check(run([require_program("curl"), "-sS", "--max-time", "20", *arguments], tmp_path, NO_PROXY=""), wanted, part)


def test_message_of_curl_for_a_server_that_is_silent(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        check(run([require_program("curl"), "-sS", "--max-time", "0.2", url], tmp_path), "delai-depasse", "curl: (28)")


# --- messages of gradio_client


@pytest.fixture(scope="module")
def practice_client(practice: PracticeServer) -> gradio_client.Client:
    return gradio_client.Client(practice.url, token=False, verbose=False, analytics_enabled=False)


def message_of(call: Callable[[], object]) -> str:
    """The last line of the traceback of a call that fails."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 (each is another)
        call()
    return f"{type(caught.value).__name__}: {caught.value}"


def test_messages_of_gradio_client(practice_client: gradio_client.Client) -> None:
    def predict(*values, **named):
        return message_of(lambda: practice_client.predict(*values, **named))

    check(predict("Awa", True, api_name="/salur"), "api-name-faux", "Cannot find a function")
    check(predict("Awa", True), "api-name-faux", "multiple endpoints")
    check(predict(nom="Awa", tutoyer=True, api_name="/saluer"), "parametre-faux", "not a valid key-word")
    check(predict(api_name="/saluer"), "parametre-faux", "No value provided")
    check(predict("texte", "addition", 2, api_name="/calculer"), "erreur-du-space", "upstream Gradio app")
    check(predict(1, "division", 0, api_name="/calculer").replace("\u00a0", " "), "erreur-du-space", "diviser")


def test_message_of_gradio_client_for_a_space_that_is_not_running() -> None:
    text = message_of(lambda: gradio_client.Client("http://127.0.0.1:1/", token=False, verbose=False))
    check(f"httpx.{text}", "pas-de-reseau", "Connection refused")


def test_message_of_a_call_whose_event_is_unknown(practice: PracticeServer) -> None:
    # Gradio breaks this answer off; the reading of a whole one would fail.
    with urllib.request.urlopen(f"{practice.url}/gradio_api/call/saluer/unknown") as answer:
        check(answer.readline().decode() + answer.readline().decode(), "evenement-deja-lu", "404")


def test_message_of_a_space_for_json_without_quotation_marks(practice: PracticeServer) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{practice.url}/gradio_api/call/saluer", b"{data: [Awa, true]}", headers)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    check(caught.value.read().decode(), "json-guillemets", "JSON decode error")
