"""Template filters and globals: fingerprinted static URLs, theme, French dates and sizes."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from flask import Flask, current_app, request

from hfcourse.text import typography
from hfcourse.web import script_modules, template_environment
from hfcourse.web.static_minifier import minify_static_text

THEMES = ("light", "dark")
STATIC_MAX_AGE_SECONDS = 365 * 24 * 3600
# A request for a fragment names the page that embeds it: in a header, or in the URL of an event stream, which sends no
# header. The header is also named as in the WSGI environment: the page of a run looks it up a dozen times.
FRAGMENT_HEADER, FRAGMENT_VARIABLE, EMBED_PARAM = "X-Fragment", "HTTP_X_FRAGMENT", "dans"
EMBED_LESSON, EMBED_SPACE = "lecon", "espace"


def add_fingerprint(endpoint: str, values: dict[str, Any]) -> None:
    """Add the hash of a static file to its URL, so that browsers may cache it for ever."""
    if endpoint != "static" or "v" in values:
        return
    path = Path(current_app.static_folder or "", values["filename"])
    if path.is_file():
        values["v"] = script_modules.fingerprint_file(path)


def get_theme() -> str | None:
    """Return the theme from the visitor's cookie, or None to follow the system."""
    theme = request.cookies.get("theme")
    return theme if theme in THEMES else None


def is_in_lesson() -> bool:
    """Will the response be embedded in a lesson, in place of a try-it block?"""
    return EMBED_LESSON in (request.environ.get(FRAGMENT_VARIABLE), request.args.get(EMBED_PARAM))


def get_embedding_host() -> str:
    """Return the kind of page that will embed the response, EMBED_LESSON or EMBED_SPACE; '' for a page of its own."""
    requested = request.environ.get(FRAGMENT_VARIABLE) or request.args.get(EMBED_PARAM)
    return requested if requested in (EMBED_LESSON, EMBED_SPACE) else ""


def wants_fragment(name: str) -> bool:
    """Does the script that sent this request ask for the fragment of this name, in place of a page?"""
    return request.environ.get(FRAGMENT_VARIABLE) == name


def get_heading_tag(level: int) -> str:
    """Return the tag of a page's heading: `h4` in a lesson, where it is nested under its block's h3."""
    return "h4" if is_in_lesson() else f"h{level}"


def to_local_time(moment: datetime) -> datetime:
    """Convert `moment` to the site's time zone."""
    return moment.astimezone(current_app.config["TIME_ZONE"])


def get_today() -> date:
    """Return today's date in the site's time zone."""
    return to_local_time(datetime.now(UTC)).date()


def format_time(moment: datetime) -> str:
    """Format as `14 h 02`, in the site's time zone."""
    return f"{to_local_time(moment):%H}{typography.NO_BREAK}h{typography.NO_BREAK}{to_local_time(moment):%M}"


def format_datetime(moment: datetime) -> str:
    """Format as `22 novembre 2026, 14 h 02`, in the site's time zone."""
    return f"{typography.format_french_date(to_local_time(moment))}, {format_time(moment)}"


def format_recent_datetime(moment: datetime) -> str:
    """Format as `aujourd’hui, 14 h 02` or `hier, 14 h 02`, else with the date; for pages that are rendered anew."""
    age = get_today() - to_local_time(moment).date()
    day = {0: "aujourd’hui", 1: "hier"}.get(age.days)
    return f"{day}, {format_time(moment)}" if day else format_datetime(moment)


def format_json(value: Any, indent: int | None = None) -> str:
    """Serialize as JSON text for the template to escape.

    Flask's `tojson` is for scripts, and writes `<` as `\\u003c`.
    """
    return typography.expand_exponents(json.dumps(value, ensure_ascii=False, indent=indent))


def init_app(app: Flask) -> None:
    """Register the environment, filters and globals of the templates."""
    template_environment.init_app(app)  # before anything creates the environment
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = STATIC_MAX_AGE_SECONDS
    app.url_defaults(add_fingerprint)
    minify_static_text(app)
    app.jinja_env.filters.update(
        french_date=typography.format_french_date,
        clock=format_time,
        day_and_clock=format_datetime,
        recent_day_and_clock=format_recent_datetime,
        size=typography.format_size,
        duration=typography.format_duration,
        number=typography.format_number,
        json=format_json,
        french=typography.typeset_french,
    )
    app.jinja_env.globals.update(theme=get_theme, in_lesson=is_in_lesson, heading=get_heading_tag)
