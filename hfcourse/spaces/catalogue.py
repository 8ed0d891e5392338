"""The Spaces that this site offers: the bundled list, and the instructor's own.

`spaces.toml` in the instance folder adds Spaces or replaces one of the same id. A mistake in it stops the start with
one line. While the site runs each process follows the file; a mistake is then logged, shown to the instructor, and
leaves the last good list in force.
"""

import logging
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, current_app

from hfcourse import tokens
from hfcourse.practice.server import PracticeServer
from hfcourse.setting_parsers import URL_HOST, is_address
from hfcourse.spaces.catalogue_errors import (
    CatalogueMistake,
    encoding_mistake,
    find_line,
    find_top_line,
    syntax_mistake,
)
from hfcourse.spaces.reloaded_file import ReloadedFile
from hfcourse.text.file_errors import TOML_FAILURES, describe_os_error
from hfcourse.text.typography import format_french, french

BUNDLED = Path(__file__).parent / "catalogue.toml"
PRACTICE = "hfcourse/entrainement"
PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?"
SPACE_ID = re.compile(rf"{PART}/{PART}", re.ASCII)
HUB_PAGE = re.compile(rf"https://huggingface\.co/spaces/({PART}/{PART})/?", re.ASCII)
URL = re.compile(rf"https?://{URL_HOST}(:\d{{1,5}})?(/[A-Za-z0-9._~/-]*)?", re.ASCII)
WORDS = ("title", "why", "teaches")
FILE = "spaces.toml"
KEYS = {"id": str, "title": str, "why": str, "teaches": str, "url": str, "token": bool}

NOT_SPACES = (
    "each space begins with a line [[space]], and there is nothing else",
    "chaque Space commence par une ligne [[space]], et il n’y a rien d’autre",
)
NOT_LENT = "spaces.toml says token = true for %s, and HF_TOKEN is not set: it is called without a token."

