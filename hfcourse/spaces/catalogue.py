"""The Spaces that this site offers: the bundled list, and the instructor's own.

`spaces.toml` in the instance folder adds Spaces or replaces one of the same id. A mistake in it stops
the start with one line.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, current_app

from hfcourse.practice.server import PracticeServer
from hfcourse.setting_values import URL_HOST, is_address
from hfcourse.typography import french

BUNDLED = Path(__file__).parent / "catalogue.toml"
PRACTICE = "hfcourse/entrainement"
PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?"
SPACE_ID = re.compile(rf"{PART}/{PART}", re.ASCII)
HUB_PAGE = re.compile(rf"https://huggingface\.co/spaces/({PART}/{PART})/?", re.ASCII)
URL = re.compile(rf"https?://{URL_HOST}(:\d{{1,5}})?(/[A-Za-z0-9._~/-]*)?", re.ASCII)
WORDS = ("title", "why", "teaches")
KEYS = {"id": str, "title": str, "why": str, "teaches": str, "url": str, "token": bool}


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
        SystemExit: one line naming the file and the mistake.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        items = found.pop("space", [])
        if found or not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise ValueError("each space begins with a line [[space]], and there is nothing else")
        made = [entry_of(item) for item in items]
        if len({entry.id for entry in made}) < len(made):
            raise ValueError("an id is there twice")
    except OSError as error:
        raise SystemExit(f"hfcourse: {path.name} cannot be read: {error.strerror}.") from None
    except ValueError as error:  # of TOML, of UTF-8, or of ours
        raise SystemExit(f"hfcourse: {path.name} cannot be read: {error}.") from None
    return made


def entry_of(item: dict[str, Any]) -> Entry:
    """One `[[space]]`, checked."""
    for key, value in item.items():
        if key not in KEYS or not isinstance(value, KEYS[key]):
            raise ValueError(f"a space has « {key} », which is unknown or not of its type")
    if not is_space_id(item.get("id", "")):
        raise ValueError("a space has no id such as owner/name")
    url = item.get("url", "")
    if url and not (URL.fullmatch(url) and is_address(url)):
        raise ValueError(f"the url of {item['id']} is not an address")
    named = {"title": item["id"], **item}
    return Entry(**{**named, **{key: french(named[key]) for key in WORDS if key in named}})


def entries() -> list[Entry]:
    """All entries, the practice Space first."""
    return list(current_app.extensions["catalogue"].values())


def groups() -> dict[str, list[Entry]]:
    """All but the practice Space, by what they teach: under '' those of the instructor that say nothing of it."""
    found: dict[str, list[Entry]] = {}
    for entry in entries():
        if entry.id != PRACTICE:
            found.setdefault(entry.teaches, []).append(entry)
    return found


def find(space_id: str) -> Entry | None:
    """The entry of that id."""
    return current_app.extensions["catalogue"].get(space_id)


def is_open() -> bool:
    """May students open any Space of the Hub?"""
    return current_app.config["OPEN_CATALOGUE"]


def practice() -> PracticeServer:
    """The practice Space of this process."""
    return current_app.extensions["practice"]


def practice_state() -> str:
    """asleep, waking, awake, broken, or elsewhere when it is run by somebody else."""
    return "elsewhere" if current_app.config["PRACTICE_URL"] else practice().state


def init_app(app: Flask) -> None:
    """Read the catalogue; the practice Space stays asleep until somebody opens it."""
    found = read(BUNDLED)
    own = Path(app.instance_path) / "spaces.toml"
    if own.is_file():
        found += read(own)
    app.extensions["catalogue"] = {entry.id: entry for entry in found}
    app.extensions["practice"] = PracticeServer(Path(app.instance_path) / "practice")
