"""Catalogue of the Spaces that this site offers: the bundled list, and the instructor's own.

`spaces.toml` in the instance folder adds Spaces or replaces one of the same id. An error in it
aborts the start with one line. While the site runs, each process reloads the file when it changes;
an error is then logged, shown to the instructor, and the last valid list remains in use.
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
from hfcourse.setting_parsers import URL_HOST, is_http_url
from hfcourse.spaces.catalogue_errors import (
    CatalogueError,
    find_key_line,
    find_top_line,
    make_encoding_error,
    make_syntax_error,
)
from hfcourse.spaces.reloaded_file import ReloadedFile
from hfcourse.text.file_errors import TOML_FAILURES, describe_os_error
from hfcourse.text.typography import format_french, typeset_french

BUNDLED_CATALOGUE_PATH = Path(__file__).parent / "catalogue.toml"
PRACTICE_SPACE_ID = "hfcourse/entrainement"
SPACE_ID_PART_PATTERN = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?"
SPACE_ID_PATTERN = re.compile(rf"{SPACE_ID_PART_PATTERN}/{SPACE_ID_PART_PATTERN}", re.ASCII)
HUB_PAGE_URL_PATTERN = re.compile(
    rf"https://huggingface\.co/spaces/({SPACE_ID_PART_PATTERN}/{SPACE_ID_PART_PATTERN})/?", re.ASCII
)
SPACE_URL_PATTERN = re.compile(rf"https?://{URL_HOST}(:\d{{1,5}})?(/[A-Za-z0-9._~/-]*)?", re.ASCII)
TYPESET_KEYS = ("title", "why", "teaches")
CATALOGUE_FILE_NAME = "spaces.toml"
ENTRY_KEY_TYPES = {"id": str, "title": str, "why": str, "teaches": str, "url": str, "token": bool}

INVALID_STRUCTURE_MESSAGES = (
    "each space begins with a line [[space]], and there is nothing else",
    "chaque Space commence par une ligne [[space]], et il n’y a rien d’autre",
)
UNSET_VARIABLE_WARNING = "spaces.toml says token = true for %s, and HF_TOKEN is not set: it is called without a token."

NOT_LENT_IN_FRENCH = (
    "instance/spaces.toml : token = true pour {spaces}, mais HF_TOKEN n'est pas réglé : l'appel part sans jeton."
    " Ajoutez HF_TOKEN=… à .env, ou retirez token = true."
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CatalogueEntry:
    """Space of the catalogue.

    Attributes:
        why: a sentence about this Space.
        teaches: topic under which Spaces are grouped.
        url: only for one that is not on the Hub.
        token: may it receive the site's token?
    """

    id: str
    title: str
    why: str = ""
    teaches: str = ""
    url: str = ""
    token: bool = False


def is_space_id(name: str) -> bool:
    """Is this a valid `owner/name` of the Hub? Full match, ASCII only."""
    if not SPACE_ID_PATTERN.fullmatch(name) or "--" in name or ".." in name:
        return False
    return not name.endswith(".git")


def extract_space_id(text: str) -> str | None:
    """Return the `owner/name` of a typed name or URL of a Hub page, None for anything else."""
    match = HUB_PAGE_URL_PATTERN.fullmatch(text)
    name = match[1] if match else text
    return name if is_space_id(name) else None


def read_catalogue_file(path: Path) -> list[CatalogueEntry]:
    """Parse one catalogue file.

    Raises:
        SystemExit: one line with the file, the line and the error.
    """
    try:
        return parse_catalogue_entries(path.read_bytes())
    except (OSError, CatalogueError) as error:
        raise SystemExit(format_catalogue_error(path, error)) from None


def format_catalogue_error(path: Path, error: OSError | CatalogueError) -> str:
    """Return the French line that aborts the start."""
    message = describe_os_error(error) if isinstance(error, OSError) else error.describe()
    line = "hfcourse : {name} ne se lit pas : {words}. Corrigez-le, puis relancez."
    return format_french(line, name=path.name, words=message)


def parse_catalogue_entries(content: bytes) -> list[CatalogueEntry]:
    """Parse and validate the entries of a file.

    Raises:
        CatalogueError: the first error in it, and its line.
    """
    try:
        text = content.decode("utf-8-sig")
        document = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise make_encoding_error(error) from None
    except TOML_FAILURES as error:
        raise make_syntax_error(error, content.decode("utf-8-sig")) from None
    items = document.pop("space", [])
    if document or not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise CatalogueError(find_top_line(text, next(iter(document), "space")), *INVALID_STRUCTURE_MESSAGES)
    entries: dict[str, CatalogueEntry] = {}
    for index, item in enumerate(items):
        key, message, french_message = find_item_error(item, entries)
        if message:
            raise CatalogueError(
                find_key_line(text, index, key) or find_top_line(text, "space"), message, french_message
            )
        item_with_title = {"title": item["id"], **item}
        entries[item["id"]] = CatalogueEntry(
            **{
                **item_with_title,
                **{key: typeset_french(item_with_title[key]) for key in TYPESET_KEYS if key in item_with_title},
            }
        )
    return list(entries.values())


def find_item_error(item: dict[str, Any], entries: Mapping[str, CatalogueEntry]) -> tuple[str, str, str]:
    """Return the first invalid key of one `[[space]]` and its error in English and French; '' for none.

    Args:
        entries: the entries before it, by id.
    """
    for key, value in item.items():
        if key not in ENTRY_KEY_TYPES or not isinstance(value, ENTRY_KEY_TYPES[key]):
            unknown = f"a space has « {key} », which is unknown or not of its type"
            return key, unknown, f"« {key} » est inconnu, ou n’est pas du type attendu"
    if not is_space_id(item.get("id", "")):
        return "id", "a space has no id such as owner/name", "il manque un id de la forme auteur/nom"
    space_id, url = item["id"], item.get("url", "")
    if space_id in entries:
        return "id", f"an id is there twice, {space_id}", f"l’id {space_id} est déjà plus haut"
    if url and not (SPACE_URL_PATTERN.fullmatch(url) and is_http_url(url)):
        return "url", f"the url of {space_id} is not an address", f"l’url de {space_id} n’est pas une adresse"
    return "", "", ""


def list_catalogue_entries() -> list[CatalogueEntry]:
    """Return all entries, the practice Space first."""
    return list(get_catalogue().content.values())


def get_catalogue() -> ReloadedFile[dict[str, CatalogueEntry]]:
    """Return the catalogue of this process, by id."""
    found: ReloadedFile[dict[str, CatalogueEntry]] = current_app.extensions["catalogue"]
    return found


def get_catalogue_error() -> ValueError | OSError | None:
    """Return the error of the current `spaces.toml`, None if it is in use."""
    catalogue = get_catalogue()
    return catalogue.error if catalogue.content else None


def list_ids_without_token() -> list[str]:
    """Return the ids of the Spaces that should receive the token, if this site has none."""
    return [] if tokens.get_site_token() else [entry.id for entry in list_catalogue_entries() if entry.token]


def group_entries_by_topic() -> dict[str, list[CatalogueEntry]]:
    """Group all entries but the practice Space by topic, '' for those without one."""
    groups: dict[str, list[CatalogueEntry]] = {}
    for entry in list_catalogue_entries():
        if entry.id != PRACTICE_SPACE_ID:
            groups.setdefault(entry.teaches, []).append(entry)
    return groups


def find_catalogue_entry(space_id: str) -> CatalogueEntry | None:
    """Return the entry of that id."""
    return get_catalogue().content.get(space_id)


def is_catalogue_open() -> bool:
    """May students open any Space of the Hub?"""
    return bool(current_app.config["OPEN_CATALOGUE"])


def get_practice_server() -> PracticeServer:
    """Return the practice Space's server of this process."""
    server: PracticeServer = current_app.extensions["practice"]
    return server


