"""The front matter of a lesson: TOML between two lines of +++. Pure."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from typing import Any

from hfcourse.lessons.syntax.context import RenderContext
from hfcourse.text.file_errors import TOML_FAILURES
from hfcourse.text.typography import typeset_french

FRONT_MATTER_FENCE = "+++"
FRONT_MATTER_EXAMPLES = {
    "number": 'number = "3.1"',
    "slug": 'slug = "3-1-presentation"',
    "title": 'title = "Présentation"',
    "summary": 'summary = "Une phrase."',
    "reading_minutes": "reading_minutes = 1",
    "exercise_minutes": "exercise_minutes = 25",
    "objectives": 'objectives = ["Trouver…", "Lire…", "Choisir…"]',
    "prerequisites": 'prerequisites = ["Un navigateur."]',
    "key_points": 'key_points = ["Une phrase.", "Une autre.", "Une autre encore."]',
    "reviewed": "reviewed = 2026-11-29",
    "sources_dated": "sources_dated = 2026-08-22",
}
# The minimum and maximum length of each list field.
LIST_LENGTHS = {"objectives": (3, 5), "prerequisites": (1, 5), "key_points": (3, 5)}
TYPESET_FIELDS = ("title", "summary")


@dataclass(frozen=True)
class FrontMatter:
    """The parsed front matter of a lesson; a missing or invalid field has its default value."""

    number: str = ""
    slug: str = ""
    title: str = "Leçon sans titre"
    summary: str = ""
    reading_minutes: int = 0
    exercise_minutes: int = 0
    objectives: tuple[str, ...] = ()
    prerequisites: tuple[str, ...] = ()
    key_points: tuple[str, ...] = ()
    reviewed: date | None = None
    sources_dated: date | None = None

    @property
    def minutes(self) -> int:
        """Return the minutes of reading and exercises together."""
        return self.reading_minutes + self.exercise_minutes


def is_valid_front_matter_field(name: str, value: Any) -> bool:
    """Is `value` valid for the field `name`?"""
    if name in LIST_LENGTHS:
        shortest, longest = LIST_LENGTHS[name]
        return isinstance(value, list) and shortest <= len(value) <= longest and all(map(is_single_line, value))
    if name.endswith("_minutes"):
        return type(value) is int and value > 0
    if name in {"reviewed", "sources_dated"}:
        return type(value) is date
    shape = {"number": r"\d+(\.\d+)*", "slug": r"[a-z0-9]+(-[a-z0-9]+)*"}.get(name, r".*\S.*")
    return isinstance(value, str) and re.fullmatch(shape, value) is not None


def is_single_line(value: Any) -> bool:
    """Return whether `value` is one line of text: it becomes one item of a list."""
    return isinstance(value, str) and re.fullmatch(r".*\S.*", value) is not None


def find_field_line(name: str, fields: list[str]) -> int:
    """Return the line of the file that sets the field; 1 if none does."""
    pattern = re.compile(rf"\s*{re.escape(name)}\s*=")
    return next((line for line, text in enumerate(fields, start=2) if pattern.match(text)), 1)


def load_front_matter(fields: list[str], context: RenderContext) -> dict[str, Any]:
    """Parse the TOML; a syntax error is a lint error, and the result is empty."""
    try:
        return tomllib.loads("\n".join(fields))
    except TOML_FAILURES as error:
        context.note_toml_error(error, "\n".join(fields), before=1)
        return {}


def validate_front_matter(values: dict[str, Any], fields: list[str], context: RenderContext) -> FrontMatter:
    """Validate the fields; each invalid one is a lint error and has its default value."""
    context.field_lines = {name: find_field_line(name, fields) for name in FRONT_MATTER_EXAMPLES}
    for name in values.keys() - FRONT_MATTER_EXAMPLES.keys():
        problem, advice = "l'en-tête a un champ inconnu, « {name} ».", "Les champs sont {known}."
        context.add_error(
            find_field_line(name, fields), problem, advice, name=name, known=", ".join(FRONT_MATTER_EXAMPLES)
        )
    for name, example in FRONT_MATTER_EXAMPLES.items():
        if not is_valid_front_matter_field(name, values.get(name)):
            wrong = "le champ « {name} » de l'en-tête est mal écrit."
            problem = wrong if name in values else "le champ « {name} » manque dans l'en-tête."
            context.add_error(
                find_field_line(name, fields), problem, "Écrivez-le ainsi : {example}", name=name, example=example
            )
    good = {
        name: value
        for name, value in values.items()
        if name in FRONT_MATTER_EXAMPLES and is_valid_front_matter_field(name, value)
    }
    lists = {name: tuple(good[name]) for name in LIST_LENGTHS if name in good}
    return FrontMatter(**good | lists | {name: typeset_french(good[name]) for name in TYPESET_FIELDS if name in good})


def split_front_matter(source: str, context: RenderContext) -> tuple[FrontMatter, str]:
    """Return the front matter of a lesson and its body.

    The body has a blank line in place of each line of the front matter, which preserves line
    numbers.
    """
    lines = source.split("\n")
    end = next((place for place, line in enumerate(lines) if place and line.rstrip() == FRONT_MATTER_FENCE), 0)
    if lines[0].rstrip() != FRONT_MATTER_FENCE or not end:
        problem, advice = "l'en-tête manque.", "Commencez le fichier par {fence}, les champs, puis {fence}."
        context.add_error(1, problem, advice, fence=FRONT_MATTER_FENCE)
        return FrontMatter(), source
    fields = lines[1:end]
    values = load_front_matter(fields, context)
    front = validate_front_matter(values, fields, context) if values else FrontMatter()
    return front, "\n" * (end + 1) + "\n".join(lines[end + 1 :])
