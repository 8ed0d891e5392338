"""French typography, so that nobody has to type invisible characters. Pure.

Source of the rules: the page's look (U+00A0 before « : » and inside guillemets, U+202F before ; ! ?, ’, …).
"""

import re

NO_BREAK, NARROW = "\u00a0", "\u202f"
RULES = (
    (re.compile(r"\.\.\."), "…"),
    (re.compile(r"(?<=\w)'(?=\w)"), "’"),
    (re.compile(r"«[ \u00a0\u202f]?"), f"«{NO_BREAK}"),
    (re.compile(r"[ \u00a0\u202f]?»"), f"{NO_BREAK}»"),
    (re.compile(r" (?=:(?:\s|$))"), NO_BREAK),
    (re.compile(r" (?=[;!?])"), NARROW),
    (re.compile(r"(?<=\d) (?=(?:%|\$|€|Mo|Go|Ko|ms|s|min|h|jours?|minutes?|secondes?)\b|[%$€])"), NO_BREAK),
    (re.compile(r"(?<=\b\d) (?=\d{3}\b)|(?<=\b\d\d) (?=\d{3}\b)|(?<=\b\d{3}) (?=\d{3}\b)"), NARROW),
)


def french(text: str) -> str:
    """Return `text` with the spaces, apostrophes and ellipses of French printing; applying it twice changes nothing."""
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    return text


def number(value: float, digits: int | None = None) -> str:
    """A number as French writes it: `3,5`, `1 234`; `digits` after the comma, or as many as it has."""
    if digits is None:
        written = f"{value:,}" if isinstance(value, int) else f"{value:,.10g}"
    else:
        written = f"{value:,.{digits}f}"
    return written.replace(",", NARROW).replace(".", ",")


def size(count: int) -> str:
    """A number of bytes, in the units of the Système international: `218 ko`, `20 Mo`."""
    for unit, factor in (("Go", 10**9), ("Mo", 10**6), ("ko", 10**3)):
        if count >= factor:
            amount = count / factor
            return f"{number(amount, 1 if amount < 10 and count % factor else 0)}{NO_BREAK}{unit}"
    return f"{count}{NO_BREAK}octet{'s' if count > 1 else ''}"


def duration(seconds: float) -> str:
    """A length of time: `0,4 s`, `12 s`, `3 min 20 s`."""
    if seconds < 60:
        return f"{number(seconds, 1 if seconds < 10 else 0)}{NO_BREAK}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}{NO_BREAK}min" + (f" {rest}{NO_BREAK}s" if rest else "")