NOT_LENT_IN_FRENCH = (
    "instance/spaces.toml : token = true pour {spaces}, mais HF_TOKEN n'est pas réglé : l'appel part sans jeton."
    " Ajoutez HF_TOKEN=… à .env, ou retirez token = true."
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A Space of the catalogue; `url` only for one that is not on the Hub, `token` if it may be lent the token.

    Those that teach the same thing stand together under its name; `why` is the sentence about this one.
    """

    id: str
    title: str
    why: str = ""
    teaches: str = ""
    url: str = ""
    token: bool = False


def is_space_id(name: str) -> bool:
    """Is this `owner/name`, as the Hub makes them? Full match, ASCII only."""
    if not SPACE_ID.fullmatch(name) or "--" in name or ".." in name:
        return False
    return not name.endswith(".git")


def reduced(written: str) -> str | None:
    """`owner/name` from what somebody wrote: the name, or the address of its page on the Hub; None for the rest."""
    found = HUB_PAGE.fullmatch(written)
    name = found[1] if found else written
    return name if is_space_id(name) else None


def read(path: Path) -> list[Entry]:
    """The entries of one file.

    Raises:
        SystemExit: one line naming the file, the line and the mistake.
    """
    try:
        return parse_entries(path.read_bytes())
    except (OSError, CatalogueMistake) as error:
        raise SystemExit(describe_mistake(path, error)) from None


def describe_mistake(path: Path, error: OSError | CatalogueMistake) -> str:
    """Return the one French line that stops the start."""
    words = describe_os_error(error) if isinstance(error, OSError) else error.describe()
    line = "hfcourse : {name} ne se lit pas : {words}. Corrigez-le, puis relancez."
    return format_french(line, name=path.name, words=words)


def parse_entries(content: bytes) -> list[Entry]:
    """The entries of a file.

    Raises:
        CatalogueMistake: the first thing in it that makes no sense, and its line.
    """
    try:
        text = content.decode("utf-8-sig")
        found = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise encoding_mistake(error) from None
    except TOML_FAILURES as error:
        raise syntax_mistake(error, content.decode("utf-8-sig")) from None
    items = found.pop("space", [])
    if found or not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise CatalogueMistake(find_top_line(text, next(iter(found), "space")), *NOT_SPACES)
    made: dict[str, Entry] = {}
    for place, item in enumerate(items):
        key, words, french_words = check_item(item, made)
        if words:
            raise CatalogueMistake(find_line(text, place, key) or find_top_line(text, "space"), words, french_words)
        named = {"title": item["id"], **item}
        made[item["id"]] = Entry(**{**named, **{key: french(named[key]) for key in WORDS if key in named}})
    return list(made.values())


def check_item(item: dict[str, Any], made: Mapping[str, Entry]) -> tuple[str, str, str]:
    """The key that is wrong in one `[[space]]`, and what is wrong with it, in English and French; '' if nothing is.

    Args:
        made: the entries before it, by id.
    """
    for key, value in item.items():
        if key not in KEYS or not isinstance(value, KEYS[key]):
            unknown = f"a space has « {key} », which is unknown or not of its type"
            return key, unknown, f"« {key} » est inconnu, ou n’est pas du type attendu"
    if not is_space_id(item.get("id", "")):
        return "id", "a space has no id such as owner/name", "il manque un id de la forme auteur/nom"
    space_id, url = item["id"], item.get("url", "")
    if space_id in made:
        return "id", f"an id is there twice, {space_id}", f"l’id {space_id} est déjà plus haut"
    if url and not (URL.fullmatch(url) and is_address(url)):
        return "url", f"the url of {space_id} is not an address", f"l’url de {space_id} n’est pas une adresse"
    return "", "", ""


def entries() -> list[Entry]:
    """All entries, the practice Space first."""
    return list(loaded().content.values())


def loaded() -> ReloadedFile[dict[str, Entry]]:
    """The catalogue of this process, by id."""
    found: ReloadedFile[dict[str, Entry]] = current_app.extensions["catalogue"]
    return found


def mistake() -> ValueError | OSError | None:
    """What is wrong with `spaces.toml` as it is now, None if it is in force."""
    catalogue = loaded()
    return catalogue.error if catalogue.content else None


def without_token() -> list[str]:
    """The ids of the Spaces that are to be lent the token, if this site has none."""
    return [] if tokens.current() else [entry.id for entry in entries() if entry.token]


def groups() -> dict[str, list[Entry]]:
    """All but the practice Space, by what they teach: under '' those of the instructor that say nothing of it."""
    found: dict[str, list[Entry]] = {}
    for entry in entries():
        if entry.id != PRACTICE:
            found.setdefault(entry.teaches, []).append(entry)
    return found


def find(space_id: str) -> Entry | None:
    """The entry of that id."""
    return loaded().content.get(space_id)


def is_open() -> bool:
    """May students open any Space of the Hub?"""
    return current_app.config["OPEN_CATALOGUE"]


def practice() -> PracticeServer:
    """The practice Space of this process."""
    return current_app.extensions["practice"]


def practice_state() -> str:
    """asleep, waking, awake, broken, or elsewhere when it is run by somebody else."""
    return "elsewhere" if current_app.config["PRACTICE_URL"] else practice().state


def merge_entries(bundled: list[Entry], own: bytes | None, has_token: bool) -> dict[str, Entry]:
    """The bundled entries and those of `spaces.toml`, which may not be there; says which lack the token."""
    found = {entry.id: entry for entry in [*bundled, *(parse_entries(own) if own is not None else ())]}
    lent = [] if has_token else [entry.id for entry in found.values() if entry.token]
    if lent:
        log.warning(NOT_LENT, ", ".join(lent))
    return found


def init_app(app: Flask) -> None:
    """Read the catalogue and follow it; the practice Space stays asleep until somebody opens it."""
    path, bundled, has_token = Path(app.instance_path) / FILE, read(BUNDLED), app.extensions["token"] is not None
    try:
        app.extensions["catalogue"] = ReloadedFile(path, lambda own: merge_entries(bundled, own, has_token))
    except (OSError, CatalogueMistake) as error:
        raise SystemExit(describe_mistake(path, error)) from None
    app.extensions["practice"] = PracticeServer(Path(app.instance_path) / "practice")
