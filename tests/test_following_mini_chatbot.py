"""Lesson 3.4 typed in its own order in an empty folder; and lessons with a fault, which cannot be followed.

tests/browser/test_mini_chatbot.py does the same with the lesson's commands, and looks at the pages in Chromium.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hfcourse.practice.server import PracticeServer
from tests.support.lesson_steps import LESSON_FILE, CompareStep, RunStep, WriteStep, iter_steps, read_listings
from tests.support.processes import build_environment

QUESTION = "Qu’est-ce qu’un Space ?"
RUN_SECONDS = 60
# Prints the statuses of the page, of what it loads, and of an answer, then the answer itself.
VISIT = """
import json, re, sys
from app import app
browser = app.test_client()
page = browser.get("/")
loaded = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
answer = browser.post("/", data={"question": sys.argv[1]}, follow_redirects=True)
statuses = [page.status_code, *(browser.get(each).status_code for each in loaded), answer.status_code]
print(json.dumps([statuses, len(loaded), answer.text, "/flux" in map(str, app.url_map.iter_rules())]))
import os; os._exit(0)
"""


def follow(lesson: str, folder: Path, space: str) -> list[int]:
    """Type the lesson's files in its order, visit the page at each figure, and return the programs that were seen."""
    seen = []
    for step in iter_steps(lesson):
        if isinstance(step, WriteStep):
            path = folder / step.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, encoding="utf-8")
        elif isinstance(step, CompareStep):
            visit(folder, space, step.program)
            seen.append(step.program)
    return seen


def visit(folder: Path, space: str, program: int) -> None:
    """Open the page of the program in `folder`, load what it names, and ask a question."""
    settings = {"SPACE": space, "GRADIO_ANALYTICS_ENABLED": "False", "PYTHONIOENCODING": "utf-8"}
    ended = subprocess.run(
        [sys.executable, "-c", VISIT, QUESTION],
        cwd=folder,
        env=build_environment(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=RUN_SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    statuses, loaded, answer, streams = json.loads(ended.stdout.splitlines()[-1])
    assert set(statuses) == {200}
    assert "Un Space est une mini-application" in answer
    assert loaded == (2 if program == 4 else 1)
    assert streams == (program == 4)


def without(lesson: str, start: str) -> str:
    """Return the lesson without its first line that begins so, and the line after it: a listing of a file."""
    lines = lesson.splitlines(keepends=True)
    place = next(place for place, line in enumerate(lines) if line.strip() == start)
    return "".join(lines[:place] + lines[place + 2 :])


def test_the_lesson_typed_in_its_order_gives_four_programs_that_answer(practice: PracticeServer, tmp_path: Path):
    assert follow(LESSON_FILE.read_text(encoding="utf-8"), tmp_path, practice.url) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "listing",
    [
        "```html mini-chatbot/1-question/templates/page.html",
        "```text mini-chatbot/1-question/static/chat.css",
        "```python mini-chatbot/1-question/app.py",
    ],
)
def test_a_lesson_without_a_file_of_its_first_program_fails(practice: PracticeServer, tmp_path: Path, listing: str):
    lesson = without(LESSON_FILE.read_text(encoding="utf-8"), listing)
    with pytest.raises(AssertionError):
        follow(lesson, tmp_path, practice.url)


def test_a_lesson_that_looks_before_its_program_is_written_fails(practice: PracticeServer, tmp_path: Path):
    lesson = LESSON_FILE.read_text(encoding="utf-8")
    figure = "::: figure chatbot-1.svg\nTrop tôt.\n:::\n\n"
    with pytest.raises(AssertionError):
        follow(lesson.replace("## Programme 1", figure + "## Programme 1", 1), tmp_path, practice.url)


def test_a_lesson_that_does_not_say_where_a_file_goes_fails():
    lesson = LESSON_FILE.read_text(encoding="utf-8").replace("Créez `static/chat.css`", "Créez la feuille de style", 1)
    with pytest.raises(AssertionError, match=r"no sentence says where to write .*chat\.css"):
        list(iter_steps(lesson))


def test_a_new_module_is_typed_before_the_program_that_imports_it():
    """Flask starts again when app.py changes, and does not see that a file which was missing has come."""
    paths = [step.path for step in iter_steps(LESSON_FILE.read_text(encoding="utf-8")) if isinstance(step, WriteStep)]
    assert paths.count("app.py") == 4
    assert paths.index("errors.py") < [place for place, path in enumerate(paths) if path == "app.py"][1]


def tables(lesson: str) -> list[list[str]]:
    """Return what the first column of each table « Si vous voyez » quotes, in the order of the programs."""
    parts = lesson.split("| Si vous voyez |")[1:]
    return [re.findall(r"[«`]\s*([^«»`|]+?)\s*[»`]", column(part.split("\n\n")[0])) for part in parts]


def column(table: str) -> str:
    return "\n".join(row.split("|")[1] for row in table.splitlines()[2:])


def test_the_sentences_that_the_lesson_explains_are_those_of_its_programs():
    quoted = tables(LESSON_FILE.read_text(encoding="utf-8"))
    assert len(quoted) == 4
    files = read_listings()
    errors, script = files["mini-chatbot/2-erreurs/errors.py"], files["mini-chatbot/4-flux/static/chat.js"]
    assert len(quoted[1]) >= 5
    assert [words for words in quoted[1] if words not in errors.casefold()] == []
    assert "Notre serveur ne répond plus" in quoted[3]
    assert "Notre serveur ne répond plus" in script


def run_program(folder: Path, program: str) -> str:
    """Return what Python prints of this program, in a folder that holds the files of a chatbot."""
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=build_environment(GRADIO_ANALYTICS_ENABLED="False", PYTHONDONTWRITEBYTECODE="1"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=RUN_SECONDS,
        check=False,
    )
    return ended.stdout


# What a beginner may get wrong, with the message of Flask that the lesson quotes for it.
FAULTS = {
    "TemplateNotFound: page.html": (
        "1-question",
        "import app, os; os.remove('templates/page.html'); app.app.testing = True; app.app.test_client().get('/')",
    ),
    "no secret key was set": ("3-memoire", "import app; app.app.secret_key = None; app.app.test_client().get('/')"),
    "Address already in use": (
        "1-question",
        "import app, socket; taken = socket.create_server(('127.0.0.1', 0)); app.app.run(port=taken.getsockname()[1])",
    ),
}


@pytest.mark.parametrize("message", FAULTS)
def test_a_message_that_the_lesson_quotes_is_the_one_that_flask_prints(message: str, tmp_path: Path):
    assert any(message in quoted for quoted in tables(LESSON_FILE.read_text(encoding="utf-8")))
    folder, program = FAULTS[message]
    shutil.copytree(LESSON_FILE.parent / "mini-chatbot" / folder, tmp_path, dirs_exist_ok=True)
    assert message in run_program(tmp_path, program)


def test_the_server_is_started_by_a_command_that_reloads():
    commands = [
        step.commands for step in iter_steps(LESSON_FILE.read_text(encoding="utf-8")) if isinstance(step, RunStep)
    ]
    assert [each.split()[0] for each in commands] == ["mkdir", "python3", ".venv/bin/flask", "flask"]
    assert "--debug" in commands[-1]
