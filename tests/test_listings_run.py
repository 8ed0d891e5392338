"""The code that lessons show, run as a student runs it, in front of the practice Space.

What a student types on the way through lessons 3.2 and 3.3 is run, in their order, by test_token_lesson.py and
test_calls_lesson.py. Lesson 3.4 is followed to the letter by tests/browser/test_mini_chatbot.py.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hfcourse.lessons.library import CONTENT_FOLDER
from hfcourse.lessons.syntax.context import RenderContext
from hfcourse.lessons.syntax.front_matter import split_front_matter
from hfcourse.lessons.syntax.parser import LESSON_PARSER
from hfcourse.practice.server import PracticeServer
from tests.support.optional_tools import require_program
from tests.support.processes import build_environment
from tests.support.typed_lessons import (
    BROKEN_CALLS,
    CALLS_BLOCKS,
    TOKEN_BLOCKS,
    is_typed_calls_block,
    is_typed_token_block,
)

RUN_SECONDS = 60
TOKEN = "hf_" + "e" * 34
CODE = ("python", "javascript", "bash")
# All that is changed in a listing: what it names on the Hub is the practice Space, whose endpoints have French names,
# and the token that it masks is one that opens nothing.
STAND_INS = {
    "gradio/hello_world": {
        r"https://gradio-hello-world\.hf\.space|gradio/hello_world": "ADDRESS",
        r"/predict\b": "/saluer",
        r"\bname\b": "prenom",
    },
    "moi/traduction": {"moi/traduction": "ADDRESS"},
    "hf_••••••••": {"hf_•+": TOKEN},
}
# What an extract of a question leaves out.
LEFT_OUT = {
    "python": "import os\n\nfrom gradio_client import Client\n\n",
    "javascript": 'import { Client } from "@gradio/client";\n\n',
}
# Each listing by its lesson, its language and how it begins; and what it prints when it is run.
RUN = {
    ("3.2", "javascript", "const client = await"): r"\A\Z",
    ("3.2", "python", "client = Client"): r"\ALoaded as API",
    ("3.2", "python", "print(f"): rf"\AAppel avec {TOKEN}\n\Z",
    ("3.3", "python", 'client = Client("gradio/hello_world'): "Bonjour Awa",
    ("3.3", "javascript", 'const client = await Client.connect("gradio/hello_world'): r"\[ 'Bonjour Awa",
    ("3.3", "bash", "SPACE="): r'event: complete\ndata: \["Bonjour Awa',
}
# And those that are not run, each with its reason.
NOT_RUN = {
    ("3.2", "bash", "git add .env"): "a leak to be found, which calls nobody",
    ("3.4", "python", "if isinstance"): "has the fault that a question asks to mend",
    ("3.4", "javascript", "answer.textContent +="): "has the fault that a question asks to mend",
    ("3.4", "bash", "mkdir"): "typed by browser/test_mini_chatbot.py, as it stands",
    ("3.4", "bash", "python3 -m venv"): "typed by browser/test_mini_chatbot.py, but for the downloads of pip",
    ("3.4", "bash", ".venv/bin/flask practice"): "typed by browser/test_mini_chatbot.py, on another port",
    ("3.4", "bash", "flask --app app"): "typed by browser/test_mini_chatbot.py, on another port",
    ("3.4", "bash", "pip install"): "typed by browser/test_mini_chatbot.py, on another port",
    ("3.4", "bash", "curl -H"): "asks the Hub what is left of an account's quota",
}


@dataclass(frozen=True)
class Shown:
    """A listing that stands in a lesson itself: the lesson's number, the language, the code."""

    lesson: str
    language: str
    code: str


def followed() -> set[str]:
    """The code of lessons 3.2 and 3.3 that is run by the tests that follow these lessons."""
    typed = [*filter(is_typed_token_block, TOKEN_BLOCKS)]
    typed += [block for block in TOKEN_BLOCKS if block.is_in("exercice")]
    typed += [
        *filter(is_typed_calls_block, CALLS_BLOCKS),
        *BROKEN_CALLS,
    ]
    return {block.code for block in typed}