def get_practice_state() -> str:
    """Return asleep, waking, awake, broken, or elsewhere if another server runs it."""
    return "elsewhere" if current_app.config["PRACTICE_URL"] else get_practice_server().state


def merge_catalogue_entries(
    bundled: list[CatalogueEntry], own: bytes | None, has_token: bool
) -> dict[str, CatalogueEntry]:
    """Merge the bundled entries and those of `spaces.toml`, if any; log those that lack the token."""
    entries = {entry.id: entry for entry in [*bundled, *(parse_catalogue_entries(own) if own is not None else ())]}
    ids_without_token = [] if has_token else [entry.id for entry in entries.values() if entry.token]
    if ids_without_token:
        log.warning(UNSET_VARIABLE_WARNING, ", ".join(ids_without_token))
    return entries


def init_app(app: Flask) -> None:
    """Read the catalogue and reload it on changes; the practice Space sleeps until it is first opened."""
    path, bundled, has_token = (
        Path(app.instance_path) / CATALOGUE_FILE_NAME,
        read_catalogue_file(BUNDLED_CATALOGUE_PATH),
        tokens.has_site_token(app),
    )
    try:
        app.extensions["catalogue"] = ReloadedFile(path, lambda own: merge_catalogue_entries(bundled, own, has_token))
    except (OSError, CatalogueError) as error:
        raise SystemExit(format_catalogue_error(path, error)) from None
    app.extensions["practice"] = PracticeServer(Path(app.instance_path) / "practice")
