"""French sentences for files that cannot be read or written: every message of TOML's parser, errors of the system."""

import errno
import re
import tomllib

import pytest

from hfcourse.text.file_errors import (
    LIMIT_PASSED,
    OTHER_TOML_ERROR,
    TOML_ERRORS,
    TOML_FAILURES,
    describe_os_error,
    describe_toml_error,
)
from hfcourse.text.typography import typeset_french
from tests.support.plain_typography import untypeset

# One text for each kind of mistake, and a part of the sentence for it.
MISTAKES = {
    "a 1": "il manque =",
    "[a": "pas refermé par un crochet",
    "[[a]": "pas refermé par deux crochets",
    'a = "b" c': "quelque chose suit la valeur",
    'a = "b': "guillemets",
    'a = "b\nc': "guillemets",
    'a = """b': "guillemets",
    "a = 'b": "guillemets",
    "a = '''b": "guillemets",
    'a = "C:\\Windows"': "barre oblique inverse",
    'a = "\\u12"': "code de caractère",
    'a = "\\ud800"': "code de caractère",
    "a = 1\na = 2": "ce nom est déjà écrit plus haut",
    "[a]\n[a]": "cette section est déjà écrite plus haut",
    "a = []\n[[a]]": "cette section est déjà écrite plus haut",
    "a = {b = 1, b = 2}": "entre les mêmes accolades",
    "a = 2026-02-30": "cette date n'existe pas",
    "a = oui": "cette valeur n'est ni un texte",
    "a =": "cette valeur n'est ni un texte",
    "[é]": "un nom commence par",
    "é = 1": "cette ligne n'est ni nom = valeur",
    "a = [1": "une liste n'est pas refermée",
    "a = {b = 1": "une accolade n'est pas refermée",
    "# \x00": "un caractère n'est pas permis",
}


def parse(text: str) -> tomllib.TOMLDecodeError:
    """Return what the parser says of a text that is not TOML."""
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    return caught.value


@pytest.mark.parametrize(("text", "words"), MISTAKES.items(), ids=map(repr, MISTAKES))
def test_each_mistake_of_toml_is_said_in_french(text: str, words: str) -> None:
    found = describe_toml_error(parse(text))
    assert words in untypeset(found.words)
    assert found.words == typeset_french(found.words) != typeset_french(OTHER_TOML_ERROR)
    place = re.search(r"at line (\d+), column (\d+)", str(parse(text)))  # or "at end of document"
    assert (found.line, found.column) == (tuple(map(int, place.groups())) if place else (None, None))


def test_every_sentence_about_toml_is_used_by_a_mistake() -> None:
    used = {describe_toml_error(parse(text)).words for text in MISTAKES}
    assert used == {typeset_french(words) for words in TOML_ERRORS.values()}


@pytest.mark.parametrize("text", ["a = " + "1" * 5_000, "a = " + "[" * 5_000])
def test_a_limit_of_python_is_said_in_french_too(text: str) -> None:
    with pytest.raises(TOML_FAILURES) as caught:
        tomllib.loads(text)
    assert str(describe_toml_error(caught.value)) == typeset_french(LIMIT_PASSED)


def test_a_message_of_another_parser_is_said_without_its_words() -> None:
    found = describe_toml_error(tomllib.TOMLDecodeError("Something new about SECRET (at line 3, column 7)"))
    assert (found.line, found.column, found.words) == (3, 7, typeset_french(OTHER_TOML_ERROR))
    assert str(found) == f"{found.words}, à la colonne 7"


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOENT, errno.EISDIR, errno.ENOSPC, errno.EIO, errno.EMFILE, 0])
def test_an_error_of_the_system_is_said_in_french_without_the_path(number: int) -> None:
    words = describe_os_error(OSError(number, "English words", "/secret/path"))
    assert "English" not in words
    assert "secret" not in words
    assert re.match(r"l’accès|ce fichier|c’est un|le disque|le système", words)
