"""Our commands of flask speak French: help, words that they do not understand, encodings of a terminal."""

import io
import sys

import click
import pytest
from flask import Flask

from hfcourse.french_command import FrenchCommand, echo
from hfcourse.text.typography import typeset_french
from tests.support.commands import invoke_command
from tests.support.plain_typography import untypeset
from tests.support.spelling import find_unknown_words

OURS = ("check", "export", "instructor-link", "migrate", "practice", "prune", "worker")
NAMES = {"SIGTERM", "SQLite"}
ENGLISH = ("Usage:", "Show this", "Error:", "Try ", "Invalid", "Missing", "No such", "default:")


def help_of(app: Flask, name: str) -> str:
    said = invoke_command(app, name, "--help")
    assert said.exit_code == 0
    return said.output


def test_every_command_of_ours_is_french(app: Flask) -> None:
    assert set(OURS) == {name for name, command in app.cli.commands.items() if isinstance(command, FrenchCommand)}
    assert set(OURS) == set(app.cli.commands)


@pytest.mark.parametrize("name", OURS)
def test_the_help_of_a_command_is_french_in_words_and_typography(app: Flask, name: str) -> None:
    text = help_of(app, name)
    assert text.startswith("Usage\u00a0: ")
    assert "Afficher cette aide." in text
    assert not [words for words in ENGLISH if words in text]
    command = app.cli.commands[name]
    assert command.help
    assert command.short_help
    texts = [command.help, command.short_help]
    texts += [parameter.help for parameter in command.params if isinstance(parameter, click.Option) and parameter.help]
    assert texts == [typeset_french(each) for each in texts]
    assert [word for each in texts for word in find_unknown_words(each) if word not in NAMES] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("prune", "--rum", "x"), "l'option --rum n'existe pas. Vouliez-vous écrire --run ?"),
        (("check", "--vite"), "l'option --vite n'existe pas."),
        (("prune", "--run"), "il manque la valeur de --run."),
        (("check", "--help=x"), "l'option --help ne prend pas de valeur."),
        (("export",), "il manque FICHIER : il faut le chemin d'un fichier"),
        (("export", "/"), "FICHIER : il faut le chemin d'un fichier, qui n'est pas un dossier."),
        (("practice", "--port", "99999"), "--port : il faut un nombre entier de 0 à 65535."),
        (("practice", "--port", "abc"), "--port : il faut un nombre entier de 0 à 65535."),
        (("check", "3.1"), "3.1 : ce mot est de trop."),
    ],
)
def test_a_word_that_a_command_does_not_understand_is_said_in_french(
    app: Flask, words: tuple[str, ...], said: str
) -> None:
    result = invoke_command(app, *words)
    assert result.exit_code == 2
    assert f"hfcourse : {said}" in untypeset(result.output)
    assert f"Pour l'aide : flask {words[0]} --help" in untypeset(result.output).replace(app.cli.name or "", "flask")
    assert not [english for english in ENGLISH if english in result.output]


def test_an_encoding_without_narrow_spaces_gets_no_break_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()  # as a redirected Windows console, which lacks U+202F
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="cp1252", write_through=True))
    echo("Est-ce prêt\u202f? Oui\u00a0: 12\u202f000 ∞")
    assert written.getvalue().decode("cp1252").strip() == "Est-ce prêt\u00a0? Oui\u00a0: 12\u00a0000 ?"