def listings() -> Iterator[Shown]:
    """Every listing of every lesson that is code to run, but for files that it shows and what other tests type."""
    typed = followed()
    for path in sorted(CONTENT_FOLDER.glob("*.md")):
        draft = RenderContext({}, {})
        front, body = split_front_matter(path.read_text(encoding="utf-8"), draft)
        for token in LESSON_PARSER.parse(body):
            language, *file = token.info.split() or [""] if token.type == "fence" else [""]
            if language in CODE and not file and token.content not in typed:
                yield Shown(front.number, language, token.content)


SHOWN = list(listings())


def key_of(listing: Shown) -> list[tuple[str, str, str]]:
    """The entries of the two tables that speak of a listing."""
    return [
        key
        for key in (RUN | NOT_RUN)
        if key[:2] == (listing.lesson, listing.language) and listing.code.startswith(key[2])
    ]


def test_every_listing_is_run_or_is_named_with_a_reason_once() -> None:
    assert [listing for listing in SHOWN if len(key_of(listing)) != 1] == []
    assert sorted(key for listing in SHOWN for key in key_of(listing)) == sorted(RUN | NOT_RUN)
    assert not RUN.keys() & NOT_RUN.keys()


def ready(code: str, address: str) -> str:
    """The listing with the practice Space, at this address, in the place of a Space of the Hub."""
    for named, changes in STAND_INS.items():
        if named in code or named.replace("/", "-").replace("_", "-") in code:
            for pattern, other in changes.items():
                code = re.sub(pattern, other.replace("ADDRESS", address.rstrip("/")), code)
    return code


def whole(code: str, language: str) -> str:
    return code if "import" in code else LEFT_OUT[language] + code


def run(folder: Path, *command: str) -> str:
    """What the command prints, errors included."""
    settings = {"HF_TOKEN": TOKEN, "GRADIO_ANALYTICS_ENABLED": "False", "PYTHONIOENCODING": "utf-8"}
    ended = subprocess.run(
        command,
        cwd=folder,
        env=build_environment(**settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=RUN_SECONDS,
        check=False,
    )
    return ended.stdout


def shown_in(language: str) -> list[Shown]:
    return [listing for listing in SHOWN if listing.language == language and key_of(listing)[0] in RUN]


def name_of(listing: Shown) -> str:
    return f"{listing.lesson} {listing.code.splitlines()[0]}"


def expect_printed(listing: Shown, printed: str) -> None:
    assert re.search(RUN[key_of(listing)[0]], printed), printed


@pytest.mark.parametrize("listing", shown_in("python"), ids=name_of)
def test_a_python_listing_runs(listing: Shown, practice: PracticeServer, tmp_path: Path) -> None:
    (tmp_path / "appel.py").write_text(whole(ready(listing.code, practice.url), "python"), encoding="utf-8")
    expect_printed(listing, run(tmp_path, sys.executable, "appel.py"))


@pytest.mark.parametrize("listing", shown_in("javascript"), ids=name_of)
def test_a_javascript_listing_runs(listing: Shown, practice: PracticeServer, node_client_folder: Path) -> None:
    (node_client_folder / "appel.mjs").write_text(
        whole(ready(listing.code, practice.url), "javascript"), encoding="utf-8"
    )
    # The practice Space remembers conversations: the client stays connected after the last line, as the lesson says.
    ended = 'await import("./appel.mjs"); process.exit();'
    expect_printed(listing, run(node_client_folder, "node", "--input-type=module", "-e", ended))


@pytest.mark.parametrize("listing", shown_in("bash"), ids=name_of)
def test_a_curl_listing_runs(listing: Shown, practice: PracticeServer, tmp_path: Path) -> None:
    require_program("curl")
    first, second = ready(listing.code, practice.url).split("\n\n")
    event = json.loads(re.findall(r"^\{.*\}$", run(tmp_path, "bash", "-c", first), re.MULTILINE)[-1])["event_id"]
    variables = "".join(f"{line}\n" for line in first.split("\n") if re.match(r"\w+=", line))  # of the same terminal
    expect_printed(listing, run(tmp_path, "bash", "-c", variables + second.replace("EVENT_ID", event)))
