"""Settings: name, default and purpose of each.

A setting is read from the environment, prefixed with ``HFCOURSE_``, or from ``.env`` at the top of the project (the
environment wins). All are optional. An invalid value stops the start with one line that names the setting and never
prints the value, which may be a secret.
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
    make_integer_parser,
    parse_boolean,
    parse_certificates,
    parse_contact,
    parse_files_url,
    parse_hosts,
    parse_http_url,
    parse_optional_integer,
    parse_origin,
    parse_origins,
    parse_password,
    parse_proxy_url,
    parse_redis_url,
    parse_secret_key,
    parse_time_zone,
    strip_text,
)
from hfcourse.text.typography import typeset_french

SETTING_PREFIX = "HFCOURSE_"
ROOT = Path(__file__).resolve().parent.parent

log = logging.getLogger(__name__)


def reject_setting(name: str, expected: str) -> NoReturn:
    """Exit at start-up with one French line; `SystemExit` prints no traceback, with flask and gunicorn alike.

    Args:
        expected: the error, or the expected value, as a French clause without the value, which may be a secret.
    """
    raise SystemExit(
        typeset_french(
            f"hfcourse : le réglage {name} ne convient pas : {expected}."
            " Corrigez-le dans .env ou dans l'environnement, puis relancez."
        )
    )


@dataclass(frozen=True)
class Setting:
    """Definition of a setting: `name` without its prefix, `default` as written in ``.env``."""

    name: str
    default: str
    parse: Callable[[str], Any]
    purpose: str
    prefix: str = SETTING_PREFIX

    @property
    def variable(self) -> str:
        return self.prefix + self.name


SETTINGS = (
    Setting("INSTANCE", "", strip_text, "folder of everything that is kept (default: `instance/` of the project)"),
    Setting("DATABASE_URL", "", strip_text, "database of the runs (default: SQLite in the instance folder)"),
    Setting(
        "QUEUE_URL",
        "",
        parse_redis_url,
        "Redis, over which workers are told of runs (empty: this process executes them)",
    ),
    Setting(
        "FILES_URL", "", parse_files_url, "where kept files are, `s3://bucket/prefix` (default: the instance folder)"
    ),
    Setting("SPACE_ORIGINS", "", parse_origins, "exact origins of a private hub's Spaces, besides `*.hf.space`"),
    Setting("OPEN_CATALOGUE", "yes", parse_boolean, "may students open any Space of the Hub, or only the catalogue's"),
    Setting("CALL_DEADLINE_SECONDS", "120", make_integer_parser(1), "how long one call may take, silence included"),
    Setting("RUNS_PER_MINUTE", "20", make_integer_parser(1), "runs that one visitor may create in a minute"),
    Setting("RUNS_AT_ONCE", "128", make_integer_parser(1), "calls in progress at once in this process"),
    Setting("RUNS_AT_ONCE_PER_VISITOR", "2", make_integer_parser(1), "calls in progress at once for one visitor"),
    Setting(
        "RUNS_AT_ONCE_PER_SPACE",
        "",
        parse_optional_integer,
        "calls in progress at once for one Space (empty: no limit)",
    ),
    Setting("RUNS_WAITING", "500", make_integer_parser(1), "runs that may wait for their turn before one is refused"),
    Setting("UPLOAD_LIMIT_BYTES", "20000000", make_integer_parser(1), "size of all the files of one form"),
    Setting("KEEP_DAYS", "90", make_integer_parser(1), "days after which a run and its files are deleted"),
    Setting(
        "KEEP_BYTES",
        "2000000000",
        make_integer_parser(1),
        "size of all kept files and texts; beyond it files go first, by share",
    ),
    Setting(
        "SECRET_KEY", "", parse_secret_key, "signs the cookies (default: made once and kept in the instance folder)"
    ),
    Setting(
        "INSTRUCTOR_PASSWORD", "", parse_password, "opens the instructor's place, `/enseignant/` (empty: to nobody)"
    ),
    Setting("REPORT_TO", "", parse_contact, "mail or web address to which readers report a mistake in a lesson"),
    Setting(
        "HOSTS", "", parse_hosts, "names by which the site may be asked, besides addresses and the machine's own name"
    ),
    Setting(
        "TRUSTED_PROXIES",
        "0",
        make_integer_parser(0),
        "reverse proxies before the site, which set X-Forwarded-For and -Proto",
    ),
    Setting("TRUST_FORWARDED_HOST", "no", parse_boolean, "do these proxies set X-Forwarded-Host themselves"),
    Setting("TRUST_FORWARDED_PREFIX", "no", parse_boolean, "do these proxies set X-Forwarded-Prefix themselves"),
    Setting("PROXY_URL", "", parse_proxy_url, "a school's proxy, for the Hub and the Spaces"),
    Setting("CA_BUNDLE", "", parse_certificates, "a school's own certificates (PEM), for the Hub and the Spaces"),
    Setting("TIME_ZONE", "Europe/Paris", parse_time_zone, "time zone of the times shown"),
    Setting(
        "PRACTICE_URL", "", parse_http_url, "a practice Space that runs elsewhere (default: one of our own, on demand)"
    ),
    Setting(
        "PRACTICE_PAGE_URL", "", parse_http_url, "where readers' own browsers and programs reach that practice Space"
    ),
    Setting("ENDPOINT", "https://huggingface.co", parse_origin, "the Hub", prefix="HF_"),
)
# Only tokens.py reads the token variables of huggingface_hub's tools.
KNOWN_VARIABLES = {setting.variable for setting in SETTINGS}


def load_settings(environment: Mapping[str, str]) -> dict[str, Any]:
    """Parse every setting; return their values by name (HF_ENDPOINT as ``HUB_URL``).

    Raises:
        SystemExit: one line naming the first setting with an invalid value.
    """
    values = {}
    for setting in SETTINGS:
        raw = environment.get(setting.variable, "").strip() or setting.default
        try:
            values[setting.name] = setting.parse(raw)
        except ValueError as error:
            reject_setting(setting.variable, str(error))
    values["HUB_URL"] = values.pop("ENDPOINT")
    return values


def warn_about_unknown_variables(environment: Mapping[str, str]) -> None:
    """Log the unknown variables with our prefix: a typing mistake would otherwise be silent."""
    for variable in sorted(environment):
        if variable.startswith(SETTING_PREFIX) and variable not in KNOWN_VARIABLES:
            near = difflib.get_close_matches(variable, KNOWN_VARIABLES, n=1)
            log.warning("Unknown setting %s%s", variable, f": did you mean {near[0]}?" if near else ".")


def load_secret_key(folder: Path) -> str:
    """Return the secret key stored in `folder`, created at the first start.

    Two processes that start together must use the same key: the file is written under a temporary name, then
    hard-linked, which succeeds in only one of them.
    """
    path = folder / "secret-key"
    if not path.exists():
        temporary = folder / f"secret-key.{os.getpid()}"
        temporary.touch(mode=0o600)
        temporary.write_text(os.urandom(32).hex())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links: the last process wins
            os.replace(temporary, path)
        temporary.unlink(missing_ok=True)
    return path.read_text().strip()


def init_app(app: Flask, overrides: Mapping[str, Any] | None = None) -> None:
    """Fill ``app.config``: defaults, then environment and ``.env``, then `overrides` (of tests)."""
    from dotenv import load_dotenv

    try:
        load_dotenv(ROOT / ".env", encoding="utf-8-sig")  # Windows Notepad writes a byte order mark
    except UnicodeDecodeError:
        raise SystemExit(typeset_french("hfcourse : .env est illisible : enregistrez-le en UTF-8.")) from None
    app.config.from_mapping(load_settings(os.environ))
    app.config.from_mapping(overrides or {})
    warn_about_unknown_variables(os.environ)
    if app.config["INSTANCE"]:
        app.instance_path = str(Path(app.config["INSTANCE"]).expanduser().absolute())
    folder = Path(app.instance_path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        app.config["SECRET_KEY"] = app.config["SECRET_KEY"] or load_secret_key(folder)
    except OSError:
        reject_setting(SETTING_PREFIX + "INSTANCE", "on ne peut pas écrire dans ce dossier")
