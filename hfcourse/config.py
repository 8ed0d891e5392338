"""Every setting: its name, its default, what it is for.

A setting is read from the environment, prefixed with ``HFCOURSE_``, or from ``.env`` at the top of the
project (the environment wins). All are optional. A value that makes no sense stops the start with one
line that names the setting and never prints the value, which may be a secret.
"""

import difflib
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from flask import Flask

from hfcourse.setting_parsers import (
    certificates,
    contact,
    files_url,
    hosts,
    http_url,
    optional_whole,
    origin,
    origins,
    password,
    proxy,
    redis_url,
    secret,
    text,
    time_zone,
    whole,
    yes_no,
)
from hfcourse.text.typography import french

PREFIX = "HFCOURSE_"
ROOT = Path(__file__).resolve().parent.parent

log = logging.getLogger(__name__)


def refuse(name: str, expected: str) -> NoReturn:
    """Stop the start with one French line; `SystemExit` prints no traceback, under flask and gunicorn alike.

    Args:
        expected: what is wrong, or expected instead, as a French clause without the value, which may be a secret.
    """
    raise SystemExit(
        french(
            f"hfcourse : le réglage {name} ne convient pas : {expected}."
            " Corrigez-le dans .env ou dans l'environnement, puis relancez."
        )
    )


@dataclass(frozen=True)
class Setting:
    """One setting: `name` without its prefix, `default` as one would write it in ``.env``."""

    name: str
    default: str
    parse: Callable[[str], Any]
    purpose: str
    prefix: str = PREFIX

    @property
    def variable(self) -> str:
        return self.prefix + self.name


SETTINGS = (
    Setting("INSTANCE", "", text, "folder of everything that is kept (default: `instance/` of the project)"),
    Setting("DATABASE_URL", "", text, "database of the runs (default: SQLite in the instance folder)"),
    Setting(
        "QUEUE_URL", "", redis_url, "Redis, over which workers are told of runs (empty: this process executes them)"
    ),
    Setting("FILES_URL", "", files_url, "where kept files are, `s3://bucket/prefix` (default: the instance folder)"),
    Setting("SPACE_ORIGINS", "", origins, "exact origins of a private hub's Spaces, besides `*.hf.space`"),
    Setting("OPEN_CATALOGUE", "yes", yes_no, "may students open any Space of the Hub, or only the catalogue's"),
    Setting("CALL_DEADLINE_SECONDS", "120", whole(1), "how long one call may take, silence included"),
    Setting("RUNS_PER_MINUTE", "20", whole(1), "runs that one visitor may create in a minute"),
    Setting("RUNS_AT_ONCE", "128", whole(1), "calls in progress at once in this process"),
    Setting("RUNS_AT_ONCE_PER_VISITOR", "2", whole(1), "calls in progress at once for one visitor"),
    Setting("RUNS_AT_ONCE_PER_SPACE", "", optional_whole, "calls in progress at once for one Space (empty: no limit)"),
    Setting("RUNS_WAITING", "500", whole(1), "runs that may wait for their turn before one is refused"),
    Setting("UPLOAD_LIMIT_BYTES", "20000000", whole(1), "size of all the files of one form"),
    Setting("KEEP_DAYS", "90", whole(1), "days after which a run and its files are deleted"),
    Setting(
        "KEEP_BYTES",
        "2000000000",
        whole(1),
        "size of all kept files and texts; beyond it files go first, by share",
    ),
    Setting("SECRET_KEY", "", secret, "signs the cookies (default: made once and kept in the instance folder)"),
    Setting("INSTRUCTOR_PASSWORD", "", password, "opens the instructor's place, `/enseignant/` (empty: to nobody)"),
    Setting("REPORT_TO", "", contact, "mail or web address to which readers report a mistake in a lesson"),
    Setting("HOSTS", "", hosts, "names by which the site may be asked, besides addresses and the machine's own name"),
    Setting("TRUSTED_PROXIES", "0", whole(0), "reverse proxies before the site, which set X-Forwarded-For and -Proto"),
    Setting("TRUST_FORWARDED_HOST", "no", yes_no, "do these proxies set X-Forwarded-Host themselves"),
    Setting("TRUST_FORWARDED_PREFIX", "no", yes_no, "do these proxies set X-Forwarded-Prefix themselves"),
    Setting("PROXY_URL", "", proxy, "a school's proxy, for the Hub and the Spaces"),
    Setting("CA_BUNDLE", "", certificates, "a school's own certificates (PEM), for the Hub and the Spaces"),
    Setting("TIME_ZONE", "Europe/Paris", time_zone, "time zone of the times shown"),
    Setting("PRACTICE_URL", "", http_url, "a practice Space that runs elsewhere (default: one of our own, on demand)"),
    Setting("PRACTICE_PAGE_URL", "", http_url, "where readers' own browsers and programs reach that practice Space"),
    Setting("ENDPOINT", "https://huggingface.co", origin, "the Hub", prefix="HF_"),
)
# The tokens of huggingface_hub's tools are read by tokens.py alone.
KNOWN = {setting.variable for setting in SETTINGS}


def load(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return every setting by its name (HF_ENDPOINT as ``HUB_URL``), parsed.

    Raises:
        SystemExit: one line naming the first setting whose value makes no sense.
    """
    values = {}
    for setting in SETTINGS:
        raw = environment.get(setting.variable, "").strip() or setting.default
        try:
            values[setting.name] = setting.parse(raw)
        except ValueError as error:
            refuse(setting.variable, str(error))
    values["HUB_URL"] = values.pop("ENDPOINT")
    return values


def warn_of_unknown(environment: Mapping[str, str]) -> None:
    """Log the variables that look like ours and are none: a typing mistake would otherwise be silent."""
    for variable in sorted(environment):
        if variable.startswith(PREFIX) and variable not in KNOWN:
            near = difflib.get_close_matches(variable, KNOWN, n=1)
            log.warning("Unknown setting %s%s", variable, f": did you mean {near[0]}?" if near else ".")


def secret_key(folder: Path) -> str:
    """Return the key kept in `folder`, made at the first start.

    Two processes that start together must agree on it: the file is made whole under another name, then
    linked, which only one of them can do.
    """
    kept = folder / "secret-key"
    if not kept.exists():
        mine = folder / f"secret-key.{os.getpid()}"
        mine.touch(mode=0o600)
        mine.write_text(os.urandom(32).hex())
        try:
            os.link(mine, kept)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links: the last one wins, once
            os.replace(mine, kept)
        mine.unlink(missing_ok=True)
    return kept.read_text().strip()


def init_app(app: Flask, overrides: Mapping[str, Any] | None = None) -> None:
    """Fill ``app.config``: defaults, then environment and ``.env``, then `overrides` (the tests')."""
    from dotenv import load_dotenv

    try:
        load_dotenv(ROOT / ".env", encoding="utf-8-sig")  # Windows' notepad begins a file with a mark
    except UnicodeDecodeError:
        raise SystemExit(french("hfcourse : .env est illisible : enregistrez-le en UTF-8.")) from None
    app.config.from_mapping(load(os.environ))
    app.config.from_mapping(overrides or {})
    warn_of_unknown(os.environ)
    if app.config["INSTANCE"]:
        app.instance_path = str(Path(app.config["INSTANCE"]).expanduser().absolute())
    folder = Path(app.instance_path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        app.config["SECRET_KEY"] = app.config["SECRET_KEY"] or secret_key(folder)
    except OSError:
        refuse(PREFIX + "INSTANCE", "on ne peut pas écrire dans ce dossier")
