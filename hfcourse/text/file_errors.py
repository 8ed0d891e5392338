"""French explanations of file errors: OS errors, and those of the TOML parser. Pure."""

import errno
import re
import tomllib
from dataclasses import dataclass

from hfcourse.text.typography import format_french, typeset_french

OS_ERRORS = {
    errno.EACCES: "l'accès est refusé",
    errno.EPERM: "l'accès est refusé",
    errno.ENOENT: "ce fichier, ou son dossier, n'existe pas",
    errno.EISDIR: "c'est un dossier",
    errno.ENOTDIR: "ce qui précède son nom n'est pas un dossier",
    errno.EEXIST: "un fichier de ce nom existe déjà",
    errno.ENOSPC: "le disque est plein",
    errno.EROFS: "le disque est en lecture seule",
    errno.ENAMETOOLONG: "le nom est trop long",
    errno.EADDRINUSE: "ce port est déjà pris",
    errno.EADDRNOTAVAIL: "cette adresse n'est pas celle de cette machine",
}
PLACE = re.compile(r" \(at (?:line ([0-9]+), column ([0-9]+)|end of document)\)$", re.ASCII)
# Messages of tomllib (Python 3.11 to 3.14) by prefix; the first match is used.
TOML_ERRORS = {
    "Expected '=' after a key": "il manque = entre le nom et la valeur",
    "Expected ']]'": "[[…]] n'est pas refermé par deux crochets",
    "Expected ']'": "[…] n'est pas refermé par un crochet",
    "Expected newline": "quelque chose suit la valeur sur la même ligne",
    "Expected": "un texte entre guillemets n'est pas refermé",
    "Unterminated string": "un texte entre guillemets n'est pas refermé",
    "Illegal character": "un texte entre guillemets n'est pas refermé sur sa ligne, ou contient un caractère interdit",
    "Found invalid character": "un caractère n'est pas permis à cet endroit",
    "Unescaped": "une barre oblique inverse est seule dans un texte : doublez-la",
    "Invalid hex value": "un code de caractère est faux",
    "Escaped character": "un code de caractère est faux",
    "Cannot overwrite a value": "ce nom est déjà écrit plus haut",
    "Cannot": "cette section est déjà écrite plus haut",
    "Duplicate inline table key": "ce nom est déjà écrit entre les mêmes accolades",
    "Invalid date or datetime": "cette date n'existe pas",
    "Invalid value": "cette valeur n'est ni un texte entre guillemets, ni un nombre, ni une date, ni true ou false",
    "Invalid initial character": "un nom commence par un caractère qui n'est pas permis",
    "Invalid statement": "cette ligne n'est ni nom = valeur, ni une section entre crochets",
    "Unclosed array": "une liste n'est pas refermée par un crochet",
    "Unclosed inline table": "une accolade n'est pas refermée",
}
# Exceptions of tomllib.loads: its own, and those of Python's limits on integer digits and recursion.
TOML_FAILURES = (ValueError, RecursionError)
LIMIT_PASSED = "un nombre est trop long, ou des crochets sont trop imbriqués"
OTHER_TOML_ERROR = "la syntaxe n'est pas celle de TOML"


@dataclass(frozen=True)
class TomlFault:
    """Syntax error of a TOML file; `line` and `column` count from 1 and are None at the end of the file."""

    line: int | None
    column: int | None
    words: str

    def __str__(self) -> str:
        if self.column is None:
            return self.words
        return format_french("{words}, à la colonne {column}", words=self.words, column=self.column)


def describe_toml_error(error: ValueError | RecursionError) -> TomlFault:
    """Return a parse error in French, with its position; the parser's own text may quote the file."""
    if not isinstance(error, tomllib.TOMLDecodeError):
        return TomlFault(None, None, typeset_french(LIMIT_PASSED))
    message = str(error)
    place = PLACE.search(message)
    words = next((ours for start, ours in TOML_ERRORS.items() if message.startswith(start)), OTHER_TOML_ERROR)
    line, column = (int(place[1]), int(place[2])) if place and place[1] else (None, None)
    return TomlFault(line, column, typeset_french(words))


def describe_os_error(error: OSError) -> str:
    """Return the reason of an OS error in French, without the path; a rare one by its name (`EIO`)."""
    if words := OS_ERRORS.get(error.errno or 0):
        return typeset_french(words)
    code = errno.errorcode.get(error.errno or 0, type(error).__name__)
    return format_french("le système refuse ({code})", code=code)
