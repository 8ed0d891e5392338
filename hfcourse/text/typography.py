"""French typography: inserts the invisible characters that are inconvenient to type. Pure.

Source of the rules: the page's look (U+00A0 before « : » and inside guillemets, U+202F before ; ! ?, ’, …).
"""

import math
import re
from datetime import date
from decimal import Decimal

NO_BREAK, NARROW_NO_BREAK = "\u00a0", "\u202f"
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
TYPOGRAPHY_RULES = (
    (re.compile(r"\.\.\."), "…"),
    (re.compile(r"(?<=\w)'(?=\w)"), "’"),
    (re.compile(r"«[ \u00a0\u202f]?"), f"«{NO_BREAK}"),
    (re.compile(r"[ \u00a0\u202f]?»"), f"{NO_BREAK}»"),
    (re.compile(r" (?=:(?:\s|$))"), NO_BREAK),
    (re.compile(r" (?=[;!?])"), NARROW_NO_BREAK),
    (re.compile(r"(?<=\d) (?=(?:%|\$|€|Mo|Go|Ko|ms|s|min|h|jours?|minutes?|secondes?)\b|[%$€])"), NO_BREAK),
    (re.compile(r"(?<=\b\d) (?=\d{3}\b)|(?<=\b\d\d) (?=\d{3}\b)|(?<=\b\d{3}) (?=\d{3}\b)"), NARROW_NO_BREAK),
)

# Possessive quantifiers never backtrack: linear in time whatever the text.
STRING_OR_EXPONENT = re.compile(r'"(?:[^"\\]++|\\.)*+"|-?\d++(?:\.\d++)?[eE][+-]?\d++', re.ASCII | re.DOTALL)


def typeset_french(text: str) -> str:
    """Return `text` with French spaces, apostrophes and ellipses; idempotent."""
    for pattern, replacement in TYPOGRAPHY_RULES:
        text = pattern.sub(replacement, text)
    return text


def format_french(template: str, /, **values: object) -> str:
    """Typeset `template` in French, then fill in its `{names}`: values may be code or paths, and stay unchanged."""
    return typeset_french(template).format(**values)


def format_number(value: float, digits: int | None = None) -> str:
    """Format a number for a French reader: `3,5`, `1 234`, never in scientific notation.

    Args:
        digits: number of decimals; by default all digits of its shortest JSON form (`repr`), because a rounded amount
            or coordinate is a different value.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return "indéfini" if math.isnan(value) else "∞" if value > 0 else "-∞"
    written = f"{value:,.{digits}f}" if digits is not None else expand_exponent(value, ",")
    return written.replace(",", NARROW_NO_BREAK).replace(".", ",")


def expand_exponent(value: float, separator: str = "") -> str:
    """Format a finite number with all its digits and no exponent: 3e-07 is `0.0000003`, 1e22 has 23 digits.

    Args:
        separator: inserted between groups of three digits.
    """
    if isinstance(value, int):
        return f"{value:{separator}d}"
    written = format(Decimal(repr(value)), f"{separator}f")
    return written.rstrip("0").removesuffix(".") if "." in written else written


def expand_exponents(json_text: str) -> str:
    """Expand the exponents of all numbers in a JSON text; its strings and its value stay the same."""
    return STRING_OR_EXPONENT.sub(
        lambda found: found[0] if found[0].startswith('"') else expand_exponent(float(found[0])), json_text
    )


def format_french_date(day: date) -> str:
    """Format as `22 novembre 2026`, `1ᵉʳ mai 2026`."""
    return f"{day.day if day.day > 1 else '1ᵉʳ'} {MONTHS[day.month - 1]} {day.year}"


def format_size(count: int) -> str:
    """Format a number of bytes in SI units: `218 ko`, `20 Mo`."""
    for unit, factor in (("Go", 10**9), ("Mo", 10**6), ("ko", 10**3)):
        if count >= factor:
            amount = count / factor
            return f"{format_number(amount, 1 if amount < 10 and count % factor else 0)}{NO_BREAK}{unit}"
    return f"{count}{NO_BREAK}octet{'s' if count > 1 else ''}"


def format_duration(seconds: float) -> str:
    """Format a duration: `0,4 s`, `12 s`, `3 min 20 s`."""
    if seconds < 60:
        return f"{format_number(seconds, 1 if seconds < 10 else 0)}{NO_BREAK}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}{NO_BREAK}min" + (f" {rest}{NO_BREAK}s" if rest else "")
