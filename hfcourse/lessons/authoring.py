"""The constructs that lessons are written with, each with an example: what /motifs/lecons shows."""

import tomllib
from dataclasses import dataclass

from markupsafe import Markup

from hfcourse.lessons import library
from hfcourse.lessons.syntax import html_blocks
from hfcourse.lessons.syntax.front_matter import EXAMPLES, FENCE
from hfcourse.lessons.syntax.parser import slug
from hfcourse.text.highlighting import highlighted
from hfcourse.text.typography import NO_BREAK

SOURCE = library.CONTENT / "authoring.toml"


@dataclass(frozen=True)
class Construct:
    """One construct: its name, what it is for, how it is written, what becomes of it."""

    anchor: str
    title: str
    words: Markup
    source: Markup
    shown: Markup


def front_matter() -> Markup:
    """What a lesson begins with, as one writes it."""
    return listing("\n".join([FENCE, *EXAMPLES.values(), FENCE]), "De quoi commencer une leçon")


def listing(source: str, title: str) -> Markup:
    """A piece of a lesson as it is written."""
    code = html_blocks.listing("text", highlighted(source, "text"))
    return Markup(html_blocks.code("<span>Markdown</span>", f"Copier la source{NO_BREAK}: {title}", code))  # noqa: S704 (escaped)


def sample(source: str) -> Markup:
    """A piece of a lesson as its page shows it; its first paragraph is no lesson's."""
    return Markup(str(library.sample(source)).replace('<p class="lede">', "<p>"))  # noqa: S704 (as lessons are)


def place(shown: Markup, anchor: str) -> Markup:
    """An example among others: two of them may hold a question, and each id occurs once on a page."""
    return Markup(str(shown).replace('id="quiz-', f'id="{anchor}-quiz-'))  # noqa: S704 (what was safe still is)


def constructs() -> list[Construct]:
    """Every construct, in the order in which one learns them."""
    read = tomllib.loads(SOURCE.read_text(encoding="utf-8"))["construct"]
    return [
        Construct(
            slug(each["title"]),
            each["title"],
            sample(each["words"]),
            listing(each["source"].strip("\n"), each["title"]),
            place(sample(each["source"]), slug(each["title"])),
        )
        for each in read
    ]
