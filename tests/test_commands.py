"""The commands that start, check and tend the site, each as it is typed; and what they say when they cannot."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from hfcourse import create_app
from hfcourse.lessons import library
from hfcourse.server import check_port
from tests.support.commands import invoke_command, run_command
from tests.support.optional_tools import require_program
from tests.support.paths import ROOT
from tests.support.plain_typography import untypeset
from tests.support.processes import build_environment, find_free_port
from tests.support.site_process import STARTUP_TIMEOUT_SECONDS, SiteProcess

FLASK = [sys.executable, "-m", "flask"]
SECRET = "ghp_garbage_that_must_stay_secret"
LESSON = """+++
number = "1.1"
slug = "1-1-essai"
title = "Un essai"
summary = "Une phrase."
reading_minutes = 1
exercise_minutes = 5
objectives = ["Lire.", "Essayer.", "Choisir."]
prerequisites = ["Un navigateur."]
key_points = ["Un.", "Deux.", "Trois."]
reviewed = 2026-11-22
sources_dated = 2026-08-22
+++

Un [lien mort](/lecons/9-9-rien).
"""


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server((check_port.LOOPBACK, 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def ready(tmp_path: Path) -> list[str]:
    """`make`, told that everything is installed: where this very Python is."""
    stamp = tmp_path / "installed"
    stamp.touch()
    return [require_program("make"), f"BIN={Path(sys.executable).parent}", f"RUN_STAMP={stamp}"]


def pretended_python(folder: Path, lacking: str) -> Path:
    """An interpreter that runs, and fails as soon as it is asked about what it lacks."""
    made = folder / "python"
    made.write_text(f'#!/bin/sh\ncase "$2" in *{lacking}*) exit 1 ;; esac\n')
    made.chmod(0o755)
    return made


# Starting


@pytest.mark.parametrize(
    ("variable", "value"),
    [("HFCOURSE_CALL_DEADLINE_SECONDS", "abc"), ("HFCOURSE_TIME_ZONE", "Mars/Olympus"), ("HF_TOKEN", SECRET)],
)
def test_a_setting_that_makes_no_sense_stops_the_start_with_one_line(tmp_path: Path, variable: str, value: str):
    said = run_command(tmp_path, *FLASK, "run", "--port", str(find_free_port()), **{variable: value})
    assert said.returncode != 0
    assert len(said.stderr.strip().splitlines()) == 1
    assert variable in said.stderr
    assert value not in said.stdout + said.stderr


def test_the_site_can_be_made_without_arguments_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HFCOURSE_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.chdir(tmp_path)
    app = create_app()
    assert app.test_client().get("/lecons/3-1-presentation").status_code == 200
    assert app.test_client().get("/sante").get_json()["status"] == "ok"
    assert (tmp_path / "instance" / "hfcourse.sqlite").is_file()


# make run


def test_make_run_starts_the_site_on_the_port_asked_for(tmp_path: Path, ready: list[str]):
    number, log = find_free_port(), tmp_path / "log"
    with log.open("wb") as kept:
        process = subprocess.Popen(
            [*ready, "run", f"PORT={number}"],
            cwd=ROOT,
            env=build_environment(HFCOURSE_INSTANCE=str(tmp_path / "instance")),
            stdin=subprocess.DEVNULL,
            stdout=kept,
            stderr=kept,
            start_new_session=True,
        )
    try:
        site = SiteProcess(f"http://127.0.0.1:{number}", process, log)
        site.wait_until_up()
        assert "Commencer la leçon" in site.fetch_page("/")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def test_make_run_says_that_the_port_is_taken_and_names_a_free_one(tmp_path: Path, ready: list[str], taken_port: int):
    said = run_command(tmp_path, *ready, "run", f"PORT={taken_port}")
    assert said.returncode != 0
    found = re.fullmatch(
        rf"hfcourse\u00a0: le port {taken_port} est déjà pris. Celui-ci est libre\u00a0: make run PORT=(\d+)",
        said.stderr.splitlines()[0],
    )
    assert found
    assert check_port.is_port_free(int(found[1]))
    assert "est à l’adresse" not in said.stdout + said.stderr
    assert not (tmp_path / "instance").exists()


def test_flask_run_says_so_too_before_the_practice_space_starts(tmp_path: Path, taken_port: int):
    said = subprocess.run(
        [*FLASK, "run", "--port", str(taken_port)],
        cwd=ROOT, env=build_environment(HFCOURSE_INSTANCE=str(tmp_path)), capture_output=True,
        text=True, encoding="utf-8", timeout=STARTUP_TIMEOUT_SECONDS, check=False,
    )  # fmt: skip
    assert said.returncode != 0
    last = said.stderr.splitlines()[-1]
    found = re.fullmatch(
        rf"hfcourse\u00a0: le port {taken_port} est déjà pris. Celui-ci est libre\u00a0: flask run --port (\d+)", last
    )
    assert found, said.stderr
    assert check_port.is_port_free(int(found[1]))


@pytest.mark.parametrize("words", ["abc", "0", "70000", "-1", "5000x", "٥٠٠٠"])
def test_make_run_refuses_a_port_that_is_none(tmp_path: Path, ready: list[str], words: str):
    said = run_command(tmp_path, *ready, "run", f"PORT={words}")
    assert said.returncode != 0
    assert said.stderr.splitlines()[0] == "hfcourse\u00a0: PORT doit être un nombre entier, de 1 à 65535."


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        ("version_info", "il faut Python 3.11 ou plus récent"),
        ("ensurepip", "ne peut pas créer d’environnement virtuel"),
    ],
)
def test_make_run_says_in_one_line_what_python_lacks(tmp_path: Path, ready: list[str], lacking: str, words: str):
    python = pretended_python(tmp_path, lacking)
    said = run_command(tmp_path, "make", "run", f"BIN={tmp_path / 'none'}", f"PYTHON={python}")
    assert said.returncode != 0
    ours = [line for line in said.stderr.splitlines() if not line.startswith("make")]
    assert len(ours) == 1
    assert words in ours[0]


def test_make_run_says_in_one_line_that_there_is_no_python(tmp_path: Path, ready: list[str]):
    said = run_command(tmp_path, "make", "run", f"BIN={tmp_path / 'none'}", f"PYTHON={tmp_path / 'python'}")
    assert said.returncode != 0
    assert "ne se lance pas. Installez Python 3.11" in said.stderr.splitlines()[0]


def test_make_alone_lists_the_commands(tmp_path: Path, ready: list[str]):
    said = run_command(tmp_path, "make")
    assert said.returncode == 0
    for target in ("run", "test", "check", "bench", "clean"):
        assert f"make {target} " in said.stdout


# flask …


def test_flask_lists_our_commands(tmp_path: Path, app: Flask):
    said = run_command(tmp_path, *FLASK, "--help")
    assert said.returncode == 0, said.stderr
    for name, command in app.cli.commands.items():
        assert re.search(rf"^  {name}  +\w", said.stdout, re.MULTILINE), name
        assert command.help


def test_the_lessons_have_nothing_to_mend(tmp_path: Path):
    said = run_command(tmp_path, *FLASK, "check")
    assert said.returncode == 0, said.stdout
    assert "rien à corriger" in said.stdout


def test_check_fails_where_a_space_is_to_be_lent_a_token_that_is_not_there(tmp_path: Path):
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "spaces.toml").write_text('[[space]]\nid = "a/b"\ntoken = true\n')
    said = run_command(tmp_path, *FLASK, "check")
    assert said.returncode == 1
    assert "token = true pour a/b, mais HF_TOKEN n'est pas réglé" in untypeset(said.stdout)
    assert "token = true for a/b, and HF_TOKEN is not set" in said.stderr  # told by the start of any process
    token = "hf_" + "d" * 30
    told = run_command(tmp_path, *FLASK, "check", HF_TOKEN=token)
    assert told.returncode == 0
    assert "HF_TOKEN" not in told.stdout + told.stderr
    assert token not in told.stdout + told.stderr


def test_checking_a_broken_lesson_names_file_and_line_and_fails(app: Flask, tmp_path: Path):
    (tmp_path / "11-essai.md").write_text(LESSON)
    app.extensions["lessons"] = library.LessonLibrary(tmp_path, library.FIGURES_FOLDER, tmp_path / "figures")
    said = invoke_command(app, "check")
    assert said.exit_code == 1
    assert f"{tmp_path / '11-essai.md'}:15: " in said.output
    assert "/lecons/9-9-rien" in said.output
    assert "rien à corriger" not in said.output


def test_pruning_says_what_it_deleted(app: Flask):
    said = invoke_command(app, "prune")
    assert (said.exit_code, said.output.strip()) == (0, "0\u00a0essai supprimé.")


def tables(database: Path) -> list[tuple[str, str]]:
    """What the database is made of, and the migration that it says it is at."""
    with closing(sqlite3.connect(database)) as opened:
        made = opened.execute("SELECT name, sql FROM sqlite_master").fetchall()
        return made + opened.execute("SELECT 'at', version_num FROM alembic_version").fetchall()


def test_migrating_a_database_that_is_up_to_date_changes_nothing(app: Flask):
    database = Path(app.instance_path) / "hfcourse.sqlite"
    before = tables(database)
    assert invoke_command(app, "migrate").exit_code == 0
    assert tables(database) == before
